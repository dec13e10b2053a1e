"""What OmniDocBench's protocol says of a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal, TypeAlias

from ocr_project.engine.metrics.text import Counts

Cdm: TypeAlias = Callable[[str, str], float]
Kind: TypeAlias = Literal["text", "formula", "table"]


@dataclass(frozen=True, slots=True)
class Scored:
    """A block of the reference (or several that the answer has merged) and what stands for it.

    Attributes:
        kind: What it is scored as.
        reference: As it was written: text, LaTeX or HTML.
        hypothesis: The same of the answer; empty where nothing stands for the block.
        edits: Edit distance of the normal forms against the longer one.
        values: `teds`, `teds_s`, `teds_canonical` of tables, `cdm` of formulas, between 0 and 1.
        attributes: Of each block, to slice by.
        drawn: Of a formula, LaTeX of reference and hypothesis to be compared as drawn; an empty hypothesis scores 0.
    """

    kind: Kind
    reference: str
    hypothesis: str
    edits: Counts
    values: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    attributes: tuple[Mapping[str, object], ...] = ()
    drawn: tuple[str, str] | None = None

    def compared(self, cdm: Cdm) -> Scored:
        """Return a formula with its value by CDM; what is not a formula stays as it is."""
        if self.drawn is None:
            return self
        return replace(self, values={"cdm": cdm(*self.drawn) if self.drawn[1] else 0.0})


@dataclass(frozen=True, slots=True)
class PageScore:
    """The scores of a page.

    Attributes:
        elements: All that was scored.
        order: Edit distance of the reading order against the longer sequence; None where nothing has a place.
        attributes: The page's own (`language`, `layout`, `data_source`, …), to slice by.
    """

    elements: tuple[Scored, ...]
    order: Counts | None
    attributes: Mapping[str, object]

    @property
    def formulas(self) -> list[tuple[str, str]]:
        """List LaTeX of reference and hypothesis of the formulas that must be drawn to be compared."""
        return [element.drawn for element in self.elements if element.drawn and element.drawn[1]]

    def compared(self, cdm: Cdm) -> PageScore:
        """Return the page with its formulas compared as they are drawn.

        Args:
            cdm: Scores LaTeX of a formula against LaTeX, between 0 and 1 (reference first).
        """
        return replace(self, elements=tuple(element.compared(cdm) for element in self.elements))

    def counts(self) -> dict[str, Counts]:
        """Sum the edits: `text_edit`, `formula_edit`, `table_edit`, `order_edit`, as far as the page has them."""
        sums: dict[str, Counts] = {}
        for element in self.elements:
            name = f"{element.kind}_edit"
            sums[name] = sums.get(name, Counts(0, 0)) + element.edits
        if self.order is not None:
            sums["order_edit"] = self.order
        return {name: counts for name, counts in sums.items() if counts.denominator}

    def values(self) -> dict[str, float]:
        """Score the page.

        Returns:
            `text_edit`, `formula_edit`, `table_edit`, `order_edit` (0 is best), `table_teds`, `table_teds_s`,
            `table_teds_canonical` and, of compared formulas, `formula_cdm` (1 is best); what the page does not have is
            missing.
        """
        found = {name: counts.rate for name, counts in self.counts().items()}
        for kind in ("table", "formula"):
            mine = [element.values for element in self.elements if element.kind == kind]
            for name in mine[0] if mine else ():
                found[f"{kind}_{name}"] = sum(values[name] for values in mine) / len(mine)
        return found

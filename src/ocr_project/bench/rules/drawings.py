"""Formulas drawn to be compared, many at once: LaTeX (CDM) and a browser take longer to start than to draw them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from ocr_project.bench.metrics.cdm import CdmResult, cdm
from ocr_project.bench.metrics.cdm.pixels import MEMORY
from ocr_project.bench.metrics.katex import Glyphs, NoAnswer, draw_formulas, missing_browser
from ocr_project.domain.types import Status

Pair: TypeAlias = tuple[str, str]
"""LaTeX of reference and hypothesis."""

_NOT_DRAWN = CdmResult(0, 0, 0, Status.FAILED, "not drawn")


@dataclass(frozen=True, slots=True)
class Drawings:
    """What was drawn for some items.

    Attributes:
        cdm: Whether formulas are compared by CDM at all.
        compared: Results of CDM.
        glyphs: Formulas as KaTeX draws them, by their LaTeX; empty where `no_browser` says why.
        no_browser: Why no formula was drawn by KaTeX: formulas are then looked for by their symbols.
    """

    cdm: bool
    compared: Mapping[Pair, CdmResult] = field(default_factory=dict)
    glyphs: Mapping[str, Glyphs] = field(default_factory=dict)
    no_browser: str = ""

    def compare(self, reference: str, hypothesis: str) -> CdmResult:
        """Return the result of a pair; one that was not asked for is `failed`, `not drawn`."""
        return self.compared.get((reference, hypothesis), _NOT_DRAWN)


class Drawer:
    """Draws formulas, as far as the options and the machine let it."""

    def __init__(
        self,
        *,
        cdm: bool,
        katex: bool = False,
        no_browser: str | None = None,
        cache: Path | None = None,
        memory: int = MEMORY,
    ) -> None:
        """Look for the browser.

        Args:
            cdm: Draw formulas by LaTeX and compare them by CDM.
            katex: Draw formulas of page tests in a browser, where one is installed.
            no_browser: What another process found when it looked; None: look.
            cache: Folder in which drawings are kept; may be shared by runs at the same time.
            memory: Bytes that each program that draws may take.
        """
        self.memory = memory
        self.cache = cache
        self.cdm = cdm
        if no_browser is None:
            no_browser = missing_browser() if katex else "testsets.katex is false"
        self.no_browser = no_browser

    def draw(self, pairs: Iterable[Pair] = (), formulas: Iterable[str] = ()) -> Drawings:
        """Draw the formulas of several items, each once.

        Args:
            pairs: To be compared by CDM.
            formulas: To be drawn by KaTeX.
        """
        wanted = list(dict.fromkeys(pairs)) if self.cdm else []
        compared = cdm(*zip(*wanted, strict=True), cache=self.cache, memory=self.memory) if wanted else []
        glyphs, no_browser = self._glyphs(dict.fromkeys(formulas))
        return Drawings(self.cdm, dict(zip(wanted, compared, strict=True)), glyphs, no_browser)

    def _glyphs(self, formulas: Iterable[str]) -> tuple[Mapping[str, Glyphs], str]:
        latexes = list(formulas)
        if self.no_browser or not latexes:
            return {}, self.no_browser
        try:
            return draw_formulas(latexes, cache=self.cache, memory=self.memory), ""
        except NoAnswer as error:  # this browser does not draw: formulas are looked for by their symbols
            return {}, str(error)

"""A test set as the rest of the house sees it; its parts are imported when they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar, cast

from ocr_project.bench.testsets.card import Card
from ocr_project.bench.testsets.composite import Composite
from ocr_project.bench.testsets.damage import named
from ocr_project.bench.testsets.item import OpenedSet
from ocr_project.domain.types import TruthKind

if TYPE_CHECKING:
    from ocr_project.bench.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class TestSet:
    """All that is known about a test set, in the folder of its name.

    Attributes:
        name: Of its folder here, and in `testsets.sets`.
    """

    __test__: ClassVar[bool] = False  # not a test of pytest's

    name: str

    @property
    def card(self) -> Card:
        """What is known before anything is read: `card.py`, `CARD`."""
        return cast(Card, self._part("card").CARD)

    def open(self, root: Path) -> OpenedSet:
        """Open the files of the set: `reader.py`, `open_set`.

        Args:
            root: The folder in which it was put.

        Raises:
            SourceError: They are damaged, or not those of the set.
        """
        reader = self._part("reader")
        with named(f"the set {self.name} in {root}"):
            return cast(OpenedSet, reader.open_set(root))

    @property
    def rules(self) -> Mapping[TruthKind, Rule]:
        """How its items are scored, by kind of ground truth: `rules.py` or `rules/`, `RULES`."""
        return cast("Mapping[TruthKind, Rule]", self._part("rules").RULES)

    @property
    def composites(self) -> tuple[Composite, ...]:
        """Its means of means, if it has any: `composites.py`, `COMPOSITES`."""
        if find_spec(f"{self._package}.composites") is None:
            return ()
        return cast("tuple[Composite, ...]", self._part("composites").COMPOSITES)

    @property
    def _package(self) -> str:
        return f"{__package__}.{self.name}"

    def _part(self, name: str) -> ModuleType:
        return import_module(f"{self._package}.{name}")

"""Formulas drawn to be compared (CDM), many at once: LaTeX takes longer to start than to draw them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ocr_project.domain.types import Status
from ocr_project.engine.metrics import CdmResult, cdm
from ocr_project.engine.scoring.marks import OFFICIAL, Mark

_LATER = CdmResult(0, 1, 0)


class Drawings:
    """Pairs of formulas: asked for a first time they are noted, after `draw` they have their results."""

    def __init__(self, *, wanted: bool, cache: Path | None = None) -> None:
        """Args:
        wanted: False: nothing is drawn, and no formula has a score by drawing.
        cache: Folder in which drawings are kept.
        """
        self.wanted = wanted
        self._cache = cache
        self._noted: dict[tuple[str, str], None] = {}
        self._results: dict[tuple[str, str], CdmResult] = {}

    def compare(self, reference: str, hypothesis: str) -> CdmResult:
        """Return the result of a pair, or of an empty drawing while it is only noted."""
        pair = reference, hypothesis
        if pair not in self._results:
            self._noted[pair] = None
            return _LATER
        return self._results[pair]

    def draw(self) -> None:
        """Draw all that was noted."""
        pairs = list(self._noted)
        self._noted = {}
        if pairs:
            references, hypotheses = zip(*pairs, strict=True)
            self._results |= zip(pairs, cdm(references, hypotheses, cache=self._cache), strict=True)

    def mark(self, reference: str, hypothesis: str) -> Iterator[Mark]:
        """Yield the score of a pair, if formulas are drawn at all."""
        if self.wanted:
            result = self.compare(reference, hypothesis)
            failed = result.status is Status.FAILED
            value = 0.0 if failed else result.f1
            yield Mark(f"cdm/{OFFICIAL}", value, 1.0, result.reason, unscored=failed)

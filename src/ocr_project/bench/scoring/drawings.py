"""Formulas drawn to be compared, many at once: LaTeX (CDM) and a browser take longer to start than to draw them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rapidfuzz import fuzz

from ocr_project.bench.metrics.cdm import CdmResult, cdm
from ocr_project.bench.scoring.score_counts import OFFICIAL, Mark
from ocr_project.bench.testsets.olmocr_bench.rules import (
    Glyphs,
    NoAnswer,
    draw_formulas,
    find_symbols,
    missing_browser,
    stands_within,
)
from ocr_project.domain.types import Status

_LATER = CdmResult(0, 1, 0)


class Drawings:
    """Pairs of formulas: asked for a first time they are noted, after `draw` they have their results."""

    def __init__(self, *, wanted: bool, katex: bool = False, cache: Path | None = None) -> None:
        """Args:
        wanted: False: nothing is drawn by LaTeX, and no formula has a score by CDM.
        katex: False: formulas are looked for by their symbols, and not as a browser draws them.
        cache: Folder in which drawings are kept.
        """
        self.wanted = wanted
        self.no_browser = missing_browser() if katex else "testsets.katex is false"
        self._glyphs: dict[str, Glyphs] = {}
        self._undrawn: dict[str, None] = {}
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
        undrawn, self._undrawn = self._undrawn, {}
        if undrawn and not self.no_browser:
            try:
                self._glyphs |= draw_formulas(undrawn, cache=self._cache)
            except NoAnswer as error:  # this one does not draw: formulas are looked for by their symbols
                self.no_browser = str(error)

    def find(self, wanted: str, formulas: Sequence[str]) -> bool:
        """Say whether a formula stands within one of others, as KaTeX draws them.

        Noted formulas are in none. Where the browser is missing, or KaTeX cannot draw the wanted one, its symbols
        are looked for.
        """
        if self.no_browser:
            return find_symbols(wanted, formulas)
        if unknown := [latex for latex in (wanted, *formulas) if latex not in self._glyphs]:
            self._undrawn |= dict.fromkeys(unknown)
            return False
        if self._glyphs[wanted].error:
            return find_symbols(wanted, formulas)
        likely = sorted(formulas, key=lambda formula: -fuzz.ratio(formula, wanted))
        return any(stands_within(self._glyphs[wanted], self._glyphs[formula]) for formula in likely)

    def mark(self, reference: str, hypothesis: str) -> Iterator[Mark]:
        """Yield the score of a pair, if formulas are drawn at all."""
        if self.wanted:
            result = self.compare(reference, hypothesis)
            failed = result.status is Status.FAILED
            value = 0.0 if failed else result.f1
            yield Mark(f"cdm/{OFFICIAL}", value, 1.0, result.reason, unscored=failed)

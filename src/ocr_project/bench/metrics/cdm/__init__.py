"""CDM: formulas are drawn, and the characters of the drawings matched.

Two formulas that look alike are alike, however they are written; a number that is wrong is one
character wrong. See `alignment` for the paper.

    painting.py    a formula with a colour for every token, in LaTeX
    pieces.py      the same for one that cannot be read
    drawing.py     many of them through LaTeX, on the reference implementation's page
    pixels.py      and through Ghostscript; the box of every colour
    store.py       what was drawn before
    alignment.py   which token of one drawing is which of another
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from ocr_project.bench.metrics.cdm.alignment import count_matches
from ocr_project.bench.metrics.cdm.drawing import Drawing, draw_batch, missing_tools, no_drawing, together
from ocr_project.bench.metrics.cdm.painting import Forbidden, Painted, paint
from ocr_project.bench.metrics.cdm.pieces import paint_pieces
from ocr_project.bench.metrics.cdm.pixels import MEMORY
from ocr_project.bench.metrics.cdm.store import DrawingStore
from ocr_project.bench.metrics.formula.tokens import Unbalanced
from ocr_project.domain.types import Status

_BATCH = 128
"""Formulas a run of LaTeX: its start is then a few per cent of the time."""

_SECONDS = 10.0
"""Time limit of one formula; a usual one takes a few milliseconds."""

__all__ = ["CdmResult", "cdm", "missing_tools"]


@dataclass(frozen=True, slots=True)
class CdmResult:
    """How much of a formula is there and in its place.

    Attributes:
        matched: Tokens that are the same and stand where they should.
        expected: Visible tokens of the reference.
        got: Visible tokens of the hypothesis.
        status: `failed` where it could not be scored: the tools are missing, or the reference cannot be
            drawn. A hypothesis that cannot be drawn is an answer, and scores 0.
        reason: Why, or LaTeX's complaint about the hypothesis.
    """

    matched: int
    expected: int
    got: int
    status: Status = Status.OK
    reason: str = ""

    @property
    def recall(self) -> float:
        """Matched of the reference's tokens; NaN where it could not be scored."""
        return self.matched / self.expected if self.expected else math.nan

    @property
    def precision(self) -> float:
        """Matched of the hypothesis's tokens; 0 where there are none."""
        return self.matched / self.got if self.got else (0.0 if self.expected else math.nan)

    @property
    def f1(self) -> float:
        """Return the score called CDM."""
        return 2 * self.matched / (self.expected + self.got) if self.expected else math.nan

    @property
    def exact(self) -> bool:
        """Whether nothing is missing, wrong or too much: ExpRate@CDM is its mean."""
        return self.expected > 0 and self.matched == self.expected == self.got


def cdm(
    references: Sequence[str],
    hypotheses: Sequence[str],
    *,
    workers: int = 1,
    cache: Path | None = None,
    memory: int = MEMORY,
) -> list[CdmResult]:
    """Compare formulas by how they look.

    Official are the formulas as they are: what is one token is the reference implementation's choice, so the
    brackets of `pmatrix` are none and those of `\\left( … \\right)` are two. Canonical is the score of
    `canonical_formula` of both.

    Args:
        references: LaTeX, with or without `$`.
        hypotheses: As many, in the same order.
        workers: Runs of LaTeX and Ghostscript at the same time.
        cache: Folder in which drawings are kept; may be shared by runs at the same time.
        memory: Bytes that LaTeX, and Ghostscript, may take; what needs more is not drawn.

    Returns:
        One result for each pair, in order; where LaTeX or Ghostscript is missing all of them are `failed`, and say
        what to install.

    Raises:
        ValueError: There are not as many hypotheses as references.
    """
    if len(references) != len(hypotheses):
        raise ValueError(f"{len(references)} references, {len(hypotheses)} hypotheses")
    if missing := missing_tools():
        return [CdmResult(0, 0, 0, Status.FAILED, missing)] * len(references)
    latexes = dict.fromkeys(chain.from_iterable(zip(references, hypotheses, strict=True)))
    with ThreadPoolExecutor(max(1, workers)) as pool:
        drawings = _Drawings(latexes, pool, max(1, workers), DrawingStore(cache), memory)
        # Pairs are matched here while later ones are drawn by processes of their own.
        return [_score(drawings[left], drawings[right]) for left, right in zip(references, hypotheses, strict=True)]


def _score(reference: Drawing, hypothesis: Drawing) -> CdmResult:
    if not reference.tokens:
        return CdmResult(0, 0, 0, Status.FAILED, f"cdm: the reference cannot be drawn: {reference.reason}")
    expected, got = len(reference.tokens), len(hypothesis.tokens)
    if not got:
        return CdmResult(0, expected, 0, reason=f"the answer cannot be drawn: {hypothesis.reason}")
    return CdmResult(count_matches(reference, hypothesis), expected, got, reason=hypothesis.reason)


class _Drawings:
    """Drawings by formula, each made once: kept ones at once, the others in batches that are under way."""

    def __init__(
        self, latexes: Collection[str], pool: ThreadPoolExecutor, workers: int, store: DrawingStore, memory: int
    ) -> None:
        self._pool = pool
        self._memory = memory
        self._store = store
        self._ready: dict[str, Drawing] = {}
        self._drawn: dict[str, tuple[Future[list[Drawing]], int]] = {}
        self._batch = max(1, min(_BATCH, -(-len(latexes) // workers)))
        waiting: dict[tuple[bool, str], list[tuple[str, Painted]]] = {}
        for latex in latexes:
            formula = self._painted(latex)
            if formula is not None:
                batch = waiting.setdefault(together(formula), [])
                batch.append((latex, formula))
                if len(batch) == self._batch or not formula.whole:
                    self._start(batch)
        for batch in waiting.values():
            self._start(batch)

    def __getitem__(self, latex: str) -> Drawing:
        """Return the drawing, waiting for it if need be."""
        if latex in self._drawn:
            batch, place = self._drawn[latex]
            return batch.result()[place]
        return self._ready[latex]

    def _painted(self, latex: str) -> Painted | None:
        """Paint a formula that is to be drawn; of others note the drawing."""
        try:
            formula = _paint(latex)
        except (Unbalanced, Forbidden) as error:
            self._ready[latex] = no_drawing(str(error))
            return None
        kept = self._store.load(formula) if formula.tokens else no_drawing("nothing in it leaves ink")
        if kept is not None:
            self._ready[latex] = kept
            return None
        return formula

    def _start(self, batch: list[tuple[str, Painted]]) -> None:
        if batch:
            formulas = [formula for _, formula in batch]
            future = self._pool.submit(_draw_and_keep, formulas, self._store, self._memory)
            self._drawn |= {latex: (future, place) for place, (latex, _) in enumerate(batch)}
            batch.clear()


def _paint(latex: str) -> Painted:
    try:
        return paint(latex)
    except Unbalanced:
        return paint_pieces(latex)


def _draw_and_keep(formulas: Sequence[Painted], store: DrawingStore, memory: int) -> list[Drawing]:
    drawings = draw_batch(formulas, _SECONDS, memory)
    for formula, drawing in zip(formulas, drawings, strict=True):
        if not drawing.timed_out:
            store.save(formula, drawing)
    return drawings

"""What was read of a test set against what is known about it: rows of scores.

    outcome.py    an item after the lane: page, recognitions, transcript, truths
    scorer.py     which rule scores which kind of truth, and what could not be scored
    score_counts.py numerator and denominator of one metric
    drawings.py   formulas drawn, many at once
    reading.py    text, tables, formulas
    answering.py  questions and forms
    pages.py      whole pages: Markdown, OmniDocBench's elements, olmOCR-bench's tests

Every score of text and tables comes twice: `official`, the set's own normalisation, to be compared with published
figures, and `canonical`, in one way of writing for all, to tell faults of reading from faults of format.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocr_project.bench.scoring.outcome import LaneShards, Outcome
from ocr_project.domain.options import TestsetsOptions

if TYPE_CHECKING:
    from ocr_project.bench.scoring.scorer import Scorer

__all__ = ["LaneShards", "Outcome", "build_scorer"]


def build_scorer(options: TestsetsOptions) -> Scorer:
    """Build the scorer that the options ask for; its metrics, and the libraries below them, are imported now."""
    from ocr_project.bench.scoring.scorer import Scorer

    return Scorer(cdm=options.cdm, katex=options.katex, cache=options.drawings)

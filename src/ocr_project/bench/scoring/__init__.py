"""What was read of test sets to rows of scores.

    lane.py    the folders of the lane, side by side
    item.py    finds the rule of an item's set, makes its rows
    worker.py  the process in which that happens
    guard.py   what an answer may cost: its item, never the run
    scorer.py  many items, whose formulas are drawn at once

How an item is scored is a matter of its test set (`bench/testsets/<set>/rules`) and of the rules that several sets
share (`bench/rules`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocr_project.bench.rules.outcome import Outcome
from ocr_project.bench.scoring.lane import LaneShards
from ocr_project.domain.options import TestsetsOptions

if TYPE_CHECKING:
    from ocr_project.bench.scoring.scorer import Scorer

__all__ = ["LaneShards", "Outcome", "build_scorer"]


def build_scorer(options: TestsetsOptions) -> Scorer:
    """Build the scorer that the options ask for; the libraries that draw formulas are imported now."""
    from ocr_project.bench.scoring.guard import Limits
    from ocr_project.bench.scoring.scorer import Scorer

    limits = Limits(
        seconds=options.item_seconds,
        memory=int(options.item_memory_gib * 2**30),
        drawing_memory=int(options.drawing_memory_gib * 2**30),
    )
    return Scorer(cdm=options.cdm, katex=options.katex, cache=options.drawings, limits=limits)

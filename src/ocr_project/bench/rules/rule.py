"""What a rule is: it prepares an item, its formulas are drawn with those of other items, then it is scored.

Drawing takes two phases because LaTeX and a browser take longer to start than to draw: the formulas of many items are
collected first and drawn at once. A rule runs once per item. All that needs no drawing is done while it prepares, so
that nothing is matched or compared twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ocr_project.bench.rules.drawings import Drawings, Pair
from ocr_project.bench.rules.outcome import Outcome
from ocr_project.bench.rules.score_counts import ScoreCounts

Payload: TypeAlias = Mapping[str, Any]
"""The parsed JSON of `Truth.payload`."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """An item of which only the drawings of its formulas are missing.

    Attributes:
        score: Returns the counts, given the drawings of at least `pairs` and `formulas`.
        pairs: LaTeX of reference and hypothesis, to be compared by CDM.
        formulas: LaTeX to be drawn by KaTeX.
    """

    score: Callable[[Drawings], Iterable[ScoreCounts]]
    pairs: Sequence[Pair] = ()
    formulas: Sequence[str] = ()


Rule: TypeAlias = Callable[[Payload, Outcome], Prepared]
"""Prepares an item for one of its ground truths; may raise anything for an answer beyond comparison: see `guard`."""


def undrawn(score: Callable[[Payload, Outcome], Iterable[ScoreCounts]]) -> Rule:
    """Make a rule of a function that needs no formula drawn."""

    def prepare(payload: Payload, outcome: Outcome) -> Prepared:
        counts = tuple(score(payload, outcome))
        return Prepared(lambda _: counts)

    return prepare

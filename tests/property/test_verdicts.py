"""The gate's verdicts: more wrong answers to the same questions are never judged more kindly."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from ocr_project.bench.results.gate import Tolerances, give_verdicts, judge_quality
from ocr_project.domain.schemas import to_frame
from ocr_project.domain.types import Score, Truth
from ocr_project.engine.metrics import Draws

_STRICTNESS = ("fine", "open", "worse")
_NO_TRUTHS = to_frame([], Truth)


@st.composite
def runs(draw: st.DrawFn) -> tuple[list[str], list[bool], list[int]]:
    """Make the document of each question, which the baseline answers right, and in what order they go wrong."""
    sizes = draw(st.lists(st.sampled_from([1, 2, 3, 40]), min_size=3, max_size=14))
    documents = [f"d{place}" for place, size in enumerate(sizes) for _ in range(size)]
    mostly = st.sampled_from([True, True, True, False])
    right = draw(st.lists(mostly, min_size=len(documents), max_size=len(documents)))
    return documents, right, draw(st.permutations(range(len(documents))))


def scores(documents: list[str], right: list[bool]) -> pd.DataFrame:
    rows = [
        Score(f"q{place}", document, "set", "exact", float(value), 1.0)
        for place, (document, value) in enumerate(zip(documents, right, strict=True))
    ]
    return to_frame(rows, Score)


@settings(deadline=None, max_examples=25)  # six comparisons each
@given(runs(), st.sampled_from([0.0, 0.02, 0.1]))
def test_more_wrong_answers_are_never_judged_more_kindly(
    run: tuple[list[str], list[bool], list[int]], tolerance: float
) -> None:
    documents, baseline, order = run
    now, before = [True] * len(documents), scores(documents, baseline)
    judged = []
    for count in range(0, len(order) + 1, max(1, len(order) // 5)):
        for place in order[:count]:
            now[place] = False
        table = judge_quality(before, scores(documents, now), _NO_TRUTHS, Tolerances(tolerance), Draws(200, 0))
        judged.append(give_verdicts(table).iloc[0])
    verdicts = [_STRICTNESS.index(row["verdict"]) for row in judged]
    assert verdicts == sorted(verdicts)
    for end in ("low", "high"):
        assert all(row[end] <= after[end] + 1e-12 for row, after in pairwise(judged))

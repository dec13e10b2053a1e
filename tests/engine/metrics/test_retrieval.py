"""Ranking metrics, worked out by hand."""

import math

import pytest

from ocr_project.engine.metrics import rank, score_query, score_run


def test_ties_are_ordered_by_descending_id() -> None:
    assert rank({"a": 0.5, "c": 0.5, "b": 0.5, "d": 0.1, "e": 0.9}) == ["e", "c", "b", "a", "d"]
    assert rank({"10": 1.0, "9": 1.0, "가": 1.0}) == ["가", "9", "10"]


def test_scores_are_compared_as_32_bit_floats() -> None:
    assert rank({"a": 1.0 + 1e-12, "b": 1.0}) == ["b", "a"]


def test_graded_query() -> None:
    values = score_query({"a": 2, "b": 1, "c": 0, "z": 1}, ["c", "b", "x", "a"], (1, 2, 10), (1, 2, 10))
    ideal = 2 + 1 / math.log2(3) + 1 / math.log2(4)
    assert values == pytest.approx(
        {
            "ndcg@1": 0.0,
            "ndcg@2": (1 / math.log2(3)) / (2 + 1 / math.log2(3)),
            "ndcg@10": (1 / math.log2(3) + 2 / math.log2(5)) / ideal,
            "recall@1": 0.0,
            "recall@2": 1 / 3,
            "recall@10": 2 / 3,
            "mrr": 0.5,
            "map": (1 / 2 + 2 / 4) / 3,
        }
    )


def test_perfect_ranking_scores_one() -> None:
    values = score_query({"a": 2, "b": 1}, ["a", "b", "c"], (2, 5), (3,))
    assert set(values.values()) == {1.0}


@pytest.mark.parametrize(
    ("relevance", "ranking"), [({}, ["a"]), ({"a": 0}, ["a"]), ({"a": -1}, ["a"]), ({"a": 1}, [])]
)
def test_nothing_to_find_or_found_scores_zero(relevance: dict[str, int], ranking: list[str]) -> None:
    assert set(score_query(relevance, ranking, (1, 10), (1, 10)).values()) == {0.0}


def test_unanswered_query_scores_zero_and_unjudged_one_is_left_out() -> None:
    scores = score_run({"q1": {"a": 1}, "q2": {"a": 1}}, {"q1": {"a": 0.5}, "q3": {"a": 1.0}}.items(), (1,), (1,))
    assert list(scores) == ["q1", "q2"]
    assert scores["q1"]["ndcg@1"] == 1.0
    assert set(scores["q2"].values()) == {0.0}

import numpy as np
import pytest
from scipy.stats import kendalltau

from ocr_project.domain.types import Box
from ocr_project.engine.metrics import Counts, LayoutBox, layout_map, order_edit, order_inversions


def test_one_box_of_two_is_found() -> None:
    page = [LayoutBox(Box(0, 0, 10, 10), "text"), LayoutBox(Box(20, 20, 30, 30), "text")]
    found = layout_map([page], [[LayoutBox(Box(0, 0, 10, 10), "text", 0.9)]])
    assert found.at_50 == pytest.approx(51 / 101)  # precision 1 up to a recall of one half
    assert found.mean == pytest.approx(51 / 101)
    half = layout_map([page], [[LayoutBox(Box(0, 0, 10, 5.5), "text"), LayoutBox(Box(20, 20, 30, 30), "table")]])
    assert half.at_50 == pytest.approx(51 / 101)
    assert half.at_75 == 0.0
    assert half.by_label == {
        "text": pytest.approx(51 / 101 / 5)
    }  # an overlap of 0.55 is enough for two thresholds of ten


def test_orders() -> None:
    assert order_edit("abcd", "abdc") == Counts(2, 4)
    assert order_edit("abc", "") == Counts(3, 3)
    assert order_inversions("abcd", "abdc") == Counts(1, 6)
    assert order_inversions("abcd", "dcba") == Counts(6, 6)
    assert order_inversions("abc", ["c", "x", "c", "a"]) == Counts(1, 1)
    assert order_inversions("abc", "") == Counts(0, 0)


def test_inversions_are_kendalls() -> None:
    random = np.random.default_rng(0)
    for size in range(2, 30):
        order = random.permutation(size).tolist()
        expected = kendalltau(range(size), order).statistic
        assert 1 - 2 * order_inversions(range(size), order).rate == pytest.approx(expected)

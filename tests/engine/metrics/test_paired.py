"""Means over questions, and their differences."""

from __future__ import annotations

import numpy as np
import pytest

from ocr_project.engine.metrics import PairedMeans, bootstrap_rate
from ocr_project.engine.metrics.paired import NOT_ENOUGH


def test_means_and_intervals_are_those_of_a_bootstrap_over_clusters_of_one() -> None:
    values = np.random.default_rng(0).random((80, 2))
    drawn = PairedMeans(values, 20_000, 1)
    for column in (0, 1):
        found = drawn.interval(column)
        other = bootstrap_rate(values[:, column], np.ones(80), list(map(str, range(80))), 20_000, 2)
        assert found.value == pytest.approx(other.value)
        assert (found.low, found.high) == pytest.approx((other.low, other.high), abs=0.004)


def test_a_small_steady_difference_is_seen_though_the_intervals_overlap() -> None:
    hard = np.random.default_rng(1).random(60)
    drawn = PairedMeans(np.stack([hard + 0.01, hard], axis=1), 2_000, 0)
    assert drawn.interval(0).low < drawn.interval(1).high
    found = drawn.difference(0, 1)
    assert (found.value, found.low, found.high) == pytest.approx((0.01, 0.01, 0.01))
    assert found.better == 1.0
    assert drawn.difference(1, 0).better == 0.0


def test_a_column_is_neither_better_nor_worse_than_itself() -> None:
    values = np.repeat(np.random.default_rng(2).random((20, 1)), 2, axis=1)
    found = PairedMeans(values, 500, 0).difference(0, 1)
    assert (found.value, found.low, found.high, found.better) == (0.0, 0.0, 0.0, 0.5)


def test_one_question_has_no_interval_and_none_has_no_mean() -> None:
    one = PairedMeans(np.array([[0.5, 0.25]]), 100, 0)
    assert one.interval(0).reason == NOT_ENOUGH
    assert np.isnan([one.interval(0).low, one.difference(0, 1).low, one.difference(0, 1).better]).all()
    assert one.difference(0, 1).value == 0.25
    assert np.isnan(PairedMeans(np.zeros((0, 2)), 100, 0).interval(1).value)


def test_the_seed_decides_and_many_questions_are_drawn_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(3).random((30, 1))
    first = PairedMeans(values, 1_000, 7).interval(0)
    assert first == PairedMeans(values, 1_000, 7).interval(0)
    assert first != PairedMeans(values, 1_000, 8).interval(0)
    monkeypatch.setattr("ocr_project.engine.metrics.paired._CHUNK_CELLS", 100)
    assert PairedMeans(values, 1_000, 7).interval(0) == first

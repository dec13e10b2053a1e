"""Intervals over documents."""

import math
import tracemalloc

import numpy as np
import pytest

from ocr_project.engine.metrics import bootstrap_rate


def test_value_is_the_micro_average() -> None:
    assert bootstrap_rate([1, 0, 5], [10, 90, 100], ["a", "b", "c"], 200, 0).value == 0.03


def test_same_seed_same_interval() -> None:
    errors, totals, clusters = [*range(20)], [*range(50, 70)], [*"aabcdefghijklmnopqrs"]
    first = bootstrap_rate(errors, totals, clusters, 1_000, 7)
    assert first == bootstrap_rate(errors, totals, clusters, 1_000, 7)
    assert first != bootstrap_rate(errors, totals, clusters, 1_000, 8)
    assert first.low <= first.value <= first.high
    assert first.reason == ""


def test_interval_agrees_with_a_plain_loop() -> None:
    generator = np.random.default_rng(3)
    errors, totals = generator.integers(0, 60, 40), generator.integers(500, 2_000, 40)
    clusters = [f"d{place // 2}" for place in range(40)]
    members = [np.flatnonzero(np.array(clusters) == name) for name in sorted(set(clusters))]
    rates = []
    for _ in range(4_000):
        drawn = np.concatenate([members[place] for place in generator.integers(0, 20, 20)])
        rates.append(errors[drawn].sum() / totals[drawn].sum())
    low, high = np.percentile(rates, [2.5, 97.5])
    interval = bootstrap_rate(errors, totals, clusters, 20_000, 0)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=0.06 * (high - low))


def test_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(0)
    covered = 0
    for seed in range(200):
        interval = bootstrap_rate(
            generator.binomial(1_000, 0.03, 60), [1_000] * 60, list(map(str, range(60))), 500, seed
        )
        covered += interval.low <= 0.03 <= interval.high
    assert 180 <= covered <= 199


def test_pages_of_one_document_are_drawn_together() -> None:
    errors, totals = [0] * 50 + [10] * 50, [100] * 100
    by_page = bootstrap_rate(errors, totals, list(map(str, range(100))), 2_000, 0)
    by_document = bootstrap_rate(errors, totals, ["a"] * 50 + ["b"] * 50, 2_000, 0)
    assert (by_document.low, by_document.high) == (0.0, 0.1)
    assert by_page.high - by_page.low < 0.05


@pytest.mark.parametrize("clusters", [[], ["a"], ["a", "a", "a"]])
def test_one_document_is_not_enough(clusters: list[str]) -> None:
    interval = bootstrap_rate([1] * len(clusters), [10] * len(clusters), clusters, 100, 0)
    assert math.isnan(interval.low)
    assert math.isnan(interval.high)
    assert interval.reason == "not enough documents"
    assert math.isnan(interval.value) == (not clusters)


def test_empty_references_do_not_break_it() -> None:
    assert math.isnan(bootstrap_rate([3, 2], [0, 0], ["a", "b"], 100, 0).value)
    partly = bootstrap_rate([3, 2], [0, 20], ["a", "b"], 100, 0)
    assert partly.value == 0.25
    assert np.isfinite([partly.low, partly.high]).all()


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="2 errors, 1 totals, 2 clusters"):
        bootstrap_rate([1, 2], [10], ["a", "b"], 100, 0)


def test_large_corpus_is_small_in_memory() -> None:
    tracemalloc.start()
    bootstrap_rate(np.ones(1_355), np.full(1_355, 1_000), list(map(str, range(1_355))), 10_000, 0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 64 << 20

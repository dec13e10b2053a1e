"""Intervals over documents, many rates at once, paired differences, Holm's correction."""

import math
import tracemalloc

import numpy as np
import pytest

from ocr_project.engine.metrics import Draws, estimate_differences, estimate_rate, estimate_rates, holm, percentiles
from ocr_project.engine.metrics.resampling import draw_rates


def counts(seed: int, columns: int = 3) -> tuple[np.ndarray, np.ndarray, list[str]]:
    generator = np.random.default_rng(seed)
    clusters = [f"d{place // 2}" for place in range(60)]
    return generator.integers(0, 60, (60, columns)), generator.integers(500, 2_000, (60, columns)), clusters


def test_value_is_the_micro_average() -> None:
    assert estimate_rate([1, 0, 5], [10, 90, 100], ["a", "b", "c"]).value == 0.03


def test_same_seed_same_p_and_an_interval_without_one() -> None:
    errors, totals, clusters = counts(5, columns=1)
    sides = (errors, totals), (np.roll(errors, 2, axis=0), totals)
    one, again, other = (estimate_differences(*sides, clusters, Draws(500, seed)) for seed in (7, 7, 8))
    assert one.p.tolist() == again.p.tolist() != other.p.tolist()
    assert (one.low, one.high) == (other.low, other.high)
    assert one.low[0] < one.value[0] < one.high[0]


def test_interval_agrees_with_a_plain_loop_where_documents_are_many() -> None:
    generator = np.random.default_rng(3)
    errors, totals = generator.integers(0, 60, 400), generator.integers(500, 2_000, 400)
    clusters = [f"d{place // 2}" for place in range(400)]
    by_document = [(errors[place : place + 2].sum(), totals[place : place + 2].sum()) for place in range(0, 400, 2)]
    rates = []
    for _ in range(4_000):
        drawn = [by_document[place] for place in generator.integers(0, 200, 200)]
        rates.append(sum(pair[0] for pair in drawn) / sum(pair[1] for pair in drawn))
    low, high = np.percentile(rates, [2.5, 97.5])
    interval = estimate_rate(errors, totals, clusters)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=0.06 * (high - low))


def test_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(0)
    covered = 0
    for _ in range(200):
        interval = estimate_rate(generator.binomial(1_000, 0.03, 60), [1_000] * 60, list(map(str, range(60))))
        covered += interval.low <= 0.03 <= interval.high
    assert 180 <= covered <= 199


def test_pages_of_one_document_are_left_out_together() -> None:
    errors, totals = [0] * 50 + [10] * 50, [100] * 100
    by_page = estimate_rate(errors, totals, list(map(str, range(100))))
    by_document = estimate_rate(errors, totals, [str(place // 25) for place in range(100)])
    assert by_page.high - by_page.low < 0.05
    assert by_document.high - by_document.low > 0.1


@pytest.mark.parametrize("clusters", [[], ["a"], ["a", "a", "a"], ["a", "b"], ["a", "b", "b"]])
def test_one_document_is_not_enough_nor_are_two(clusters: list[str]) -> None:
    interval = estimate_rate([1] * len(clusters), [10] * len(clusters), clusters)
    assert math.isnan(interval.low)
    assert math.isnan(interval.high)
    assert math.isnan(interval.value) == (not clusters)


def test_documents_without_a_reference_count_their_errors_and_make_no_interval() -> None:
    assert math.isnan(estimate_rate([3, 2], [0, 0], ["a", "b"]).value)
    one = estimate_rate([3, 2], [0, 20], ["a", "b"])
    assert one.value == 0.25
    assert np.isnan([one.low, one.high]).all()  # of the two, only one has anything to divide by
    three = estimate_rate([3, 2, 1, 4], [0, 20, 10, 20], ["a", "b", "c", "d"])
    assert three.value == 0.2
    assert np.isfinite([three.low, three.high]).all()


@pytest.mark.parametrize("documents", [2, 3, 30])
def test_documents_that_are_all_alike_have_no_interval_of_width_zero(documents: int) -> None:
    names = list(map(str, range(documents)))
    for errors in (0, 2):
        interval = estimate_rate([errors] * documents, [100] * documents, names)
        assert interval.value == errors / 100
        assert np.isnan([interval.low, interval.high]).all()


@pytest.mark.parametrize(("documents", "spread"), [(3, 0.5), (5, 0.5), (5, 0.9), (10, 0.9), (30, 0.5)])
def test_an_interval_covers_the_rate_of_skewed_documents(documents: int, spread: float) -> None:
    generator = np.random.default_rng(documents)
    names = list(map(str, range(documents)))
    covered = 0
    for _ in range(600):
        rates = 0.05 * np.exp(spread * generator.standard_normal(documents) - spread**2 / 2)
        interval = estimate_rate(generator.poisson(rates * 1_000), [1_000] * documents, names)
        covered += interval.low <= 0.05 <= interval.high
    assert covered / 600 >= 0.9 - 2 * math.sqrt(0.9 * 0.1 / 600)


def test_an_interval_stays_where_a_rate_can_be() -> None:
    passed = estimate_rate([1, 0.9, 0], [1, 1, 1], list("abc"))
    assert (passed.low, passed.high) == (0.0, 1.0)
    errors = estimate_rate([1, 1, 30], [10, 10, 10], list("abc"))
    assert errors.low == 0.0
    assert errors.high > 1.0  # a document with more errors than characters shows that it can be


def test_an_interval_leans_to_the_side_of_the_document_that_is_apart() -> None:
    errors = estimate_rate([1, 2, 1, 2, 1, 2, 1, 40], [100] * 8, list("abcdefgh"))
    assert errors.high - errors.value > 1.2 * (errors.value - errors.low)


def test_large_corpus_is_small_in_memory() -> None:
    tracemalloc.start()
    estimate_rate(np.ones(1_355), np.full(1_355, 1_000), list(map(str, range(1_355))))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 64 << 20


def test_each_column_is_what_it_is_alone() -> None:
    errors, totals, clusters = counts(0)
    together = estimate_rates(errors, totals, clusters)
    for column in range(3):
        alone = estimate_rate(errors[:, column], totals[:, column], clusters)
        assert (together.value[column], together.low[column], together.high[column]) == pytest.approx(
            (alone.value, alone.low, alone.high), rel=1e-12
        )


def test_many_columns_and_few_are_drawn_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    errors, totals, clusters = counts(1, columns=9)
    sides = (errors, totals), (np.roll(errors, 2, axis=0), totals)
    whole = estimate_differences(*sides, clusters, Draws(500, 2))
    monkeypatch.setattr("ocr_project.engine.metrics.resampling._MOST_SAMPLES", 1_000)
    monkeypatch.setattr("ocr_project.engine.metrics.resampling._BLOCK_CELLS", 100)
    assert np.allclose(whole.p, estimate_differences(*sides, clusters, Draws(500, 2)).p, rtol=1e-12)


def test_a_column_in_one_document_has_no_interval() -> None:
    top, bottom = np.array([[1, 1], [2, 0], [3, 0]]), np.array([[10, 10], [10, 0], [10, 0]])
    found = estimate_rates(top, bottom, ["a", "b", "c"])
    assert found.value.tolist() == pytest.approx([0.2, 0.1])
    assert np.isfinite(found.low[0])
    assert np.isnan([found.low[1], found.high[1]]).all()


def test_nothing_to_divide_by_is_not_a_number() -> None:
    found = estimate_rates(np.zeros((2, 1)), np.zeros((2, 1)), ["a", "b"])
    assert np.isnan([found.value, found.low, found.high]).all()


def test_difference_of_the_same_is_zero_and_open() -> None:
    errors, totals, clusters = counts(2, columns=1)
    found = estimate_differences((errors, totals), (errors, totals), clusters, Draws(1_000, 0))
    assert (found.value[0], found.low[0], found.high[0], found.above[0], found.p[0]) == (0, 0, 0, 0.5, 1.0)


def test_pairing_cancels_what_both_find_hard() -> None:
    generator = np.random.default_rng(4)
    hard = generator.normal(0.5, 0.3, (80, 1))
    clusters = [str(place) for place in range(80)]
    ones = np.ones((80, 1))
    second = hard + 0.02 + generator.normal(0, 0.01, (80, 1))
    found = estimate_differences((hard, ones), (second, ones), clusters, Draws(4_000, 0))
    apart = [estimate_rates(side, ones, clusters) for side in (hard, second)]
    assert 0.015 < found.low[0] < found.value[0] < found.high[0] < 0.025
    assert found.above[0] == 1.0
    assert 0 < found.p[0] < 2 / 4_001  # no resample on the other side: the tail of a normal distribution
    assert apart[1].low[0] < apart[0].high[0]  # which the two intervals alone would not have told


def test_p_agrees_with_the_normal_distribution() -> None:
    generator = np.random.default_rng(6)
    values = generator.normal(0.0, 1.0, (400, 1))
    values += 1.0 / np.sqrt(400) - values.mean()  # one standard error above zero: p = 0.317
    values = (values - values.mean()) / values.std() + values.mean()
    ones = np.ones((400, 1))
    found = estimate_differences((ones * 0, ones), (values, ones), list(map(str, range(400))), Draws(20_000, 1))
    assert found.p[0] == pytest.approx(0.317, abs=0.02)
    assert found.above[0] == pytest.approx(0.841, abs=0.01)


def test_few_documents_are_never_beyond_doubt() -> None:
    bottom = np.ones((4, 1))
    found = estimate_differences((bottom * 0.1, bottom), (bottom * 0.9, bottom), list("abcd"), Draws(1_000, 0))
    assert found.low[0] > 0.7
    assert found.p[0] == pytest.approx(2 / 2**4)


def test_documents_that_stayed_the_same_prove_nothing() -> None:
    ones = np.ones((40, 1))
    second = np.zeros((40, 1))
    second[:3] = 0.5
    found = estimate_differences((ones * 0, ones), (second, ones), list(map(str, range(40))), Draws(1_000, 0))
    assert found.p[0] >= 2 / 2**3


def test_margin_asks_whether_the_difference_exceeds_it() -> None:
    generator = np.random.default_rng(8)
    ones = np.ones((50, 1))
    second = ones * 0.1 + generator.normal(0, 0.02, (50, 1))
    clusters = list(map(str, range(50)))
    near, far = (
        estimate_differences((ones * 0, ones), (second, ones), clusters, Draws(1_000, 0), margin)
        for margin in (0.05, 0.2)
    )
    assert (near.above[0], far.above[0]) == (1.0, 0.0)
    assert near.value[0] == far.value[0]


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="2 numerators, 2 denominators, 1 clusters"):
        draw_rates(np.ones((2, 1)), np.ones((2, 1)), ["a"], 10, 0)
    with pytest.raises(ValueError, match="2 items, 1 clusters"):
        estimate_rate([1, 2], [10, 10], ["a"])
    with pytest.raises(ValueError, match="2 or 3 items, 3 clusters"):
        estimate_rate([1, 2], [10, 10, 10], list("abc"))


def test_means_over_questions_have_the_interval_of_rates_over_clusters_of_one() -> None:
    values = np.random.default_rng(0).random((80, 2))
    questions = list(map(str, range(80)))
    found = estimate_rates(values, np.ones_like(values), questions)
    assert found.value == pytest.approx(values.mean(axis=0))
    deviation = values.std(axis=0) / np.sqrt(80)  # of a mean of this many, near enough to normal
    assert found.high - found.low == pytest.approx(2 * 1.99 * deviation, rel=0.04)


def test_a_small_steady_difference_is_seen_though_the_intervals_overlap() -> None:
    hard = np.random.default_rng(1).random((60, 1))
    ones, questions = np.ones((60, 1)), list(map(str, range(60)))
    apart = estimate_rates(np.hstack([hard + 0.01, hard]), np.ones((60, 2)), questions)
    assert apart.low[0] < apart.high[1]
    found = estimate_differences((hard, ones), (hard + 0.01, ones), questions, Draws(2_000, 0))
    assert (found.value[0], found.low[0], found.high[0]) == pytest.approx((0.01, 0.01, 0.01))
    assert found.above[0] == 1.0
    assert estimate_differences((hard + 0.01, ones), (hard, ones), questions, Draws(2_000, 0)).above[0] == 0.0


def test_differences_of_rounding_are_neither_better_nor_worse() -> None:
    values = np.random.default_rng(2).random((50, 7))
    ones, questions = np.ones_like(values), list(map(str, range(50)))
    found = estimate_differences((values, ones), (values + 1e-14, ones), questions, Draws(500, 0))
    assert set(found.above) == {0.5}
    assert set(found.low) == set(found.high) == {0.0}


def test_one_question_has_no_interval_and_none_has_no_mean() -> None:
    one = estimate_rates([[0.5, 0.25]], [[1, 1]], ["q"])
    assert one.value.tolist() == [0.5, 0.25]
    assert np.isnan([one.low, one.high]).all()
    apart = estimate_differences(([[0.25]], [[1]]), ([[0.5]], [[1]]), ["q"], Draws(100, 0))
    assert apart.value[0] == 0.25
    assert np.isnan([apart.low[0], apart.high[0], apart.above[0], apart.p[0]]).all()
    assert np.isnan(estimate_rates(np.zeros((0, 2)), np.zeros((0, 2)), []).value).all()


def test_holm_known_example() -> None:
    # the example of Wikipedia's article on the method: 0.005 x 4, 0.01 x 3, 0.03 x 2, and never falling
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_leaves_out_what_was_not_compared_and_stays_below_one() -> None:
    adjusted = holm([0.5, np.nan, 0.01, 0.9])
    assert np.isnan(adjusted[1])
    assert adjusted[[0, 2, 3]] == pytest.approx([1.0, 0.03, 1.0])
    assert len(holm([])) == 0


def test_percentiles_of_times() -> None:
    assert percentiles(range(101)) == {"p50": 50.0, "p95": 95.0, "p99": 99.0}
    assert np.isnan(list(percentiles([]).values())).all()

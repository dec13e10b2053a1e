"""Many rates at once, paired differences, Holm's correction."""

import numpy as np
import pytest

from ocr_project.engine.metrics import bootstrap_rate, estimate_differences, estimate_rates, holm, percentiles
from ocr_project.engine.metrics.resampling import draw_rates


def counts(seed: int, columns: int = 3) -> tuple[np.ndarray, np.ndarray, list[str]]:
    generator = np.random.default_rng(seed)
    clusters = [f"d{place // 2}" for place in range(60)]
    return generator.integers(0, 60, (60, columns)), generator.integers(500, 2_000, (60, columns)), clusters


def test_each_column_is_what_it_is_alone() -> None:
    errors, totals, clusters = counts(0)
    together = estimate_rates(errors, totals, clusters, 2_000, 5)
    for column in range(3):
        alone = bootstrap_rate(errors[:, column], totals[:, column], clusters, 2_000, 5)
        assert (together.value[column], together.low[column], together.high[column]) == pytest.approx(
            (alone.value, alone.low, alone.high), rel=1e-12
        )


def test_many_columns_and_few_are_drawn_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    errors, totals, clusters = counts(1, columns=9)
    whole = estimate_rates(errors, totals, clusters, 500, 2)
    monkeypatch.setattr("ocr_project.engine.metrics.resampling._MOST_SAMPLES", 1_000)
    monkeypatch.setattr("ocr_project.engine.metrics.resampling._BLOCK_CELLS", 100)
    assert np.allclose(whole.low, estimate_rates(errors, totals, clusters, 500, 2).low, rtol=1e-12)


def test_a_column_in_one_document_has_no_interval() -> None:
    bottom = np.array([[10, 10], [10, 0], [10, 0]])
    found = estimate_rates(bottom / 10, bottom, ["a", "b", "c"], 200, 0)
    assert found.value.tolist() == [0.1, 0.1]
    assert np.isfinite(found.low[0])
    assert np.isnan([found.low[1], found.high[1]]).all()


def test_nothing_to_divide_by_is_not_a_number() -> None:
    found = estimate_rates(np.zeros((2, 1)), np.zeros((2, 1)), ["a", "b"], 200, 0)
    assert np.isnan([found.value, found.low, found.high]).all()


def test_difference_of_the_same_is_zero_and_open() -> None:
    errors, totals, clusters = counts(2, columns=1)
    found = estimate_differences((errors, totals), (errors, totals), clusters, 1_000, 0)
    assert (found.value[0], found.low[0], found.high[0], found.above[0], found.p[0]) == (0, 0, 0, 0.5, 1.0)


def test_pairing_cancels_what_both_find_hard() -> None:
    generator = np.random.default_rng(4)
    hard = generator.normal(0.5, 0.3, (80, 1))
    clusters = [str(place) for place in range(80)]
    ones = np.ones((80, 1))
    second = hard + 0.02 + generator.normal(0, 0.01, (80, 1))
    found = estimate_differences((hard, ones), (second, ones), clusters, 4_000, 0)
    apart = [estimate_rates(side, ones, clusters, 4_000, 0) for side in (hard, second)]
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
    found = estimate_differences((ones * 0, ones), (values, ones), list(map(str, range(400))), 20_000, 1)
    assert found.p[0] == pytest.approx(0.317, abs=0.02)
    assert found.above[0] == pytest.approx(0.841, abs=0.01)


def test_few_documents_are_never_beyond_doubt() -> None:
    bottom = np.ones((4, 1))
    found = estimate_differences((bottom * 0.1, bottom), (bottom * 0.9, bottom), list("abcd"), 1_000, 0)
    assert found.low[0] > 0.7
    assert found.p[0] == pytest.approx(2 / 2**4)


def test_documents_that_stayed_the_same_prove_nothing() -> None:
    ones = np.ones((40, 1))
    second = np.zeros((40, 1))
    second[:3] = 0.5
    found = estimate_differences((ones * 0, ones), (second, ones), list(map(str, range(40))), 1_000, 0)
    assert found.p[0] >= 2 / 2**3


def test_margin_asks_whether_the_difference_exceeds_it() -> None:
    generator = np.random.default_rng(8)
    ones = np.ones((50, 1))
    second = ones * 0.1 + generator.normal(0, 0.02, (50, 1))
    clusters = list(map(str, range(50)))
    near, far = (
        estimate_differences((ones * 0, ones), (second, ones), clusters, 1_000, 0, margin) for margin in (0.05, 0.2)
    )
    assert (near.above[0], far.above[0]) == (1.0, 0.0)
    assert near.value[0] == far.value[0]


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="2 numerators, 2 denominators, 1 clusters"):
        draw_rates(np.ones((2, 1)), np.ones((2, 1)), ["a"], 10, 0)


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

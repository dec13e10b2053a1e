"""Answers that are right or wrong: Clopper and Pearson, the unseen document, coverage, what is left to others."""

import numpy as np
import pytest
from scipy.stats import beta

from ocr_project.engine.metrics import Draws, estimate_differences, estimate_rate, estimate_rates
from ocr_project.engine.metrics.intervals import Blend
from ocr_project.engine.metrics.resampling import estimate_blends


def names(count: int, questions: int = 1) -> list[str]:
    return [f"d{place // questions}" for place in range(count)]


@pytest.mark.parametrize(("right", "count"), [(0, 30), (1, 30), (9, 10), (25, 30), (3, 3)])
def test_an_answer_a_document_has_the_interval_of_clopper_and_pearson(right: int, count: int) -> None:
    found = estimate_rate([1] * right + [0] * (count - right), [1] * count, names(count))
    low = beta.ppf(0.025, right, count - right + 1) if right else 0.0
    high = beta.ppf(0.975, right + 1, count - right) if right < count else 1.0
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.01)


def test_the_same_answers_are_not_surely_the_same() -> None:
    right, ones = np.array([[1.0]] * 20 + [[0.0]] * 10), np.ones((30, 1))
    found = estimate_differences((right, ones), (right, ones), names(30), Draws(500, 0))
    assert found.low[0] == pytest.approx(-found.high[0], abs=0.02)
    assert 0.08 < found.high[0] < 0.15  # of 30 that are all well, one of ten may still be lost
    assert found.p[0] == 1.0


def test_p_and_interval_agree() -> None:
    chance = np.random.default_rng(0)
    ones = np.ones((40, 60))
    before, now = (chance.random((40, 60)) < share for share in (0.8, 0.6))
    found = estimate_differences((before, ones), (now, ones), names(40, 2), Draws(200, 0), margins=-0.02)
    assert ((found.low > -0.02) | (found.high < -0.02)).tolist() == (found.p < 0.05).tolist()
    assert 0 < (found.p < 0.05).sum() < 60


def test_turned_round_the_interval_turns() -> None:
    right, ones = np.array([[1.0, 0.0]] * 5 + [[0.0, 1.0]] * 3 + [[1.0, 1.0]] * 12), np.ones((20, 1))
    one, two = (right[:, :1], ones), (right[:, 1:], ones)
    there = estimate_differences(one, two, names(20, 4), Draws(500, 0))
    back = estimate_differences(two, one, names(20, 4), Draws(500, 0))
    assert (there.low[0], there.high[0], there.p[0]) == pytest.approx((-back.high[0], -back.low[0], back.p[0]))


def test_a_blend_of_two_rates_is_within_what_both_can_be() -> None:
    right, ones = np.array([[1.0, 0.0]] * 6), np.ones((6, 2))
    found = estimate_blends(right, ones, [Blend((0, 1), (0.5, -0.5), 0.5)], names(6))
    assert found.value[0] == pytest.approx(1.0)
    assert found.high[0] == pytest.approx(1.0)
    assert 0.4 < found.low[0] < 0.7


def test_scores_in_between_are_left_to_the_jackknife() -> None:
    half = [1.0, 1.0, 0.0, 1.0, 0.5, 1.0]
    whole = [1.0, 1.0, 0.0, 1.0, 1.0, 1.0]
    both = estimate_rates(np.array([half, whole]).T, np.ones((6, 2)), names(6))
    alone = estimate_rate(half, np.ones(6), names(6))
    assert (both.low[0], both.high[0]) == pytest.approx((alone.low, alone.high))
    assert (both.low[1], both.high[1]) == pytest.approx((beta.ppf(0.025, 5, 2), beta.ppf(0.975, 6, 1)), abs=0.01)


@pytest.mark.parametrize(("documents", "questions"), [(3, 10), (5, 4), (10, 10), (30, 10), (30, 1)])
@pytest.mark.parametrize("rate", [0.7, 0.95])
def test_an_interval_covers_the_rate_of_answers_that_go_together(documents: int, questions: int, rate: float) -> None:
    chance = np.random.default_rng([documents, questions])
    covered = 0
    for _ in range(200):
        alike = chance.beta(4 * rate, 4 * (1 - rate), documents)  # a fifth of the variance is between documents
        right = chance.random(documents * questions) < np.repeat(alike, questions)
        found = estimate_rate(right.astype(float), np.ones(len(right)), names(len(right), questions))
        covered += found.low <= rate <= found.high
    assert covered / 200 >= 0.9 - 2 * np.sqrt(0.9 * 0.1 / 200)

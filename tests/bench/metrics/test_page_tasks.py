"""Types and orders of pages: answers are read, metrics are those of SciPy and VLMHyperBench."""

from __future__ import annotations

import math
from itertools import permutations

import pytest
from scipy import stats

from ocr_project.bench.metrics.page_tasks import (
    canonical_class,
    canonical_order,
    is_order,
    kendall_tau,
    official_class,
    official_order,
    right_places,
    spearman_rho,
)

TITLES = {"tin_new": "INN, new form", "tin_old": "INN, old form", "passport": "Passport", "inn": "INN"}


@pytest.mark.parametrize(
    ("answer", "official", "canonical"),
    [
        ("1", "tin_old", "tin_old"),
        (' "2"\n', "passport", "passport"),
        ("4", "", ""),
        ("-1", "", "tin_old"),
        ("²", "", ""),
        ("9" * 5000, "", ""),
        ("", "", ""),
        ("Type 2.", "", "passport"),
        ("It is a passport.", "", "passport"),
        ("tin_old", "", "tin_old"),
        ("the INN, old  form", "", "tin_old"),
        ("an INN", "", "inn"),
        ("passports", "", ""),
        ("1 or 2", "", ""),
        ("a passport or an INN, new form", "", ""),
    ],
)
def test_types_in_answers(answer: str, official: str, canonical: str) -> None:
    assert official_class(answer, list(TITLES)) == official
    assert canonical_class(answer, TITLES) == canonical


@pytest.mark.parametrize(
    ("answer", "official", "canonical"),
    [
        ('{"ordered_pages": [3, 1, 2]}', [3, 1, 2], [3, 1, 2]),
        ('```json\n{"ordered_pages": [3, 1, 2]}\n```', [3, 1, 2], [3, 1, 2]),
        ("The order is [3, 1, 2].", [3, 1, 2], [3, 1, 2]),
        ("3, 1, 2", [3, 1, 2], [3, 1, 2]),
        ("There are 3 pages. First 2, then 3, then 1", [3, 2, 3, 1], [2, 3, 1]),
        ('{"ordered_pages": [true, 2, 3]}', [2, 3], []),
        ('{"ordered_pages": []}', [], []),
        ("[1, 2]", [1, 2], []),
        ("{" * 3000, [], []),
        ("no idea", [], []),
        (f"[{'9' * 5000}]", [], []),
    ],
)
def test_orders_in_answers(answer: str, official: list[int], canonical: list[int]) -> None:
    assert official_order(answer) == official
    assert canonical_order(answer, 3) == canonical


def test_correlations_are_scipys_on_the_places_of_pages() -> None:
    truth = [3, 1, 4, 2]
    for order in permutations(truth):
        places = [truth.index(page) for page in order]
        straight = list(range(4))
        assert kendall_tau(truth, order) == pytest.approx(stats.kendalltau(straight, places).statistic)
        assert spearman_rho(truth, order) == pytest.approx(stats.spearmanr(straight, places).statistic)
    assert kendall_tau(truth, truth) == spearman_rho(truth, truth) == right_places(truth, truth) == 1
    assert kendall_tau(truth, truth[::-1]) == spearman_rho(truth, truth[::-1]) == -1
    assert right_places(truth, [3, 1, 2, 4]) == 0.5


def test_vlmhyperbenchs_rho_is_another_one() -> None:
    """It correlates page numbers: two orders of which each page is near its place, and its rho says chance."""
    truth, order = [2, 3, 4, 1], [3, 2, 4, 1]
    theirs = stats.spearmanr(truth, order).statistic
    assert spearman_rho(truth, order) == pytest.approx(0.8)
    assert theirs == pytest.approx(0.8)
    truth, order = [2, 4, 1, 3], [4, 2, 1, 3]  # two neighbours changed places, here too
    assert spearman_rho(truth, order) == pytest.approx(0.8)
    assert stats.spearmanr(truth, order).statistic == pytest.approx(0.2)


def test_one_page_has_no_order() -> None:
    assert math.isnan(kendall_tau([1], [1]))
    assert math.isnan(spearman_rho([1], [1]))
    assert not is_order([1, 1, 3], 3)

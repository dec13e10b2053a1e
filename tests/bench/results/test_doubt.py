"""About how many documents could close a comparison."""

import math

import pytest

from ocr_project.bench.results.doubt import documents_needed


def test_half_of_an_interval_that_is_twice_too_wide_takes_about_four_times_the_documents() -> None:
    assert documents_needed(0.01, 0.02, 100, 0) == pytest.approx(400, rel=0.05)


def test_a_p_that_is_small_enough_takes_documents_too() -> None:
    assert documents_needed(0.5, 0.1, 3, 0) == 4
    assert documents_needed(0.5, 0.1, 3, 16) == 9  # 16 / 2^9 is below 0.05, 16 / 2^8 is not


def test_what_is_the_same_is_told_apart_by_no_number_of_documents() -> None:
    assert math.isnan(documents_needed(0.0, 0.0, 9, 8))
    assert math.isnan(documents_needed(1e-9, 0.1, 9, 8))

"""The front and the lowest resolution on data whose truth is known (how often right: benchmarks/choices.py)."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from ocr_project.bench.matrix.grid import lay_out_errors
from ocr_project.bench.matrix.pareto import Place, find_front
from ocr_project.bench.matrix.resolution import find_lowest
from ocr_project.domain.types import Status
from ocr_project.engine.metrics.resampling import Draws
from tests.bench.matrix.made import made_grid

DRAWS = Draws(500, 0)
UNKNOWN = math.nan


def test_a_run_that_is_worse_and_dearer_is_beaten() -> None:
    found = find_front(made_grid([0.02, 0.10, 0.30]), [(1.0, 9.0), (0.3, 4.0), (0.5, 5.0)], 0.01, DRAWS)
    assert [standing.place for standing in found] == [Place.FRONT, Place.FRONT, Place.BEATEN]
    assert found[2].by == "run1"


def test_as_good_and_cheaper_beats_and_noise_alone_does_not() -> None:
    same = made_grid([0.05, 0.05], documents=150)
    found = find_front(same, [(1.0, 9.0), (0.5, 5.0)], 0.02, DRAWS)
    assert [standing.place for standing in found] == [Place.BEATEN, Place.FRONT]
    few = made_grid([0.07, 0.05], documents=5)
    assert find_front(few, [(1.0, 9.0), (0.99, 9.0)], 0.0, DRAWS)[0].place is Place.OPEN


def test_what_is_not_known_is_neither_on_the_front_nor_beats() -> None:
    grid = made_grid([0.3, 0.02])
    found = find_front(grid, [(1.0, UNKNOWN), (0.5, UNKNOWN)], 0.01, DRAWS)
    assert [standing.place for standing in found] == [Place.BEATEN, Place.FRONT]  # no run has memory: not looked at
    found = find_front(grid, [(1.0, 4.0), (0.5, UNKNOWN)], 0.01, DRAWS)
    assert [standing.place for standing in found] == [Place.FRONT, Place.UNKNOWN]


def test_the_lowest_resolution_ends_at_the_first_that_is_not_as_good() -> None:
    pixels = [250_000, 1_000_000, 500_000, 125_000]
    grid = made_grid([0.031, 0.03, 0.03, 0.20], documents=120)
    kinds = dict.fromkeys(grid.items, "snils")
    (lowest,) = find_lowest(grid, pixels, kinds, 0.02, DRAWS)
    assert [step.pixels for step in lowest.steps] == [1_000_000, 500_000, 250_000, 125_000]
    assert [step.verdict for step in lowest.steps] == ["fine", "fine", "fine", "worse"]
    assert (lowest.doc_type, lowest.pixels) == ("snils", 250_000)
    gap = made_grid([0.03, 0.15, 0.03], documents=120)
    (lowest,) = find_lowest(gap, [900, 800, 700], dict.fromkeys(gap.items, "x"), 0.02, DRAWS)
    assert lowest.pixels == 900, "what is below a resolution that is worse is not looked for"


def test_a_resolution_that_changes_nothing_is_enough() -> None:
    grid = made_grid([0.03], documents=20)
    twice = type(grid)(
        ("a", "b"), grid.items, grid.clusters, grid.numerator.repeat(2, 1), grid.denominator.repeat(2, 1)
    )
    (lowest,) = find_lowest(twice, [1000, 900], dict.fromkeys(grid.items, "x"), 0.0, DRAWS)
    assert lowest.pixels == 900


def test_kinds_of_documents_have_their_own_answer() -> None:
    grid = made_grid([0.03, 0.03], documents=100)
    halves = {item: "receipt" if place < 500 else "form" for place, item in enumerate(grid.items)}
    spoilt = grid.numerator.copy()
    spoilt[:500, 1] += 3
    worse = type(grid)(grid.names, grid.items, grid.clusters, spoilt, grid.denominator)
    found = find_lowest(worse, [1000, 500], halves, 0.02, DRAWS)
    assert [(lowest.doc_type, lowest.pixels) for lowest in found] == [("all", 1000), ("form", 500), ("receipt", 1000)]


def test_with_two_documents_nothing_lower_is_enough() -> None:
    grid = made_grid([0.03, 0.03], documents=2)
    (lowest,) = find_lowest(grid, [1000, 500], dict.fromkeys(grid.items, "x"), 0.5, DRAWS)
    assert (lowest.pixels, lowest.steps[1].verdict) == (1000, "open")


def test_what_could_not_be_scored_counts_at_its_worst() -> None:
    def frame(status: Status) -> pd.DataFrame:
        rows = [("q1", "d", "cer", 1.0, 4.0, Status.OK), ("q2", "d", "cer", 0.0, 4.0, status)]
        rows += [("q3", "d", "wer", 1.0, 1.0, Status.OK)]
        return pd.DataFrame(rows, columns=["item_id", "doc_id", "metric", "numerator", "denominator", "status"])

    grid = lay_out_errors({"a": frame(Status.OK), "b": frame(Status.FAILED)}, "cer")
    assert grid.items == ("q1", "q2")
    assert grid.rates == pytest.approx(np.array([1 / 8, 5 / 8]))

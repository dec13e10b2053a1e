"""How much a choice flattered itself, on made answers with a known CER."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.prompt_choice import search_once, summarise

from ocr_project.bench.prompt_search.tables import found_of, tabulate_found
from ocr_project.bench.prompt_search.tried import Judged, Tried
from ocr_project.domain.options import PromptSearchOptions


@pytest.mark.parametrize("world", ["alike", "unlike"])
def test_the_estimate_is_right_on_average_and_its_interval_mostly(world: str) -> None:
    generator = np.random.default_rng(1)
    found = summarise([search_once(generator, (10, 10, 30), world) for _ in range(40)])
    assert found["true"] > 0.05, "the best of five on ten documents looks much better than it is"
    assert found["flattered"] == pytest.approx(found["true"], abs=0.015)
    assert found["flattered_search"] == pytest.approx(found["true_search"], abs=0.015)
    assert found["held"] >= 0.9


def rows_of(part: str, number: int, values: list[float]) -> Tried:
    judged = tuple(Judged(place, f"{part}{place}", value, 0.0, 1.0, "", "") for place, value in enumerate(values))
    return Tried("card", "surname", part, number, f"prompt {number}", judged=judged)


def test_differences_between_parts_add_both_doubts() -> None:
    rows = [
        rows_of("search", 0, [0.5, 0.4, 0.6]),
        rows_of("search", 1, [0.0, 0.1, 0.2]),
        rows_of("select", 1, [0.1, 0.0, 0.2, 0.1]),
        rows_of("report", 0, [0.5, 0.6, 0.4, 0.5, 0.6]),
        rows_of("report", 1, [0.2, 0.4, 0.3, 0.2, 0.4]),
    ]
    options = PromptSearchOptions(search=3, select=4, report=5)
    row = tabulate_found(found_of(rows, options)).set_index("field").loc["surname"]
    assert row["select"] == pytest.approx(0.1)
    assert row["report"] == pytest.approx(0.3)
    assert row["flattered"] == pytest.approx(0.2)
    assert row["flattered_search"] == pytest.approx(0.2)
    assert row["gained"] == pytest.approx(0.22)
    widths = {name: row[f"{name}_high"] - row[f"{name}_low"] for name in ("select", "report", "flattered")}
    assert widths["flattered"] > max(widths["select"], widths["report"])
    assert row["number"] == 1
    assert row["documents"] == 12
    assert row["tried"] == row["kept"] == 1

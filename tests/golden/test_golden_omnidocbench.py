"""OmniDocBench's protocol against values that the official program gave for pages made by `tests.omnidoc_pages`.

What was run is in the files, under `made`. Pages, attributes of pages, attributes of elements.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from ocr_project.bench.testsets.omnidocbench_v1_5.rules import PageScore, score_page
from ocr_project.bench.testsets.omnidocbench_v1_6.rules import score_page_v1_6
from tests.omnidoc_averages import slice_elements, slice_pages, summarize

DATA = Path(__file__).parents[1] / "data"
RULES = {"v1_5": score_page, "v1_6": score_page_v1_6}
OURS = {"table_teds_canonical", "formula_cdm", "overall", "overall_by_edit"}  # no counterpart in the values


@pytest.fixture(scope="module", params=list(RULES))
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def golden(version: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DATA / f"omnidocbench_{version}.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def scores(golden: dict[str, Any], version: str) -> list[PageScore]:
    return [RULES[version](page["truth"], page["prediction"]) for page in golden["pages"]]


def official(values: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in values.items() if name not in OURS}


def test_every_page_has_the_official_values(golden: dict[str, Any], scores: list[PageScore]) -> None:
    assert len(scores) == 60
    for page, score in zip(golden["pages"], scores, strict=True):
        expected = pytest.approx(page["values"], abs=1e-9)
        assert official(score.values()) == expected, page["truth"]["page_info"]["image_path"]


def test_averages_over_pages_are_the_official_ones(golden: dict[str, Any], scores: list[PageScore]) -> None:
    expected = golden["pages_averaged"]
    found = {name: official(values) for name, values in slice_pages(scores).items()} | {
        "ALL": official(summarize(scores))
    }
    assert found == {name: pytest.approx(values, abs=1e-9) for name, values in expected.items()}


def test_averages_over_elements_are_the_official_ones(golden: dict[str, Any], scores: list[PageScore]) -> None:
    found = slice_elements(scores)
    for name, values in golden["elements_averaged"].items():
        assert {key: found[name][key] for key in values} == pytest.approx(values, abs=1e-9), name

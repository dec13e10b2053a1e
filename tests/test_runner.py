"""Which nodes run beside each other, and what becomes of those beside one that fails."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Pipeline, node

from ocr_project.domain.options import LayoutOptions, RecognitionOptions, RuntimeOptions
from ocr_project.engine.running.feeds import FEEDS
from ocr_project.pipeline_registry import register_pipelines
from ocr_project.runner import StageRunner, groups
from tests.whole_job import ROOT

WHOLE = [
    "ingest.render_pages",
    "layout.detect_regions",
    "recognition.recognize_regions",
    "transcript.assemble_transcripts",
    "transcript.write_exports",
]


def options(profile: str, **runtime: Any) -> DataCatalog:
    given = yaml.safe_load((ROOT / "conf" / profile / "parameters.yml").read_text())
    return DataCatalog(
        {
            "params:runtime": MemoryDataset(
                RuntimeOptions.model_validate({**(given.get("runtime") or {}), **runtime})
            ),
            "params:layout": MemoryDataset(LayoutOptions.model_validate(given["layout"])),
            "params:recognition": MemoryDataset(RecognitionOptions.model_validate(given["recognition"])),
        }
    )


def stages(pipeline: str, catalog: DataCatalog) -> list[list[str]]:
    found = groups(register_pipelines()[pipeline], catalog)
    return [[node.name for node in group] for group in found]


@pytest.mark.parametrize("profile", ["h200", "h100", "a100"])
def test_servers_that_are_told_their_memory_read_beside_layout(profile: str) -> None:
    assert stages("ocr", options(profile)) == [WHOLE]


@pytest.mark.parametrize("profile", ["b200", "l4", "rtx4090"])
def test_servers_that_measure_the_card_wait_for_layout(profile: str) -> None:
    assert stages("ocr", options(profile)) == [WHOLE[:2], WHOLE[2:]]


def test_a_stage_alone_and_a_laptop_run_as_ever() -> None:
    assert stages("layout", options("h200")) == []
    assert stages("transcript", options("h200")) == [WHOLE[3:]], "files are written as transcripts are made"
    assert stages("ocr", options("base")) == []
    assert stages("testsets", options("h200")) == [], "the lane of the test sets"


def test_all_else_of_a_run_is_left_where_it_is() -> None:
    assert stages("__default__", options("h200")) == [WHOLE]


def test_the_error_of_a_stage_is_raised_and_the_others_end() -> None:
    def waits(pages: str) -> str:
        FEEDS.wait(lambda: False)
        return pages

    def fails(source: str) -> str:
        FEEDS.open("ingest", object(), "", {}, ())  # type: ignore[arg-type]
        raise ValueError("a broken page")

    catalog = options("base", overlap=True)
    catalog["source"] = MemoryDataset("a folder")
    made = [
        node(fails, "source", "pages", name="render", namespace="ingest", tags="shards"),
        node(waits, "pages", "regions", name="detect", namespace="layout", tags="shards"),
    ]
    with pytest.raises(ValueError, match="a broken page"):
        StageRunner().run(Pipeline(made), catalog)

"""`kedro run --pipelines prompt_search`: killed again and again, and its collection taken by `fields`."""

from __future__ import annotations

import json
from collections import Counter
from functools import partial
from pathlib import Path

import pandas as pd
import yaml

from ocr_project.testing.fake_vllm import FakeVllm
from tests.bench.prompt_search.test_search import ALONE, FIELDS, Model, fenced, write_set
from tests.whole_job import copy_project, kedro_run, run_and_kill, run_job

SEARCH = ("--pipelines", "prompt_search")


def came(model: Model, wanted: int) -> bool:
    return len(model.asked) >= wanted


def newest(project: Path, name: str) -> Path:
    return max((project / "data").glob(f"0*/{name}/*/{name}"))


def test_a_search_that_is_killed_goes_on_and_its_prompts_are_taken(tmp_path: Path) -> None:
    write_set(tmp_path / "mini", 18)
    project = copy_project(tmp_path / "project")
    model = Model([fenced(f"Say it {number} times, the {{field}}") for number in range(7)] + [fenced(ALONE)])
    with FakeVllm(read=model.read, delay=0.02) as server:
        vllm = {"urls": [server.url], "model": "fake", "crop_workers": 1, "retries": 0, "jpeg_quality": None}
        parameters = {
            "runtime": {"progress": False},
            "fields": {"set": str(tmp_path / "mini"), "backend": "vllm", "vllm": {**vllm, "loops": False}},
            "prompt_search": {
                **{"generator": "vllm", "tries": 8, "search": 4, "select": 5, "report": 6},
                "vllm": {"urls": [server.url], "model": "fake", "retries": 0, "loops": False},
            },
        }
        (project / "conf/local/parameters.yml").write_text(yaml.safe_dump(parameters))
        for wanted in (10, 35, 55):
            before = len(model.asked)
            assert run_and_kill(project, kedro_run((), SEARCH), when=partial(came, model, wanted))
            assert len(model.asked) >= max(before, wanted)
        done = run_job(project, arguments=SEARCH)
        assert done.code == 0, done.output
        asked = Counter(model.asked)
        collection = newest(project, "prompt_collection") / "prompts.csv"
        fields = run_job(project, f"fields.prompts={collection}", arguments=("--pipelines", "fields"))
        assert fields.code == 0, fields.output

    assert "2 fields: at most 16 proposals of the generator and" in done.output
    twice = sum(count - 1 for count in asked.values())
    assert twice <= 3 * 9, "of each kill what was in flight, and a part has nine documents at most"
    assert max(Counter(model.shown).values()) <= 2
    table = pd.read_csv(newest(project, "prompt_table.csv"))
    assert list(table["field"]) == [*FIELDS, "all"]
    assert list(table["tried"]) == [8, 8, 16]
    assert list(table["report"]) == [0.0, 0.0, 0.0]
    assert newest(project, "prompt.html").read_text().count('class="chosen"') == len(FIELDS)
    metrics = json.loads((project / "data/08_reporting/prompt_search_metrics.json").read_text())
    assert metrics["chosen"] == 2
    assert metrics["questions_asked"] < metrics["most_questions"]


def test_a_set_that_is_too_small_is_refused_before_anything_starts(tmp_path: Path) -> None:
    write_set(tmp_path / "mini", 6)
    project = copy_project(tmp_path / "project")
    with FakeVllm() as server:
        done = run_job(
            project,
            f"fields.set={tmp_path / 'mini'},fields.backend=vllm,fields.vllm.urls={server.url}",
            arguments=SEARCH,
        )
    assert done.code == 2, done.output
    assert "card has 6 documents: 30 of each type are needed" in done.output
    assert server.requests == 0

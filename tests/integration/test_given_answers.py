"""Answers that are there already, scored by the lane of the test sets: a folder of one's own."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from PIL import Image

from ocr_project.engine.recognition.given import NOT_READ
from tests.whole_job import copy_project, run_job

PAGE = "# Title\n\nText of {}\n\n<table><tr><td>1</td></tr></table>"


def test_given_answers_are_scored_and_missing_ones_are_apart(tmp_path: Path) -> None:
    project = copy_project(tmp_path / "project")
    mine, answers = tmp_path / "mine", tmp_path / "answers/mine"
    mine.mkdir()
    answers.mkdir(parents=True)
    for name in "abc":
        Image.new("RGB", (200, 100), "white").save(mine / f"{name}.png")
        (mine / f"{name}.gt.md").write_text(PAGE.format(name))
    (mine / "c.key.json").write_text('{"total": "9.00"}')
    (answers / "a.md").write_text(PAGE.format("a"))
    (answers / "b.md").write_text("# Title")
    (answers / "c.key.json").write_text('{"total": "9.00"}')
    given = ("layout.backend=whole_page", "recognition.backend=given", f"recognition.given.folder={tmp_path}/answers")
    common = (f"testsets.sets={mine}", "runtime.progress=false")
    done = run_job(project, *common, *given, arguments=("--pipelines", "testsets"))
    assert done.code == 0, done.output
    found = pd.read_parquet(max((project / "data/07_model_output/testset_scores.parquet").glob("*/*.parquet")))
    failed = found[found["status"] == "failed"]
    assert len(set(failed["item_id"])) == 1, "c has no answer for its page"
    assert all(failed["reason"].str.startswith(NOT_READ))
    nids = found[(found["metric"] == "nid/official") & (found["status"] == "ok")]["numerator"]
    assert sorted(nids)[-1] == 1
    assert sorted(nids)[0] < 1
    assert set(found[found["metric"] == "kie_f1/official"]["numerator"]) == {2}

    refused = run_job(project, *common, *given[1:], "layout.backend=opencv", arguments=("--pipelines", "testsets"))
    assert refused.code == 2
    assert "set layout.backend=whole_page" in refused.output

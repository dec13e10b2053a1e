"""`kedro run --pipelines fields`, as a user runs it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd

from ocr_project.testing.fake_vllm import FakeVllm
from tests.bench.fields.sets import asked_of, read_right, write_prompts, write_set
from tests.whole_job import copy_project, run_job

FIELDS = ("--pipelines", "fields")


def test_answers_scores_and_files_of_a_run(tmp_path: Path) -> None:
    project = copy_project(tmp_path / "project", mlflow=True)
    root, prompts = write_set(tmp_path / "demo_mini", 6), write_prompts(tmp_path / "prompts.csv")
    sick = True

    def fault(number: int, body: Mapping[str, Any]) -> str | None:
        return "500" if sick and "Пол" in asked_of(body)[1] else None

    common = (f"fields.set={root}", f"fields.prompts={prompts}", "runtime.progress=false", "fields.backend=vllm")
    with FakeVllm(read=read_right, faults=fault, model="Qwen/Qwen2-VL-2B-Instruct") as server:
        urls = (f"fields.vllm.urls={server.url}", "fields.vllm.retries=0", "fields.vllm.crop_workers=1")
        some = run_job(project, *common, *urls, arguments=FIELDS)
        sick, before = False, server.requests
        done = run_job(project, *common, *urls, arguments=FIELDS)
        asked_again = server.requests - before
    assert some.code == 3, some.output
    assert done.code == 0, done.output
    assert asked_again == 18, "each image has one question that failed by circumstance"
    assert "passport Фамилия" in done.output
    assert "100.00%" in done.output

    newest = sorted((project / "data/08_reporting/vlmhyperbench/ModelsAnswers").iterdir())[-1]
    assert newest.name.startswith("demo_mini_URL_Qwen2-VL-2B-Instruct_VQA_answers_")
    assert pd.read_csv(newest, sep=";", encoding="utf-8-sig")["id"].tolist() == list(range(18))
    assert len(list((project / "data/08_reporting/vlmhyperbench/ModelsMetrics").iterdir())) == 8, "of both runs"
    measured = json.loads((project / "data/08_reporting/fields_metrics.json").read_text())
    assert measured["cer.official"] == 0.0
    assert measured["questions"] == 18
    assert measured["failed"] == 0
    assert measured["question_seconds.p50"] > 0
    (run, *_) = mlflow.search_runs(search_all_experiments=True, output_format="list")
    assert run.data.metrics["fields.exact"] == 1.0
    assert run.data.params["fields.backend"] == "vllm"


def test_what_cannot_be_asked_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    project = copy_project(tmp_path / "project")
    root = write_set(tmp_path / "demo", 2)
    text = (root / "annotation.csv").read_text(encoding="utf-8").replace("images/2.png", "images/9.png")
    (root / "annotation.csv").write_text(text, encoding="utf-8")
    refused = run_job(project, f"fields.set={root}", arguments=FIELDS)
    assert refused.code == 2
    assert "line 5, column image_path: there is no image images/9.png" in refused.output
    assert "Traceback" not in refused.output
    assert not (project / "data/07_model_output").exists()

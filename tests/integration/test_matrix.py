"""`kedro run --pipelines matrix` as a user runs it: refused whole, going on after kill -9, MLflow, the report."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
import time
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import yaml

from ocr_project.cli.launch.work import launches
from ocr_project.testing.fake_vllm import FakeVllm
from tests.bench.matrix.small_set import FIELDS, reader, write_set
from tests.effort import AT_NIGHT
from tests.whole_job import copy_project, kedro_run, run_command, run_job, running

MATRIX = ("--pipelines", "matrix")
KILLS = 10 if AT_NIGHT else 3


@pytest.fixture
def project(tmp_path: Path) -> Path:
    found = copy_project(tmp_path / "project", mlflow=True)
    write_set(found / "Datasets/VQA/small", documents=12, kinds=2)
    local = {"fields": {"vllm": {"retries": 0, "patience_seconds": 1, "crop_workers": 1}}}
    (found / "conf/local/parameters.yml").write_text(yaml.safe_dump(local))
    return found


def write_runs(project: Path, rows: str) -> str:
    (project / "user_config.csv").write_text("dataset;framework;model;url;pixels\n" + rows)
    return "matrix.runs=user_config.csv"


def newest(project: Path, name: str) -> Path:
    return max((project / "data/08_reporting" / name).glob(f"*/{name}"))


def test_from_user_config_to_tables_report_and_mlflow(project: Path, tracking_store: Path) -> None:
    with FakeVllm(model="good", read=reader()) as good, FakeVllm(model="bad", read=reader(wrong=1)) as bad:
        rows = f"small;SGLang;good;{good.url};\nsmall;vLLM;bad;{bad.url};400000\nsmall;vLLM;bad;{bad.url};100000\n"
        runs = write_runs(project, rows + "small;URL;away;http://127.0.0.1:9;\n")
        done = run_job(project, runs, "matrix.resamples=500", arguments=MATRIX)
        asked = good.requests + bad.requests
        again = run_job(project, runs, "matrix.resamples=500", "matrix.language=ru", arguments=MATRIX)
        assert good.requests + bad.requests == asked, "what is complete is not asked again"
    assert done.code == again.code == 3, done.output  # one of the runs failed
    assert "● good, SGLang" in done.output
    assert "    failed  away, URL: no server has answered" in done.output
    table = pd.read_csv(newest(project, "matrix_table.csv"))
    assert list(table["status"] == "ok") == [True, True, True, False]
    assert "no server has answered" in table["status"][3]
    assert table["cer"][0] < table["cer"][1]
    assert list(table["rank"][:3]) == ["best", "worse", "worse"]
    assert len(pd.read_csv(newest(project, "matrix_pair_table.csv"))) == 3
    resolutions = pd.read_csv(newest(project, "resolution_table.csv"))
    assert set(resolutions[resolutions["chosen"]]["pixels"]) == {100_000}, "both read the same"
    assert "Сравнение моделей" in newest(project, "matrix.html").read_text(encoding="utf-8")
    answers = list((project / "data/07_model_output/matrix").glob("*/vlmhyperbench/ModelsAnswers/*.csv"))
    assert len(answers) == 3
    assert answers[0].read_text(encoding="utf-8-sig").startswith("id;model_answer;")
    assert list(nested_runs(tracking_store).values()).count(4) == 2, "a run for each cell, below that of its matrix"


@pytest.mark.slow
def test_a_launch_shares_the_runs_and_its_last_run_makes_the_tables(project: Path) -> None:
    with FakeVllm(model="good", read=reader(), delay=0.02) as good:
        rows = "".join(f"small;SGLang;good;{good.url};{pixels}\n" for pixels in (400_000, 300_000, 200_000, 100_000))
        params = f"{write_runs(project, rows)},matrix.resamples=500"
        command = ("launch", "local", "--workers", "2", "--pipelines", "matrix", "--params", params)
        done = run_command(project, sys.executable, "-m", "kedro", *command)
        assert good.most_in_flight <= 2 * 32
    assert done.code == 0, done.output
    (folder,) = launches(project / "data")
    assert len(list(folder.glob("claims/matrix-*/*.done"))) == 4
    assert len({path.read_text() for path in folder.glob("claims/matrix-*/*.done")}) == 2, "both workers had a part"
    table = pd.read_csv(newest(project, "matrix_table.csv"))
    assert list(table["status"]) == ["ok"] * 4
    status = run_command(project, sys.executable, "-m", "kedro", "launch", "status")
    assert "matrix  4 of 4 shards  4 of 4 runs" in status.output


def nested_runs(database: Path) -> Counter[str]:
    """Count the MLflow runs below each run."""
    with sqlite3.connect(database) as connection:
        found = connection.execute("SELECT value FROM tags WHERE key = 'mlflow.parentRunId'").fetchall()
    return Counter(parent for (parent,) in found)


def test_everything_wrong_is_refused_before_anything_is_asked(project: Path) -> None:
    with FakeVllm(model="good", read=reader()) as good:
        runs = write_runs(project, f"small;SGLang;good;{good.url};\nnowhere;SGLang;good;{good.url};12\n")
        done = run_job(project, runs, arguments=MATRIX)
        assert good.requests == 0
    assert done.code == 2
    assert "row 3, column dataset: there is no folder" in done.output
    assert "row 3, column pixels: '12' is not a number of pixels" in done.output


def test_the_lowest_resolution_that_is_enough(project: Path) -> None:
    def blurred(image: bytes, prompt: str, body: object) -> str:
        """Read badly what has fewer than 50,000 pixels; the images have 120,000."""
        height, width = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_GRAYSCALE).shape
        return reader(wrong=0 if height * width > 50_000 else 1)(image, prompt, {})

    with FakeVllm(model="good", read=blurred) as good:
        runs = write_runs(project, f"small;SGLang;good;{good.url};\n")
        few = run_job(project, runs, "matrix.pixels=100000", arguments=("--pipelines", "resolution"))
        params = (runs, "matrix.pixels=120000+60000+30000", "matrix.resamples=500")
        done = run_job(project, *params, arguments=("--pipelines", "resolution"))
    assert few.code == 2
    assert "matrix.pixels=100000: two resolutions or more are compared" in few.output
    assert done.code == 0, done.output
    table = pd.read_csv(newest(project, "resolution_table.csv"))
    whole = table[table["doc_type"] == "all"]
    assert list(whole["pixels"]) == [120_000, 60_000, 30_000]
    assert list(whole["verdict"]) == ["fine", "fine", "worse"]
    assert list(whole["chosen"]) == [False, True, False]


def test_kill_9_again_and_again_and_nothing_is_asked_twice_but_what_was_in_flight(project: Path) -> None:
    with FakeVllm(model="good", read=reader(), delay=0.15) as good:
        rows = f"small;SGLang;good;{good.url};\nsmall;vLLM;good;{good.url};\n"
        params = (write_runs(project, rows), "matrix.clock=single", "matrix.resamples=500", "runtime.mlflow=false")
        for kill in range(KILLS):
            before = good.requests
            with running(project, *kedro_run(params, MATRIX)) as (process, log):
                deadline = time.monotonic() + 60
                while good.requests < before + 4 + kill and time.monotonic() < deadline and process.poll() is None:
                    time.sleep(0.01)
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
                assert good.requests > before, log.read_text()
        done = run_job(project, *params, arguments=MATRIX)
    assert done.code == 0, done.output
    warm = 2 * 2 * (KILLS + 1)  # two to warm up for each start of each run
    questions = 2 * 12 * len(FIELDS)
    assert questions <= good.requests <= questions + warm + KILLS, "one question is in flight at a kill"
    table = pd.read_csv(newest(project, "matrix_table.csv"))
    assert list(table["questions"]) == [36, 36]
    assert list(table["missing"]) == [0, 0]
    for path in (project / "data/07_model_output/matrix").glob("*/answers.jsonl"):
        ids = [answer["question_id"] for line in path.read_text().splitlines()
               for answer in json.loads(line).get("answers", ())]  # fmt: skip
        assert len(ids) == len(set(ids)) == 36, "no answer was asked for a second time once it was kept"

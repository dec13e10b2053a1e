"""Runs against a server that speaks vLLM's protocol: results, rows of failures, and going on after a kill."""

from __future__ import annotations

import dataclasses
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ocr_project.bench.matrix import launching
from ocr_project.bench.matrix.judging import compare_matrix
from ocr_project.bench.matrix.launching import run_locally
from ocr_project.bench.matrix.performing import Common, perform
from ocr_project.bench.matrix.plan import MatrixRun, fields_of, plan_runs
from ocr_project.bench.matrix.results import RunFacts, read_matrix, write_matrix
from ocr_project.bench.matrix.user_config import read_user_config
from ocr_project.cli.launch.status import progress
from ocr_project.cli.launch.work import Launch
from ocr_project.domain.errors import BackendError, OptionError, StorageError
from ocr_project.domain.options import FieldsOptions, RuntimeOptions
from ocr_project.domain.options.matrix import Clock, MatrixOptions
from ocr_project.testing.fake_vllm import FakeVllm
from tests.bench.matrix.small_set import FIELDS, reader, write_set
from tests.waiting import wait_for

HEAD = "dataset;framework;model;url;pixels\n"
FAST = FieldsOptions.model_validate({"vllm": {"retries": 0, "patience_seconds": 1, "crop_workers": 1}})


@pytest.fixture
def home(tmp_path: Path) -> Path:
    write_set(tmp_path / "Datasets/VQA/small")
    return tmp_path


def planned(home: Path, rows: str, **options: object) -> tuple[list[MatrixRun], Common]:
    path = home / "user_config.csv"
    path.write_text(HEAD + rows, encoding="utf-8")
    given = MatrixOptions.model_validate(options)
    runs = plan_runs(path, read_user_config(path, given), given, FAST)
    return runs, Common(home / "runs", given, RuntimeOptions(progress=False))


def test_a_run_is_asked_scored_and_timed(home: Path) -> None:
    with FakeVllm(model="a/fake", read=reader(wrong=3)) as server:
        (run,), common = planned(home, f"small;SGLang;a/fake;{server.url};\n")
        facts = perform(run, common)
        asked = server.requests
        again = perform(run, common)
        assert server.requests == asked, "a run that is complete asks nothing"
    assert facts.status == ""
    assert facts == again
    assert asked == 6 * len(FIELDS) + 2, "one more to warm up each of two clients"
    assert (facts.questions, facts.missing) == (18, 0)
    assert facts.cost["single_documents"] == 3
    assert facts.cost["load_documents"] == 3
    assert facts.cost["question_p50"] > 0
    assert facts.cost["documents_per_second"] > 0
    write_matrix(common.home, [run.folder])
    (read,) = read_matrix(common.home)
    exact = read.scores[read.scores["metric"] == "exact"]
    assert exact["numerator"].sum() == 12, "two of six documents are read with a mistake"


def test_one_request_is_in_flight_on_the_single_clock(home: Path) -> None:
    with FakeVllm(model="a/fake", read=reader(), delay=0.02) as server:
        (run,), common = planned(home, f"small;vLLM;a/fake;{server.url};\n", clock="single")
        perform(run, common)
        assert server.most_in_flight == 1
        (run,), common = planned(home, f"small;vLLM;a/fake;{server.url};\n", clock=Clock.LOAD)
        perform(run, Common(home / "other", common.options, common.runtime))
        assert server.most_in_flight > 3


def test_a_server_that_is_away_is_a_row_with_its_reason_and_the_next_start_goes_on(home: Path) -> None:
    with FakeVllm(model="a/fake", read=reader()) as server:
        port = server.port
        (run,), common = planned(home, f"small;URL;a/fake;{server.url};\n")
    facts = perform(run, common)
    assert "http" in facts.status
    with FakeVllm(model="a/fake", read=reader(), port=port):
        assert perform(run, common).status == ""


def test_a_server_that_refuses_everything_is_a_failed_run_and_no_fast_one(home: Path) -> None:
    with FakeVllm(model="a/fake", read=reader(), faults=lambda number, body: "500" if number else None) as server:
        port = server.port
        (run,), common = planned(home, f"small;URL;a/fake;{server.url};\n", clock="load")
        facts = perform(run, common)
    assert "none of 18 questions was answered" in facts.status
    assert facts.cost == {}
    with FakeVllm(model="a/fake", read=reader(), port=port):
        assert perform(run, common).status == "", "and the next start asks again"


def test_what_a_server_refused_has_no_time(home: Path) -> None:
    asked: list[int] = []  # numbers of the requests about surnames, the warm-up's first

    def fault(number: int, body: dict[str, Any]) -> str | None:
        if "surname" in str(body["messages"]):
            asked.append(number)
            return "500" if 2 <= len(asked) <= 3 else None
        return None

    with FakeVllm(model="a/fake", read=reader(), faults=fault) as server:
        port = server.port
        (run,), common = planned(home, f"small;URL;a/fake;{server.url};\n", clock="load")
        facts = perform(run, common)
    assert (facts.status, facts.missing) == ("", 2)
    assert facts.cost["load_documents"] == 4
    with FakeVllm(model="a/fake", read=reader(), port=port):
        again = perform(run, common)
    assert (again.missing, again.cost["load_documents"]) == (0, 6)


def test_a_folder_that_cannot_be_written_is_said(home: Path) -> None:
    with FakeVllm(model="a/fake", read=reader()) as server:
        runs, common = planned(home, f"small;URL;a/fake;{server.url};\n")
        common.home.parent.mkdir(exist_ok=True)
        common.home.write_text("a file stands where the folder has to be")
        with pytest.raises(StorageError, match="cannot be written"):
            run_locally(runs, common)


def test_runs_are_told_apart_by_resolution_prompts_and_server_and_named_by_it(home: Path) -> None:
    rows = "small;SGLang;a/fake;http://a:1;500000\nsmall;vLLM;a/fake;http://a:1;\nsmall;vLLM;a/fake;http://a:1;\n"
    runs, _ = planned(home, rows)
    assert [run.name for run in runs] == ["a/fake, SGLang, 500,000 px", "a/fake, vLLM"], "the third is the second"
    swept, _ = planned(home, "small;vLLM;a/fake;http://a:1;\n", pixels="500000+250000")
    assert [run.asked.pixels for run in swept] == [500_000, 250_000]
    assert len({run.folder for run in (*runs, *swept)}) == 4
    before = swept[0].folder
    annotation = home / "Datasets/VQA/small/annotation.csv"
    annotation.write_text(annotation.read_text().replace("What is", "Which is"))
    assert planned(home, "small;vLLM;a/fake;http://a:1;\n", pixels="500000")[0][0].folder != before


@pytest.mark.parametrize(
    ("differs", "names"),
    [
        ("revision: [r1, r2]", ["a/fake, r1", "a/fake, r2"]),
        ("docker_image: ['x:1', 'x:2']", ["a/fake, x:1", "a/fake, x:2"]),
    ],
)
def test_runs_of_one_entry_have_different_names(home: Path, differs: str, names: list[str]) -> None:
    path = home / "runs.yml"
    path.write_text(f"runs:\n- {{dataset: small, framework: URL, model: a/fake, url: 'http://a:1', {differs}}}\n")
    runs = plan_runs(path, read_user_config(path, MatrixOptions()), MatrixOptions(), FAST)
    assert [run.name for run in runs] == names


def test_collections_that_are_called_alike_are_two_runs_and_two_sweeps(home: Path) -> None:
    for folder, words in (("one", "Read"), ("two", "Say")):
        (home / folder).mkdir()
        rows = [f"{words} the {field};kind0 {field}" for field in FIELDS]
        (home / folder / "p.csv").write_text("\n".join(["prompt;doc_class_question_type", *rows]))
    path = home / "runs.yml"
    with FakeVllm(model="a/fake", read=reader()) as server:
        path.write_text(
            f"runs:\n- {{dataset: small, framework: URL, model: a/fake, url: '{server.url}',"
            " prompt_collection: [one/p.csv, two/p.csv], pixels: [500000, 250000]}\n"
        )
        options = MatrixOptions()
        runs = plan_runs(path, read_user_config(path, options), options, FAST)
        common = Common(home / "runs", options, RuntimeOptions(progress=False))
        for run in runs:
            perform(run, common)
    assert len({run.name for run in runs}) == 4
    write_matrix(common.home, [run.folder for run in runs])
    (found,) = compare_matrix(read_matrix(common.home), options)
    assert found.grid.numerator.shape[1] == 4, "no run stands in the place of another"
    assert [len(members) for members, _ in found.lowest] == [2, 2]


def test_two_sets_of_one_name_are_refused(home: Path) -> None:
    write_set(home / "other/small", documents=4)
    with pytest.raises(OptionError, match=r"row 3, column dataset: .* are two sets of one name"):
        planned(home, "small;URL;a/fake;http://a:1;\nother/small;URL;a/fake;http://a:1;\n")


def test_what_cannot_be_done_is_refused_before_anything_runs(home: Path) -> None:
    (home / "PromptCollections/VQA").mkdir(parents=True)
    (home / "PromptCollections/VQA/some.csv").write_text("prompt;doc_class_question_type\nSay it;kind0 surname\n")
    path = home / "user_config.csv"
    path.write_text("dataset;framework;model;url;prompt_collection\nsmall;vLLM;a/fake;http://a:1;some.csv\n")
    options = MatrixOptions()
    with pytest.raises(OptionError, match=r"row 2, column prompt_collection: no prompt for"):
        plan_runs(path, read_user_config(path, options), options, FAST)


def test_only_evaluate_asks_nothing(home: Path) -> None:
    with FakeVllm(model="a/fake", read=reader()) as server:
        (run,), common = planned(home, f"small;SGLang;a/fake;{server.url};\n")
        perform(run, common)
    (judged,), _ = planned(home, "small;SGLang;a/fake;http://nowhere:1;\n", only_evaluate=True)
    found = perform(judged, common)
    assert found.status == ""
    assert found.questions == 18
    other = dataclasses.replace(common, home=home / "none")
    assert "no answers to evaluate" in perform(judged, other).status


def test_runs_are_done_in_processes_and_one_that_fails_ends_no_other(home: Path) -> None:
    with FakeVllm(model="a/fake", read=reader()) as server, FakeVllm(model="a/bad", read=reader(wrong=1)) as other:
        rows = f"small;SGLang;a/fake;{server.url};\nsmall;SGLang;a/none;http://127.0.0.1:9;\n"
        runs, common = planned(home, rows + f"small;SGLang;a/bad;{other.url};\n", gpus="0+1")
        facts = run_locally(runs, common)
    assert [bool(one.status) for one in facts] == [False, True, False]
    assert (server.requests, other.requests) == (20, 20)


def test_a_worker_that_sees_one_card_does_no_run_on_another(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    rows = "".join(f"small;SGLang;a/none;http://127.0.0.1:9;{pixels}\n" for pixels in (200_000, 100_000))
    runs, common = planned(home, rows, gpus="0+1")
    with pytest.raises(BackendError, match=r"matrix\.gpus names GPU 1, but CUDA_VISIBLE_DEVICES=1 shows 1"):
        run_locally(runs, common)


def test_workers_of_a_launch_do_each_run_once_and_one_at_a_time(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    perform_in_process, begun = launching._Worker.perform, set[int]()

    def perform_when_both_have_a_run(worker: launching._Worker, run: MatrixRun, common: Common) -> RunFacts:
        begun.add(threading.get_ident())
        wait_for(lambda: len(begun) >= 2)
        return perform_in_process(worker, run, common)

    monkeypatch.setattr(launching._Worker, "perform", perform_when_both_have_a_run)
    with FakeVllm(model="a/fake", read=reader()) as server:
        rows = "".join(
            f"small;SGLang;a/fake;{server.url};{pixels}\n" for pixels in (400_000, 300_000, 200_000, 100_000)
        )
        runs, common = planned(home, rows, clock="single")
        shared = dataclasses.replace(common, runtime=RuntimeOptions(progress=False, launch=home / "launch"))
        with ThreadPoolExecutor(2) as workers:
            parts = [part.result() for part in [workers.submit(run_locally, runs, shared) for _ in range(2)]]
        asked = server.requests
        assert all(parts), "both had a part of it"
        assert sorted(one.folder for part in parts for one in part) == sorted(run.folder for run in runs)
        closing = run_locally(runs, common)
        assert server.requests == asked, "what workers did is not done again"
    assert [one.folder for one in closing] == [run.folder for run in runs]
    assert not any(one.status for one in closing)
    (stage,) = progress(Launch(str(home / "launch"), "matrix", "", "", 2, ()), time.time())
    assert (stage.stage, stage.shards, stage.of_shards, stage.unit) == ("matrix", 4, 4, "runs")


def test_a_slice_of_a_matrix_is_a_part_of_its_runs(home: Path) -> None:
    with FakeVllm(model="a/fake", read=reader()) as server:
        rows = "".join(f"small;URL;a/fake;{server.url};{pixels}\n" for pixels in (400_000, 100_000))
        runs, common = planned(home, rows, clock="load")
        parts = []
        for part in ("0/2", "1/2"):
            runtime = RuntimeOptions.model_validate({"progress": False, "slice": part})
            parts += run_locally(runs, dataclasses.replace(common, runtime=runtime))
    assert sorted(one.folder for one in parts) == sorted(run.folder for run in runs)


def test_a_model_in_the_process_does_not_wait_for_a_batch_on_the_single_clock(home: Path) -> None:
    path = home / "user_config.csv"
    path.write_text("dataset;framework;model\nsmall;Hugging Face;a/model\n")
    for clock, waits in (("single", False), ("both", False), ("load", True)):
        options = MatrixOptions.model_validate({"clock": clock})
        (asked,) = read_user_config(path, options)
        found = fields_of(asked, options, FAST).transformers
        assert (found.model, bool(found.wait_seconds)) == ("a/model", waits)


def test_random_weights_in_this_process_are_said_of_the_run(home: Path, tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    (tmp_path / "model").mkdir()
    (tmp_path / "model/config.json").write_text('{"model_type": "qwen2_vl"}', encoding="utf-8")
    path = home / "user_config.csv"
    path.write_text(f"dataset;framework;model\nsmall;Hugging Face;{tmp_path / 'model'}\n", encoding="utf-8")
    options = MatrixOptions()
    asked = read_user_config(path, options)
    told = []
    for dummy in (False, True):
        fields = FieldsOptions.model_validate({"transformers": {"dialect": "chat", "dummy_weights": dummy}})
        told += plan_runs(path, asked, options, fields)
    assert [run.dummy for run in told] == [False, True]
    assert told[0].folder != told[1].folder

"""What a launch is made of, and what is said of one that is on its way."""

from __future__ import annotations

import os
import pickle
import shutil
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from kedro.framework.startup import bootstrap_project

from ocr_project.cli.launch import commands, local
from ocr_project.cli.launch.clean import clean, remove_what_is_left
from ocr_project.cli.launch.commands import status_of
from ocr_project.cli.launch.local import cards_of_worker, check_workers, run_workers
from ocr_project.cli.launch.status import lines, progress
from ocr_project.cli.launch.work import Launch, Place, begin, launches, opening_nodes, read, shown, write
from ocr_project.domain.errors import BackendError, OptionError, StorageError
from ocr_project.storage.claims import Claims, Worker
from tests.fake_nvml import FakeGpu, FakeNvml
from tests.waiting import PATIENCE
from tests.whole_job import ROOT


@pytest.fixture(scope="module", autouse=True)
def project() -> None:
    bootstrap_project(ROOT)


def test_documents_are_listed_before_the_workers_and_nothing_else() -> None:
    assert opening_nodes("ocr") == ("ingest.list_documents",)
    assert opening_nodes("__default__") == ("ingest.list_documents",)
    assert opening_nodes("layout,recognition") == ()
    assert opening_nodes("testsets") == ()


def test_runs_of_a_matrix_are_shared_and_each_worker_has_a_gpu_for_itself(tmp_path: Path) -> None:
    assert opening_nodes("matrix") == opening_nodes("resolution") == ()
    made = begin(Place(ROOT, tmp_path), "matrix", None, "", 3)
    check_workers(made, 3)
    check_workers(made, 0)
    check_workers(begin(Place(ROOT, tmp_path), "ocr", None, "", 3), 2)
    with pytest.raises(OptionError, match=r"3 workers on 2 GPUs: matrix times its runs.*--workers 2"):
        check_workers(made, 2)


def test_a_command_that_is_killed_is_named() -> None:
    assert status_of((sys.executable, "-c", "raise SystemExit(3)"), "the closing run") == 3
    with pytest.raises(BackendError, match=r"the closing run was killed by signal 9.*launch again"):
        status_of((sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"), "the closing run")


def test_a_worker_that_ends_while_it_is_looked_at_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Ends(SimpleNamespace):
        returncode, looks = 3, 0

        def poll(self) -> int | None:
            self.looks += 1
            return None if self.looks == 1 else self.returncode

        def wait(self, seconds: float) -> int:
            return self.returncode

    made = begin(Place(ROOT, tmp_path), "ocr", None, "", 2)
    monkeypatch.setattr(local.subprocess, "Popen", lambda *given, **more: Ends())
    assert run_workers(made) == [3, 3]


def test_a_launch_whose_folder_is_gone_or_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"file/\.launches/.* cannot be written"):
        begin(Place(ROOT, tmp_path / "file"), "layout", None, "", 1)
    made = begin(Place(ROOT, tmp_path), "layout", None, "", 1)
    shutil.rmtree(tmp_path / ".launches")
    for ask in (made.wait_until_over, lambda: list(lines(made)), lambda: run_workers(made)):
        with pytest.raises(StorageError, match=rf"{made.folder}/.* cannot be written: No such file"):
            ask()


def test_a_launch_that_is_removed_during_its_last_run_has_ended_as_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = begin(Place(ROOT, tmp_path), "layout", None, "", 1)

    def closing_run(command: Sequence[str], what: str) -> int:
        shutil.rmtree(made.folder)
        return 3

    monkeypatch.setattr(commands, "status_of", closing_run)
    assert commands._close(made) == 3
    assert launches(tmp_path) == []


def test_what_does_not_work_by_shards_is_not_launched() -> None:
    with pytest.raises(OptionError, match="does not work by shards"):
        opening_nodes("publish")


def test_a_misspelt_pipeline_is_named() -> None:
    with pytest.raises(OptionError, match=r"no pipeline `ocrr`.*`ocr`"):
        opening_nodes("ocrr")


@pytest.mark.parametrize(
    ("visible", "workers", "each"),
    [
        (None, 2, ["0", "1"]),
        (None, 1, ["0,1"]),
        ("1", 2, ["1", "1"]),
        ("GPU-1,GPU-0", 2, ["GPU-1", "GPU-0"]),
        ("MIG-a,MIG-b", 2, ["MIG-a", "MIG-b"]),
        ("", 2, [None, None]),
    ],
)
def test_each_worker_sees_its_own_cards(
    visible: str | None, workers: int, each: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(FakeGpu(), FakeGpu()))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert [cards_of_worker(one, workers).get("CUDA_VISIBLE_DEVICES") for one in range(workers)] == each


def test_the_three_commands(tmp_path: Path) -> None:
    made = begin(Place(ROOT, tmp_path), "ocr", "h200", "ingest.limit=8", 4)
    assert read(launches(tmp_path)[-1]) == made
    worker = shown(made.worker_command("runtime.workers=2"))
    assert worker == (
        f"kedro run --pipelines ocr --tags shards --env h200 --params ingest.limit=8,runtime.launch={made.folder},"
        "runtime.progress=false,runtime.workers=2"
    )
    assert shown(made.opening_command()).endswith("--nodes ingest.list_documents --env h200 --params ingest.limit=8")
    assert shown(made.command()) == "kedro run --pipelines ocr --env h200 --params ingest.limit=8"
    assert shown(made.closing_command()) == f"{shown(made.command())},runtime.closes={made.folder}"


def test_speed_and_time_left(tmp_path: Path) -> None:
    launch = Launch(str(tmp_path), "ocr", "", "", 2, ())
    worker = Worker(tmp_path, 60)
    claims = Claims(worker, "lineage")
    claims.announce("layout", {"a": 600, "b": 600, "c": 1200})
    now = worker.now()
    _age(tmp_path / "claims" / "lineage" / "plan.json", now - 100)
    claims.finish("a")
    claims.finish("b")
    (stage,) = progress(launch, now)
    assert (stage.shards, stage.of_shards, stage.pages, stage.of_pages) == (2, 3, 1200, 2400)
    assert stage.pages_per_second == pytest.approx(12, rel=0.01)
    assert stage.seconds_left == pytest.approx(100, rel=0.01)


def test_speed_is_that_of_the_last_ten_minutes(tmp_path: Path) -> None:
    claims = Claims(Worker(tmp_path, 60), "lineage")
    claims.announce("layout", {"a": 90_000, "b": 600, "c": 1})
    now = time.time()
    _age(tmp_path / "claims" / "lineage" / "plan.json", now - 9000)
    claims.finish("a")
    _age(tmp_path / "claims" / "lineage" / "a.done", now - 5000)
    claims.finish("b")
    (stage,) = progress(Launch(str(tmp_path), "ocr", "", "", 2, ()), now)
    assert stage.pages_per_second == pytest.approx(1.0)


def test_lost_and_failed_workers_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workers = []
    for number in range(4):
        monkeypatch.setenv("OCR_PROJECT_JOB", f"worker-{number}.log")
        workers.append(Worker(tmp_path, 60))
    workers[0].end("done")
    workers[1].end("failed")
    lost = tmp_path / "workers" / f"{workers[2].info.name}.json"
    _age(lost, time.time() - 630)
    said = "\n".join(lines(Launch(str(tmp_path), "ocr", "", "", 4, ())))
    assert "1 at work, 1 done, 1 failed, 1 lost" in said
    assert f"{workers[2].info.name}, last seen 0:10:" in said
    assert f"{workers[1].info.name}: see its log, {tmp_path}/logs/worker-1.log" in said


def test_a_job_that_failed_before_it_was_a_worker_is_named(tmp_path: Path) -> None:
    for number, outcome in enumerate([("success", ""), ("error", "Traceback …\nFailedJobError: no such image\n")]):
        folder = tmp_path / "logs" / f"7_{number}"
        folder.mkdir(parents=True)
        (folder / f"7_{number}_0_result.pkl").write_bytes(pickle.dumps(outcome))
    said = list(lines(Launch(str(tmp_path), "ocr", "", "", 2, (), job="7")))
    assert said[-1].split(maxsplit=1) == ["failed", f"{tmp_path}/logs/7_1: FailedJobError: no such image"]
    assert len([line for line in said if "failed" in line.split()[0]]) == 1


def test_a_launch_is_over_when_its_killed_workers_are_past_their_lease(tmp_path: Path) -> None:
    """They may be of other machines, where no lock tells that they are gone: the closing run would be refused."""
    launch = Launch(str(tmp_path), "ocr", "", "", 2, ())
    killed = Worker(tmp_path, 60)
    killed._ended.set()  # no further sign of life, and no word of an end
    with ThreadPoolExecutor(1) as pool:
        over = pool.submit(launch.wait_until_over)
        assert not wait([over], 0.2).done
        _age(tmp_path / "workers" / f"{killed.info.name}.json", time.time() - 61)
        over.result(PATIENCE)
    assert launch.close_command()[1:] == ["-m", "kedro", "launch", "close", str(tmp_path)]


def test_a_launch_that_is_over_is_removed_and_one_that_lives_is_not(tmp_path: Path) -> None:
    first, second, third, fourth = (begin(Place(ROOT, tmp_path), "layout", None, "", 1) for _ in range(4))
    worker = Worker(Path(first.folder), 60)
    write(replace(first, closed=True))  # a job that Slurm queued anew may begin when all seems to be over
    Worker(Path(second.folder), 60).end("done")
    write(replace(second, closed=True))
    Worker(Path(third.folder), 60).end("failed")
    for path in Path(fourth.folder).rglob("*"):
        _age(path, time.time() - 8 * 86_400)
    said = dict(clean(Path(one.folder), days=7).split(": ", 1) for one in (first, second, third, fourth))
    assert said == {
        Path(first.folder).name: "kept, 1 workers are at work",
        Path(second.folder).name: "removed",
        Path(third.folder).name: "kept, its last run has not ended; it is removed 7 days after it was last heard of",
        Path(fourth.folder).name: "removed",
    }
    assert [read(path) for path in launches(tmp_path)] == sorted(
        (replace(first, closed=True), third), key=lambda one: one.folder
    )
    assert list((tmp_path / ".launches").glob(".*")) == []
    worker.end("done")
    assert clean(Path(first.folder), days=7).endswith("removed")


def test_a_removal_that_was_interrupted_is_no_launch_and_the_next_one_finishes_it(tmp_path: Path) -> None:
    left = Path(begin(Place(ROOT, tmp_path), "layout", None, "", 1).folder)
    left.rename(left.with_name(f".removed-{left.name}"))
    kept = begin(Place(ROOT, tmp_path), "layout", None, "", 1)
    assert launches(tmp_path) == [Path(kept.folder)]
    remove_what_is_left(tmp_path)
    assert [path.name for path in (tmp_path / ".launches").iterdir()] == [Path(kept.folder).name]


def test_a_launch_whose_jobs_wait_in_slurm_is_not_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = begin(Place(ROOT, tmp_path), "layout", None, "", 2)
    write(replace(made, job="7"))
    squeue = tmp_path / "bin" / "squeue"
    squeue.parent.mkdir()
    monkeypatch.setenv("PATH", str(squeue.parent), prepend=":")
    for script, said in (
        ("echo PENDING; echo PENDING", "kept, job 7 is in the queue: 2 pending"),
        ("echo no connection >&2; exit 1", "kept, its last run has not ended, and Slurm does not answer here"),
        ("echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1", "removed"),
    ):
        squeue.write_text(f"#!/bin/sh\n{script}\n")
        squeue.chmod(0o755)
        assert clean(Path(made.folder), days=0).partition(": ")[2] == said


def _age(path: Path, when: float) -> None:
    os.utime(path, (when, when))

"""The benchmark of the whole command, run: by one run, by a launch, and stopped by its limit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from ocr_project.testing.fake_vllm import EXECUTABLE
from tests.drawn_pages import draw_pages
from tests.whole_job import ROOT

SETTINGS = {
    "ingest": {"shard_pages": 2},
    "layout": {"backend": "whole_page"},
    "recognition": {"backend": "vllm", "vllm": {"crop_workers": 1}},
    "runtime": {"overlap": True, "workers": 1},
}


def measured(folder: Path, *arguments: str, settings: Any = SETTINGS, **more: str) -> dict[str, Any]:
    """Run the benchmark over three drawn pages, repeated, and return its JSON."""
    if not (folder / "drawn").is_dir():
        draw_pages(folder / "drawn", 3)
    given = ["--pages", str(folder / "drawn"), "--env", "local", "--settings", json.dumps(settings)]
    given += ["--folder", str(folder / "work"), "--json", str(folder / "found.json")]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "OMP_THREAD_LIMIT": "1", **more}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.whole_command", *given, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    found: dict[str, Any] = json.loads((folder / "found.json").read_text())
    return found


def test_a_run_reads_the_known_regions_and_tells_what_it_took(tmp_path: Path) -> None:
    (row,) = measured(tmp_path, "--counts", "7", "--fake", "1", "--images")["runs"]
    assert row["pages"] == row["recognition_pages"] == 7
    # a title, 1, 2 or 3 texts, a picture that is not read
    assert row["regions_a_page"] == row["known_regions_a_page"] == round((3 + 4 + 5 + 3 + 4 + 5 + 3) / 7, 3)
    assert row["asked_a_page"] == row["requests_a_page"] == round((2 + 3 + 4 + 2 + 3 + 4 + 2) / 7, 3)
    assert row["regions_as_known"] is True
    assert 0 < row["first_transcript"] <= row["last_transcript"] < row["whole"]
    assert row["stages"]["recognition"]["busy"] == row["recognition_seconds"]
    assert sum(pages for _, _, pages in row["shards_ended"]["transcript"]) == 7
    assert row["middle_by"] == "progress"
    assert not (tmp_path / "work" / "data-0").exists(), "it is put away"


@pytest.mark.slow
def test_a_launch_does_the_same_by_two_workers(tmp_path: Path) -> None:
    found = measured(
        tmp_path, "--counts", "12", "--launch", "12", "--workers", "2", "--fake", "2", "--pace", "8", "--images"
    )
    alone, together = found["runs"]
    assert together["launch"]
    assert together["regions_as_known"] is alone["regions_as_known"] is True
    assert sum(worker["pages"] for worker in together["workers"]) == together["pages"] == 12
    assert together["times_one_card_whole"] > 0


@pytest.mark.slow
def test_the_limit_stops_the_command_and_its_servers(tmp_path: Path) -> None:
    pids, model = tmp_path / "pids", tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text("{}")
    vllm = {**SETTINGS["recognition"]["vllm"], "command": EXECUTABLE}  # type: ignore[dict-item]
    settings = {**SETTINGS, "recognition": {"backend": "vllm", "vllm": vllm}}
    began = time.monotonic()
    found = measured(
        tmp_path, "--counts", "4", "2", "--images", "--model", str(model), "--limit-seconds", "35",
        settings=settings, FAKE_VLLM="never", FAKE_VLLM_PIDS=str(pids),
    )  # fmt: skip
    (row,) = found["runs"]
    assert row["stopped"] is True
    assert row["status"] is None
    assert row["pages"] == 0
    assert found["left_out"] == ["run of 2"]
    assert time.monotonic() - began < 110
    servers = [int(number) for number in pids.read_text().split()] if pids.is_file() else []
    until = time.monotonic() + 20
    while any(map(psutil.pid_exists, servers)):
        assert time.monotonic() < until, "a server is left"
        time.sleep(0.2)

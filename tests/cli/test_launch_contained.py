"""How a run of a launch is started in a container: command lines, for engines that are not here too."""

from __future__ import annotations

import itertools
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ocr_project.cli.launch.contained import commands_of
from ocr_project.cli.launch.work import Launch, shown
from ocr_project.domain.errors import OptionError
from tests.fake_nvml import FakeGpu, FakeNvml

WORK = ("-m", "kedro", "run", "--tags", "shards")


def launch(folder: Path, **options: Any) -> Launch:
    """Return a launch over a project, with data inside of it and a source beside it."""
    for name in ("project/data/.launches/first", "source", "cache"):
        (folder / name).mkdir(parents=True)
    project, source = folder / "project", folder / "source"
    return Launch(
        str(project / "data/.launches/first"),
        "ocr",
        "h200",
        "",
        2,
        (),
        project=str(project),
        data=str(project / "data"),
        source=str(source),
        options={"image": "registry/ocr:1", "user": "7:8", **options},
    )


def pairs(line: tuple[str, ...]) -> list[tuple[str, str]]:
    return list(itertools.pairwise(line))


@pytest.mark.parametrize("engine", ["podman", "docker"])
def test_podman_and_docker_mount_what_is_read_and_written(engine: str, tmp_path: Path) -> None:
    made = launch(tmp_path, container=engine, program=[engine], cache=str(tmp_path / "cache"))
    commands = commands_of(made, WORK, ("3", "GPU-5"), {"SLURM_ARRAY_TASK_ID": "4", "HF_TOKEN": "secret"})
    line = commands.start
    project, source, cache = (str(tmp_path / name) for name in ("project", "source", "cache"))
    for pair in (
        ("--user", "7:8"),
        ("--cap-drop", "ALL"),
        ("--security-opt", "no-new-privileges"),
        ("--network", "host"),
        ("--workdir", project),
        ("--volume", f"{project}:{project}:rw"),
        ("--volume", f"{source}:{source}:ro"),
        ("--volume", f"{cache}:{cache}:rw"),
        ("--env", f"XDG_CACHE_HOME={cache}"),
        ("--env", "SLURM_ARRAY_TASK_ID=4"),
        ("--entrypoint", "/opt/ocr-project/.venv/bin/python"),
        ("--gpus", '"device=3,GPU-5"') if engine == "docker" else ("--device", "nvidia.com/gpu=GPU-5"),
    ):
        assert pair in pairs(line), pair
    assert line.count("--volume") == 3, "the data are in the project"
    assert line[-len(WORK) - 1 :] == ("registry/ocr:1", *WORK)
    assert not [part for part in line if "secret" in part or part.startswith("CUDA")]
    assert commands.stop[-1] == line[line.index("--name") + 1]


def test_in_a_job_that_counts_its_own_cards_docker_is_told_what_the_machine_calls_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slurm's card 0 is the job's first, docker's the machine's: another job's container was on it."""
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(FakeGpu(withheld=True), FakeGpu()))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    made = launch(tmp_path, container="docker", program=["docker"])
    assert ("--gpus", '"device=GPU-1aaa-bbb"') in pairs(commands_of(made, WORK, None, {}).start)
    other = replace(made, options={**made.options, "container": "apptainer"})
    assert ("--env", "CUDA_VISIBLE_DEVICES=0") in pairs(commands_of(other, WORK, None, {}).start)


def test_apptainer_sees_its_gpu_and_nothing_else_of_the_host(tmp_path: Path) -> None:
    made = launch(tmp_path, container="apptainer", program=["apptainer"], image="ocr.sif", arguments=["--fakeroot"])
    line = commands_of(made, WORK, ("1",), {"OMP_THREAD_LIMIT": "1"}).start
    assert line[:6] == ("apptainer", "exec", "--containall", "--no-home", "--no-privs", "--writable-tmpfs")
    source = tmp_path / "source"
    assert {("--pwd", made.project), ("--bind", f"{source}:{source}:ro")} <= set(pairs(line))
    assert {("--env", "CUDA_VISIBLE_DEVICES=1"), ("--env", "OMP_THREAD_LIMIT=1")} <= set(pairs(line))
    assert "--nv" in line
    assert line[-len(WORK) - 3 :] == ("--fakeroot", "ocr.sif", "/opt/ocr-project/.venv/bin/python", *WORK)


def test_charliecloud_gets_mount_points_in_its_image(tmp_path: Path) -> None:
    image = tmp_path / "image"
    image.mkdir()
    made = launch(tmp_path, container="charliecloud", program=["ch-run"], image=str(image))
    line = commands_of(made, WORK, (), {}).start
    assert {f"--cd={made.project}", f"--bind={made.project}:{made.project}", "--unset-env=*"} <= set(line)
    assert (image / made.project.lstrip("/")).is_dir()
    assert (image / made.source.lstrip("/")).is_dir()


def test_a_source_inside_of_the_data_is_mounted_once_and_one_file_as_a_file(tmp_path: Path) -> None:
    made = launch(tmp_path, container="apptainer", program=["apptainer"])
    page = tmp_path / "page.png"
    page.touch()
    binds = [b for a, b in pairs(commands_of(_with(made, source=str(page)), WORK, (), {}).start) if a == "--bind"]
    assert binds == [f"{page}:{page}:ro", f"{made.project}:{made.project}:rw"]
    inside = _with(made, source=f"{made.data}/01_raw")
    assert [b for a, b in pairs(commands_of(inside, WORK, (), {}).start) if a == "--bind"] == binds[1:]
    with pytest.raises(OptionError, match=r"/gone is to be mounted into the container \(launch\), and is not there"):
        commands_of(_with(made, source="/gone"), WORK, (), {})


def test_what_a_launch_calls_is_one_more_kedro_and_shown_without_it(tmp_path: Path) -> None:
    made = launch(tmp_path, container="podman")
    command = made.worker_command()
    begins = [sys.executable, "-m", "kedro", "launch", "contained", made.folder, "-m", "kedro", "run"]
    assert command[: len(begins)] == begins
    assert shown(made.command()) == "kedro run --pipelines ocr --env h200"


@pytest.mark.skipif(os.geteuid() != 0, reason="for root alone")
def test_root_hands_its_run_to_the_owner_of_the_data(tmp_path: Path) -> None:
    made = launch(tmp_path, container="podman", program=["podman"], user=None)
    with pytest.raises(OptionError, match="a container does not run as root"):
        commands_of(made, WORK, (), {})
    os.chown(made.data, 4711, 4712)
    assert ("--user", "4711:4712") in pairs(commands_of(made, WORK, (), {}).start)
    assert Path(made.folder).stat().st_uid == 4711
    job = made.logs / "7_0"
    job.mkdir(parents=True)  # submitit's, where servers of the worker write, too
    commands_of(made, WORK, (), {"SLURM_ARRAY_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": "0"})
    assert (made.logs.stat().st_uid, job.stat().st_uid) == (4711, 4711)


def _with(made: Launch, **changes: Any) -> Launch:
    return replace(made, **changes)

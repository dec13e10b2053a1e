"""Workers of a launch in containers: real ones of podman and charliecloud, without root.

The image is empty, and this machine's Python with its packages is mounted: what is tried is how a run gets into a
container and out of it, not the image (test_image.py).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from ocr_project.cli.launch.work import Launch, launches, write
from ocr_project.storage.claims import workers_of
from tests.container_image import PODMAN, import_into_podman, make_bare_root
from tests.whole_job import QUICK, copy_project, rows, run_command, write_pages

IMAGE = f"localhost/ocr-project-bare:{os.getpid()}"
UNPRIVILEGED = 65534
PIPELINES = "ingest,layout,recognition"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[str, ...]]:
    folder = tmp_path_factory.mktemp("image") / "root"
    return folder, make_bare_root(folder)


@pytest.fixture(scope="module")
def image(root: tuple[Path, tuple[str, ...]]) -> Iterator[str]:
    import_into_podman(root[0], IMAGE)
    yield IMAGE
    subprocess.run(["podman", "rmi", "--force", IMAGE], capture_output=True, check=False)


def make_project(folder: Path, options: Mapping[str, Any], mounts: tuple[str, ...], owner: int = 0) -> Path:
    """Make a project with two pages whose workers run in containers; where we are root, its owner may be another."""
    project = copy_project(folder / "project")
    write_pages(folder / "source", 2)
    common = {
        "python": sys.executable,
        "mounts": list(mounts),
        "environment": {"PATH": "/usr/local/bin:/usr/bin:/bin"},
    }
    settings = {
        "launch": {**common, **options},
        "ingest": {"source": str(folder / "source"), "shard_pages": 1},
        "runtime": {"lease_seconds": 6},
    }
    (project / "conf/local/parameters.yml").write_text(yaml.safe_dump(settings))
    (project / "data").mkdir()
    if os.geteuid() == 0 and owner:
        for path in (project, *project.rglob("*")):
            os.chown(path, owner, owner)
    return project


def launch(project: Path) -> None:
    command = ("-m", "kedro", "launch", "local", "-n", "1", "-p", PIPELINES, "--params", ",".join(QUICK))
    made = run_command(project, sys.executable, *command)
    logs = [path.read_text() for path in project.glob("data/.launches/*/logs/*.log")]
    assert made.code == 0, f"{made.output}\n{logs}"
    assert [row["status"] for row in rows(project, "recognitions")] == ["ok", "ok"]
    (only,) = workers_of(launches(project / "data")[-1])
    assert only.ended == "done"


def contained(folder: Path, program: str, *, owner: int = 0, **options: Any) -> tuple[str, ...]:
    """Return what runs a program in a container as it would run a worker, from any process."""
    for name in ("project", "data", "source"):
        (folder / name).mkdir()
    os.chown(folder / "data", owner or os.geteuid(), owner or os.getegid())
    options = {"python": sys.executable, **options}
    at = {"project": str(folder / "project"), "data": str(folder / "data"), "source": str(folder / "source")}
    made = Launch(str(folder / "data" / ".launches" / "first"), "ocr", "", "", 1, (), options=options, **at)
    write(made)
    start = (
        "import os, sys; from pathlib import Path; from ocr_project.cli.launch import contained, work;"
        "made = work.read(Path(sys.argv[1]));"
        "sys.exit(contained.run(contained.commands_of(made, sys.argv[2:], [], os.environ)))"
    )
    return (sys.executable, "-c", start, made.folder, "-c", program, str(folder))


@pytest.fixture(params=["podman", "charliecloud"])
def engine(request: pytest.FixtureRequest, root: tuple[Path, tuple[str, ...]]) -> dict[str, Any]:
    """Return the options of an engine that is installed."""
    mounts = list(root[1])
    if request.param == "podman":
        image = request.getfixturevalue("image")
        return {
            "container": "podman",
            "image": image,
            "arguments": list(PODMAN),
            "mounts": mounts,
            "owner": UNPRIVILEGED,
        }
    if shutil.which("ch-run") is None:
        pytest.skip("ch-run is not installed: apt-get install charliecloud-runtime")
    return {"container": "charliecloud", "image": str(root[0]), "mounts": mounts}


def test_what_runs_sees_its_folders_and_is_not_root(engine: dict[str, Any], tmp_path: Path) -> None:
    program = (
        "import os, pathlib, sys; place = pathlib.Path(sys.argv[1]); assert pathlib.Path.cwd() == place / 'project';"
        "(place / 'data' / 'made').write_text(f'{os.getuid()} {os.getenv(chr(83))} {os.getenv(chr(84))}');"
        "print(sorted(path.name for path in place.iterdir())); sys.exit(7)"
    )
    (tmp_path / "private").mkdir()
    command = contained(tmp_path, program, environment={"T": "given"}, **engine)
    environment = {**os.environ, "S": "secret", "T": "mine"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 7, done.stderr
    assert done.stdout.strip() == "['data', 'project', 'source']"
    uid = os.geteuid() or UNPRIVILEGED
    assert (tmp_path / "data/made").read_text() == f"{uid} None given"


def test_what_runs_is_gone_with_who_started_it(engine: dict[str, Any], tmp_path: Path) -> None:
    program = (
        "import os, pathlib, signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: os._exit(0));"
        "beat = pathlib.Path(sys.argv[1], 'data', 'beat');"
        "[(beat.write_text(str(n)), time.sleep(0.05)) for n in range(2000)]"
    )
    beat = tmp_path / "data" / "beat"
    with subprocess.Popen(contained(tmp_path, program, **engine)) as process:
        until = time.monotonic() + 30
        while not beat.exists():
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.05)
        process.kill()
    while (last := beat.read_text(), time.sleep(1))[0] != beat.read_text():
        assert time.monotonic() < until, last


@pytest.mark.slow
def test_a_launch_in_containers(engine: dict[str, Any], tmp_path: Path) -> None:
    owner = engine.pop("owner", 0)
    project = make_project(tmp_path, engine, tuple(engine.pop("mounts")), owner)
    launch(project)
    owners = {path.stat().st_uid for path in (project / "data/03_primary").rglob("*.parquet")}
    assert owners == {os.geteuid() or owner}


def test_data_of_root_is_not_written_by_a_container(tmp_path: Path) -> None:
    if os.geteuid():
        pytest.skip("for root alone")
    project = make_project(tmp_path, {"container": "podman", "program": ["podman"]}, ())
    refused = run_command(project, sys.executable, "-m", "kedro", "launch", "local", "--workers", "1")
    assert refused.code == 2, refused.output
    assert "a container does not run as root" in refused.output

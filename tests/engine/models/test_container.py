"""Containers that serve a model: their command lines, and real ones with podman and charliecloud."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from ocr_project.domain.errors import BackendError, OptionError
from ocr_project.domain.options.container import ContainerOptions
from ocr_project.engine.models.served.container import ServedContainer, identify_image
from ocr_project.engine.models.served.container_commands import build_commands
from tests.container_image import PODMAN, PYTHON, import_into_podman, make_root
from tests.fake_nvml import FakeGpu, FakeNvml

SOURCE = Path(__file__).resolve().parents[3] / "src"
SERVE = (PYTHON, "/app/stub.py", "--port", "{port}")
IMAGE = f"localhost/ocr-project-test:{os.getpid()}"


def options(tmp_path: Path, **changes: Any) -> ContainerOptions:
    values: dict[str, Any] = {"logs": tmp_path / "logs", "command": SERVE, "startup_seconds": 60}
    return ContainerOptions(**{**values, **changes})


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_root(tmp_path_factory.mktemp("image") / "root", model="stub", otherwise="an answer")


@pytest.fixture(scope="module")
def image(root: Path) -> Iterator[str]:
    import_into_podman(root, IMAGE)
    yield IMAGE
    subprocess.run(["podman", "rmi", "--force", IMAGE], capture_output=True, check=False)


@pytest.fixture
def charliecloud(root: Path) -> Path:
    if shutil.which("ch-run") is None:
        pytest.skip("ch-run is not installed: apt-get install charliecloud-runtime")
    return root


def named(image: str) -> list[str]:
    listed = subprocess.run(
        ["podman", "ps", "--all", "--filter", f"ancestor={image}", "--format", "{{.Names}}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return listed.stdout.split()


def wait_until(true: Callable[[], bool], seconds: float = 40.0) -> bool:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def serving(root: Path) -> list[int]:
    """Return the processes that serve out of a folder: their executable lies in it."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (
                    b"/app/stub.py" in (entry / "cmdline").read_bytes()
                    and b"ch-run" not in (entry / "cmdline").read_bytes()
                ):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def test_podman_is_started_without_root_and_reached_by_this_machine_alone(tmp_path: Path) -> None:
    cache = tmp_path / "hub"
    cache.mkdir()
    chosen = options(
        tmp_path,
        engine="podman",
        program=("podman",),
        gpus=(0, "GPU-5"),
        cache=cache,
        mounts=(f"{tmp_path}:/data:rw",),
        environment={"A": "b c"},
        arguments=("--runtime=runc",),
        user="7:8",
        port=8000,
    )
    made = build_commands("registry/qwen:1", "ocr-project-x", 18000, chosen)
    line = list(made.start)
    assert line[:5] == ["podman", "run", "--rm", "--name", "ocr-project-x"]
    for pair in (
        ("--cap-drop", "ALL"),
        ("--security-opt", "no-new-privileges"),
        ("--user", "7:8"),
        ("--publish", "127.0.0.1:18000:8000"),
        ("--device", "nvidia.com/gpu=0"),
        ("--device", "nvidia.com/gpu=GPU-5"),
        ("--volume", f"{cache}:/models:ro"),
        ("--volume", f"{tmp_path}:/data:rw"),
        ("--env", "HF_HOME=/models"),
        ("--env", "A=b c"),
        ("--pull", "never"),
    ):
        assert pair in list(itertools.pairwise(line)), pair
    assert line[-6:] == ["--runtime=runc", "registry/qwen:1", *SERVE[:3], "8000"]
    assert made.stop[-1] == "ocr-project-x"
    assert "--force" in made.stop


def test_docker_names_its_gpus_as_its_own_parser_wants_them(tmp_path: Path) -> None:
    chosen = options(tmp_path, engine="docker", program=("docker",), gpus=("0", "1"), network="host")
    line = list(build_commands("image", "name", 18000, chosen).start)
    assert line[line.index("--gpus") + 1] == '"device=0,1"'
    assert line[line.index("--network") + 1] == "host"
    assert "--publish" not in line
    assert line[-1] == "18000"


def test_a_run_of_the_matrix_gives_its_container_the_card_that_it_sees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(FakeGpu(), FakeGpu()))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    chosen = options(tmp_path, engine="docker", program=("docker",), gpus="all")
    line = list(build_commands("image", "name", 18000, chosen).start)
    assert line[line.index("--gpus") + 1] == '"device=GPU-1aaa-bbb"'
    chosen = options(tmp_path, engine="podman", program=("podman",), gpus="all")
    line = list(build_commands("image", "name", 18000, chosen).start)
    assert line[line.index("--device") + 1] == "nvidia.com/gpu=1", "its list of devices has no UUIDs here"


@pytest.mark.parametrize("engine", ["apptainer", "singularity"])
def test_apptainer_contains_what_it_runs(engine: str, tmp_path: Path) -> None:
    chosen = options(tmp_path, engine=engine, program=(engine,), gpus=(1,), mounts=(f"{tmp_path}:/data",))
    made = build_commands("model.sif", "name", 18000, chosen)
    line = list(made.start)
    assert line[:6] == [engine, "exec", "--containall", "--no-home", "--no-privs", "--writable-tmpfs"]
    assert "--nv" in line
    assert line[line.index("--bind") + 1] == f"{tmp_path}:/data:ro"
    assert "CUDA_VISIBLE_DEVICES=1" in line
    assert line[-5:] == ["model.sif", *SERVE[:3], "18000"]
    assert made.stop == ()  # it is a process of ours
    bare = options(tmp_path, engine=engine, program=(engine,), command=(), port=8000)
    assert build_commands("model.sif", "name", 8000, bare).start[:2] == (engine, "run")


def test_charliecloud_takes_nothing_of_our_environment(tmp_path: Path) -> None:
    chosen = options(tmp_path, engine="charliecloud", program=("ch-run",), user="7:8", mounts=(f"{tmp_path}:/mnt",))
    line = list(build_commands("/images/qwen", "name", 18000, chosen).start)
    assert line[1] == "--unset-env=*"
    assert {"--uid=7", "--gid=8", f"--bind={tmp_path}:/mnt", "--set-env=HOME=/tmp"} <= set(line)
    assert line[-6:] == ["/images/qwen", "--", *SERVE[:3], "18000"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"engine": "podman", "program": ("podman",), "command": ("serve",)}, "{port}"),
        ({"engine": "charliecloud", "program": ("ch-run",), "command": (), "port": 8000}, "what serves"),
        ({"engine": "podman", "program": ("podman",), "mounts": ("/no/such/folder:/data",)}, "is not there"),
        ({"program": ("podman",)}, "which engine"),
    ],
)
def test_options_that_fit_no_container_are_refused(changes: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=said):
        build_commands("image", "name", 18000, options(tmp_path, **changes))


def test_a_mount_without_a_place_in_the_container_is_refused() -> None:
    with pytest.raises(ValidationError, match="HOST:/CONTAINER"):
        ContainerOptions(mounts=("/data",))


def test_an_engine_that_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackendError, match="apptainer: not installed"):
        build_commands("image", "name", 18000, options(tmp_path, engine="apptainer"))
    with pytest.raises(BackendError, match="podman, docker, ch-run"):
        build_commands("image", "name", 18000, options(tmp_path))


def test_an_image_in_a_file_or_folder_is_told_by_its_content(tmp_path: Path) -> None:
    chosen = options(tmp_path, engine="apptainer", program=("apptainer",))
    folder = tmp_path / "image"
    folder.mkdir()
    (folder / "a").write_text("one")
    (folder / "b").symlink_to("a")
    first = identify_image(str(folder), chosen)
    assert first == identify_image(str(folder), chosen)
    (folder / "a").write_text("two")
    second = identify_image(str(folder), chosen)
    (folder / "a").chmod(0o755)
    assert len({first, second, identify_image(str(folder), chosen)}) == 3
    digest = "sha256:" + "0" * 64
    assert identify_image(f"docker://host/name@{digest}", chosen) == digest
    with pytest.raises(OptionError, match="another image tomorrow"):
        identify_image("docker://host/name:1", chosen)
    with pytest.raises(BackendError, match="there is no image"):
        identify_image("nowhere.sif", chosen)


@pytest.mark.parametrize("network", ["host", "published"])
def test_podman_serves_and_is_gone(network: str, image: str, tmp_path: Path) -> None:
    environment = {"FAKE_VLLM_HOST": "0.0.0.0"} if network == "published" else {}
    chosen = options(tmp_path, engine="podman", arguments=PODMAN, network=network, environment=environment)
    with ServedContainer(image, chosen) as container:
        assert container.models == ["stub"]
        assert len(named(image)) == 1
    assert named(image) == []
    assert identify_image(image, chosen).startswith("sha256:")
    with pytest.raises(BackendError, match="there is no image"):
        identify_image("localhost/no-such-image:1", chosen)


def test_podman_container_ends_with_a_process_that_is_killed(image: str, tmp_path: Path) -> None:
    process = start_elsewhere(image, tmp_path)
    assert wait_until(lambda: len(named(image)) == 1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert wait_until(lambda: named(image) == [])


def test_what_a_killed_launcher_left_is_removed_by_the_next_start(image: str, tmp_path: Path) -> None:
    process = start_elsewhere(image, tmp_path)
    assert wait_until(lambda: len(named(image)) == 1)
    left = named(image)
    for below in children(process.pid):  # the launcher and podman's client
        os.kill(below, signal.SIGKILL)
    process.kill()
    process.wait()
    assert named(image) == left
    with ServedContainer(image, options(tmp_path, engine="podman", arguments=PODMAN, network="host")):
        assert not set(left) & set(named(image))
        assert len(named(image)) == 1


def test_a_server_that_fails_is_explained_by_its_log(image: str, tmp_path: Path) -> None:
    broken = options(tmp_path, engine="podman", arguments=PODMAN, command=("/no/such/program", "{port}"))
    with pytest.raises(BackendError, match=r"fields\.container\.command names is not in the image"):
        ServedContainer(image, broken).start()
    silent = (PYTHON, "-c", "import time; print('still loading', flush=True); time.sleep(60)", "{port}")
    slow = options(tmp_path, engine="podman", arguments=PODMAN, command=silent, startup_seconds=3)
    with pytest.raises(BackendError, match=r"startup_seconds[^\0]*still loading"):
        ServedContainer(image, slow).start()
    assert named(image) == []


def test_a_port_of_the_host_that_is_taken_is_said_before_the_start(charliecloud: Path, tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(BackendError, match=f"port {port} of this host is taken"):
            ServedContainer(str(charliecloud), options(tmp_path, engine="charliecloud", port=port)).start()


def test_charliecloud_serves_and_is_gone(charliecloud: Path, tmp_path: Path) -> None:
    chosen = options(tmp_path, engine="charliecloud", environment={"LD_LIBRARY_PATH": "/lib"}, command=SERVE)
    before = set(serving(charliecloud))
    with ServedContainer(str(charliecloud), chosen) as container:
        assert container.models == ["stub"]
        assert len(set(serving(charliecloud)) - before) == 1
    assert set(serving(charliecloud)) <= before


def start_elsewhere(image: str, tmp_path: Path) -> subprocess.Popen[bytes]:
    chosen = options(tmp_path, engine="podman", arguments=PODMAN, network="host")
    program = (
        "import sys, time; from ocr_project.domain.options.container import ContainerOptions;"
        "from ocr_project.engine.models.served.container import ServedContainer;"
        "ServedContainer(sys.argv[1], ContainerOptions.model_validate_json(sys.argv[2])).start(); time.sleep(600)"
    )
    return subprocess.Popen(
        [sys.executable, "-c", program, image, json.dumps(chosen.model_dump(mode="json"))],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )


def children(process: int) -> list[int]:
    import psutil

    return [child.pid for child in psutil.Process(process).children(recursive=True)]

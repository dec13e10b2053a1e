"""An image without a registry: this Python, a fake server, and nothing else of this machine.

`make_root` makes the folder that charliecloud runs as it is; `podman import` takes it as an archive.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import pytest

from ocr_project.testing import fake_vllm

PYTHON = "/opt/python/bin/python3"
# A sandbox without CAP_SYS_RESOURCE and with both versions of cgroups needs these; elsewhere they do no harm.
PODMAN = ("--runtime=runc", "--ulimit=nofile=1024:4096", "--ulimit=nproc=1024:1024")
_PLACES = ("dev", "proc", "sys", "tmp", "etc", "run", "app", "mnt", "home", "root", "var", "usr/bin", "models")
_LEFT_OUT = ("site-packages", "__pycache__", "test", "idlelib", "tkinter", "ensurepip", "config-*", "_tkinter*")
# Answers by what is asked: the fake server with a table in place of its echo.
_STUB = """\
import json, os, pathlib, signal, sys, time
sys.path.insert(0, "/app")
from fake_vllm import FakeVllm
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))  # the first process of a container has no default for it
told = json.loads(pathlib.Path("/app/answers.json").read_text())
def read(image, prompt, body):
    return told["answers"].get(f"{len(image)} {prompt}", told["answers"].get(prompt, told["otherwise"]))
port = int(sys.argv[sys.argv.index("--port") + 1])
host = os.environ.get("FAKE_VLLM_HOST", "127.0.0.1")
with FakeVllm(read=read, port=port, host=host, model=told["model"], delay=told["delay"]) as server:
    print("ready", flush=True)
    while True:
        time.sleep(1)
"""


def make_root(
    folder: Path,
    *,
    model: str = "fake",
    answers: Mapping[str, str] | None = None,
    otherwise: str = "",
    delay: float = 0,
) -> Path:
    """Make the root file system of an image whose `/app/stub.py --port N` serves.

    Args:
        model: What `/v1/models` names.
        answers: By prompt, or by the image's size in bytes, a blank and the prompt.
        otherwise: The answer to all other prompts.
        delay: Seconds before an answer.
    """
    if sys.platform != "linux":
        pytest.skip("images are made of this machine's Python, and that is not one of Linux")
    for place in _PLACES:
        (folder / place).mkdir(parents=True, exist_ok=True)
    for name in ("hosts", "passwd", "group", "resolv.conf"):
        (folder / "etc" / name).touch()
    binary = Path(sys.executable).resolve()
    _copy(binary, folder / PYTHON.removeprefix("/"))
    library = Path(sysconfig.get_path("stdlib"))
    shutil.copytree(
        library, folder / "opt/python/lib" / library.name, symlinks=True, ignore=shutil.ignore_patterns(*_LEFT_OUT)
    )
    for shared in _shared_libraries(binary):
        _copy(
            shared, folder / str(shared).removeprefix("/") if "/ld-" in str(shared) else folder / "lib" / shared.name
        )
    shutil.copy(fake_vllm.__file__, folder / "app/fake_vllm.py")
    (folder / "app/stub.py").write_text(_STUB)
    told = {"model": model, "answers": dict(answers or {}), "otherwise": otherwise, "delay": delay}
    (folder / "app/answers.json").write_text(json.dumps(told, ensure_ascii=False))
    return folder


def make_bare_root(folder: Path) -> tuple[str, ...]:
    """Make the root file system of an image that has nothing; return what is mounted for this Python to run in it."""
    for place in (*_PLACES, "work"):
        if place != "usr/bin":
            (folder / place).mkdir(parents=True, exist_ok=True)
    (folder / "usr").mkdir(exist_ok=True)
    for name in ("hosts", "passwd", "group", "resolv.conf"):
        (folder / "etc" / name).touch()
    for name in ("bin", "lib", "lib64"):  # of a Debian whose /bin is /usr/bin
        (folder / name).symlink_to(f"usr/{name}")
    within = {Path("/usr"), Path(sys.prefix).resolve(), Path(sys.base_prefix).resolve()}
    return tuple(
        f"{path}:{path}" for path in sorted(within) if not path.is_relative_to("/usr") or path == Path("/usr")
    )


def import_into_podman(root: Path, name: str, variable: str = "LD_LIBRARY_PATH=/lib") -> None:
    """Make an image of a root file system; skips where podman or runc is missing."""
    for program in ("podman", "runc"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed: apt-get install podman runc")
    archive = subprocess.Popen(["tar", "-C", str(root), "-c", "."], stdout=subprocess.PIPE)
    command = ["podman", "import", "--change", f"ENV={variable}", "-", name]
    made = subprocess.run(command, stdin=archive.stdout, capture_output=True, text=True)
    assert archive.wait() == 0
    assert made.returncode == 0, made.stderr


def _shared_libraries(binary: Path) -> list[Path]:
    """Return what a program is linked with, and zlib, which a module of the library wants."""
    listed = subprocess.run(["ldd", str(binary)], capture_output=True, text=True, check=True).stdout
    found = [Path(word) for line in listed.splitlines() for word in line.split() if word.startswith("/")]
    return [*found, *sorted(Path("/lib").glob("*-linux-gnu/libz.so.1"))]


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)

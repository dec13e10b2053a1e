"""`ocr-project` as a person uses it who has no checkout: files in, files out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest

from tests.waiting import PATIENCE
from tests.whole_job import QUICK, ROOT, write_pages

OPTIONS = [part for option in QUICK for part in ("--set", option)]


PROGRAM = (sys.executable, "-m", "ocr_project")


def environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    return {**kept, "XDG_CACHE_HOME": str(folder / "cache"), "OMP_THREAD_LIMIT": "1", "COLUMNS": "200"}


def run(folder: Path, *arguments: str, program: tuple[str, ...] = PROGRAM) -> subprocess.CompletedProcess[str]:
    (folder / "elsewhere").mkdir(exist_ok=True)
    return subprocess.run(
        [*program, *arguments],
        cwd=folder / "elsewhere",
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_files_are_read_searched_and_not_read_again(tmp_path: Path) -> None:
    texts = write_pages(tmp_path / "documents", 3)
    given = [str(tmp_path / f"documents/page0000{number}.png") for number in (0, 1)]
    first = run(tmp_path, "read", *given, "-o", str(tmp_path / "out"), "--to", "md,txt", *OPTIONS)
    assert first.returncode == 0, first.stderr
    kinds = (("markdown", "md"), ("text", "txt"))
    assert files(tmp_path / "out") == [f"{kind}/page0000{n}.{end}" for kind, end in kinds for n in (0, 1)]
    assert (tmp_path / "out/text/page00001.txt").read_text() == f"{texts[1]}\n\f"
    assert first.stdout.splitlines()[-1].split() == ["next", "ocr-project", "search", '"…"', *given]
    assert "WARNING" not in first.stderr, first.stderr
    again = run(tmp_path, "read", *given, "-o", str(tmp_path / "out"), "--to", "html", *OPTIONS)
    assert "2 of 2 pages are done already" in again.stderr
    assert (tmp_path / "out/html/page00000.html").is_file()
    found = run(tmp_path, "search", texts[1])
    assert found.returncode == 0, found.stderr
    assert "page00001.png, page 1" in found.stdout.splitlines()[0], "nothing is said of the index that is made first"
    assert found.stderr.splitlines() == ["making the index first …"]
    reviewed = run(tmp_path, "review", "--no-open")
    assert reviewed.stdout.startswith("Nothing is in doubt."), reviewed.stderr  # the references beside them settle it
    assert "was not read yet" in run(tmp_path, "review", "--no-open", given[0]).stderr  # alone it is another set
    assert not files(tmp_path / "elsewhere")
    assert not [*tmp_path.rglob("mlflow.db")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("read", "gone.pdf", "-o", "out"), "gone.pdf does not exist"),
        (("read", "..", "-o", "."), "is inside of"),
        (("read", "..", "-o", "/nowhere", "--set", "dpi"), "say KEY=VALUE"),
        (("read", "..", "-o", "/nowhere", "--to", "docx"), "there is no format docx; use md, txt, html"),
        (("search", "a question"), "nothing was read yet"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    write_pages(tmp_path, 1)
    done = run(tmp_path, *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_watched_folder_is_read_as_its_files_come(tmp_path: Path) -> None:
    write_pages(tmp_path / "documents", 1)
    arguments = ("watch", str(tmp_path / "documents"), "-o", str(tmp_path / "out"), "--seconds", "0.2", *OPTIONS)
    watching = subprocess.Popen([*PROGRAM, *arguments], cwd=tmp_path, env=environment(tmp_path))
    try:
        for count in (1, 2):
            write_pages(tmp_path / "documents", count)
            deadline = time.monotonic() + 120
            while len(list((tmp_path / "out").rglob("*.md"))) < count:
                assert watching.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.2)
        watching.send_signal(signal.SIGINT)
        assert watching.wait(PATIENCE) == 130
    finally:
        watching.kill()


@pytest.mark.slow
def test_the_wheel_needs_no_checkout(tmp_path: Path) -> None:
    source = tmp_path / "source"
    listed = subprocess.run(
        ["git", "ls-files", "src", "conf", "setup.py", "pyproject.toml", "README.md", "LICENSE"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    for name in listed:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes((ROOT / name).read_bytes())
    build = f"from setuptools import build_meta; print(build_meta.build_wheel({str(tmp_path)!r}))"
    subprocess.run([sys.executable, "-c", build], cwd=source, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv/bin/python"
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", wheel], check=True)
    (packages,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    texts = write_pages(tmp_path / "documents", 2)
    program = (str(tmp_path / "venv/bin/ocr-project"),)
    done = run(tmp_path, "read", str(tmp_path / "documents"), "-o", str(tmp_path / "out"), *OPTIONS, program=program)
    assert done.returncode == 0, done.stderr
    assert [texts[n] in (tmp_path / f"out/markdown/page0000{n}.md").read_text() for n in (0, 1)] == [True, True]
    assert "page00001.png, page 1" in run(tmp_path, "search", texts[1], program=program).stdout

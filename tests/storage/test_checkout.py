"""What the commit of a checkout is called."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ocr_project.storage.checkout import ask_git, describe


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "metrics").mkdir()
    for name in ("code.py", "metrics/ingest.json", "dvc.lock"):
        (tmp_path / name).write_text("1")
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    for command in (("init", "-q"), ("add", "."), (*who, "commit", "-qm", "one")):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    return tmp_path


def test_what_runs_write_does_not_make_it_dirty(checkout: Path) -> None:
    clean = describe(checkout)
    for name in ("metrics/ingest.json", "dvc.lock", "untracked"):
        (checkout / name).write_text("2")
    assert clean == ask_git("rev-parse", "--short", "HEAD", project=checkout).strip()
    assert describe(checkout) == clean
    (checkout / "code.py").write_text("2")
    assert describe(checkout) == f"{clean}-dirty"
    assert describe(checkout / "metrics") == f"{clean}-dirty", "also from a folder in it"


def test_outside_of_one_it_is_empty(tmp_path: Path) -> None:
    assert describe(tmp_path) == ""


def test_a_machine_without_git_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert describe(tmp_path) == ""

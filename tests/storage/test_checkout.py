"""What git says of a checkout."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ocr_project.storage.checkout import ask_git, describe


def test_a_changed_checkout_says_so(tmp_path: Path) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.c")
    assert describe(tmp_path) == ""
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "file").write_text("1")
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    subprocess.run(["git", *identity, "commit", "-qm", "one"], cwd=tmp_path, check=True)
    assert describe(tmp_path) == ask_git("rev-parse", "--short", "HEAD", project=tmp_path).strip()
    (tmp_path / "file").write_text("2")
    assert describe(tmp_path).endswith("-dirty")


def test_a_machine_without_git_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert describe(tmp_path) == ""

"""The facts of a run."""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path

import pytest

from ocr_project.engine.running.provenance import ask_git, code_version, facts


def test_facts_name_code_machine_and_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = facts(("pyarrow",))
    assert list(found) == ["commit", "python", "machine", "pyarrow"]
    assert found["commit"] == "not a git checkout"
    assert found["python"] == platform.python_version()


def test_a_changed_checkout_says_so(tmp_path: Path) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.c")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "file").write_text("1")
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    subprocess.run(["git", *identity, "commit", "-qm", "one"], cwd=tmp_path, check=True)
    assert code_version(tmp_path) == ask_git("rev-parse", "--short", "HEAD", project=tmp_path).strip()
    (tmp_path / "file").write_text("2")
    assert code_version(tmp_path).endswith("-dirty")


def test_a_machine_without_git_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert code_version(tmp_path) == ""

"""What the card says of the code: its commit, whether it was changed, and an address without credentials."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

from ocr_project.engine.publishing.versions import public_address, read_versions


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("https://github.com/me/project.git", "https://github.com/me/project"),
        ("https://me:ghp_secret@github.com/me/project", "https://github.com/me/project"),
        ("git@github.com:me/project.git", "https://github.com/me/project"),
        ("ssh://git@example.org/me/project", "https://example.org/me/project"),
        ("/home/me/project", ""),
        ("", ""),
    ],
)
def test_the_address_is_public_or_none(remote: str, address: str) -> None:
    assert public_address(remote) == address


def test_a_checkout_with_changes(tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments]
        return subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout.strip()

    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "code.py").write_text("1\n")
    (tmp_path / "dvc.lock").write_text("schema: '2.0'\n")
    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "one")
    clean = read_versions(tmp_path)
    assert clean.commit == git("rev-parse", "HEAD")
    assert clean.changed == ()
    assert clean.lock == hashlib.sha256(b"schema: '2.0'\n").hexdigest()

    (tmp_path / "notes.txt").write_text("changes no result")
    (tmp_path / "src" / "code.py").write_text("2\n")
    assert read_versions(tmp_path).changed == ("src/code.py",)


def test_no_checkout(tmp_path: Path) -> None:
    found = read_versions(tmp_path)
    assert (found.commit, found.changed, found.lock) == ("", (), "")

"""What the dataset was made by: the code's commit, DVC's lock, and the packages."""

from __future__ import annotations

import hashlib
import re
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("ocr_project", "kedro", "dvc", "pyarrow", "huggingface_hub")
_CODE = ("src", "conf", "dvc.yaml", "dvc.lock", "pyproject.toml", "uv.lock")  # what changes a result


@dataclass(frozen=True, slots=True)
class Versions:
    """What somebody needs to make the dataset again.

    Attributes:
        commit: Full hash; an empty string outside of a git checkout.
        changed: Files of code and configuration that differ from the commit.
        remote: Address of the repository without credentials; empty where it is none that others reach.
        lock: sha256 of `dvc.lock`; empty where there is none.
        packages: Versions by name.
    """

    commit: str
    changed: tuple[str, ...]
    remote: str
    lock: str
    packages: dict[str, str]


def read_versions(project: Path) -> Versions:
    """Ask git, DVC's lock and the installed packages."""
    lock = project / "dvc.lock"
    status = _git(project, "status", "--porcelain", "--", *(name for name in _CODE if (project / name).exists()))
    return Versions(
        commit=_git(project, "rev-parse", "HEAD").strip(),
        changed=tuple(sorted(line[3:] for line in status.splitlines())),
        remote=public_address(_git(project, "remote", "get-url", "origin").strip()),
        lock=hashlib.sha256(lock.read_bytes()).hexdigest() if lock.is_file() else "",
        packages={name: version(name) for name in _PACKAGES},
    )


def public_address(remote: str) -> str:
    """Return a git remote as https, without user and password; an empty string for a path on this machine."""
    if found := re.fullmatch(r"https?://(?:[^/@]*@)?([^/]+/.+?)(?:\.git)?/?", remote):
        return f"https://{found[1]}"
    if found := re.fullmatch(r"(?:ssh://)?git@([^:/]+)[:/](.+?)(?:\.git)?/?", remote):
        return f"https://{found[1]}/{found[2]}"
    return ""


def _git(project: Path, *arguments: str) -> str:
    """Return what git says; an empty string where it has nothing to say of this folder."""
    done = subprocess.run(["git", *arguments], cwd=project, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""

"""What the dataset was made by: the code's commit, DVC's lock, and the packages."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from ocr_project.engine.running.provenance import package_versions
from ocr_project.storage.checkout import ask_git

_PACKAGES = ("ocr_project", "kedro", "dvc", "pyarrow", "huggingface_hub")
_CODE = ("src", "conf", "dvc.yaml", "dvc.lock", "pyproject.toml", "uv.lock")  # what changes a result


@dataclass(frozen=True, slots=True)
class Versions:
    """What is needed to make the dataset again.

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
    status = ask_git("status", "--porcelain", "--", *(n for n in _CODE if (project / n).exists()), project=project)
    return Versions(
        commit=ask_git("rev-parse", "HEAD", project=project).strip(),
        changed=tuple(sorted(line[3:] for line in status.splitlines())),
        remote=public_address(ask_git("remote", "get-url", "origin", project=project).strip()),
        lock=hashlib.sha256(lock.read_bytes()).hexdigest() if lock.is_file() else "",
        packages=package_versions(_PACKAGES),
    )


def public_address(remote: str) -> str:
    """Return a git remote as https, without user and password; an empty string for a path on this machine."""
    if found := re.fullmatch(r"https?://(?:[^/@]*@)?([^/]+/.+?)(?:\.git)?/?", remote):
        return f"https://{found[1]}"
    if found := re.fullmatch(r"(?:ssh://)?git@([^:/]+)[:/](.+?)(?:\.git)?/?", remote):
        return f"https://{found[1]}/{found[2]}"
    return ""

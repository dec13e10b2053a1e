"""What git says of the folder that the code was checked out into."""

from __future__ import annotations

import subprocess
from pathlib import Path


def describe(project: Path) -> str:
    """Return what `git describe --always --dirty` says of a checkout; an empty string outside of one."""
    return ask_git("describe", "--always", "--dirty", project=project).strip()


def ask_git(*arguments: str, project: Path) -> str:
    """Return what git says; an empty string where it has nothing to say of this folder, or is not installed."""
    try:
        done = subprocess.run(["git", *arguments], cwd=project, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout if done.returncode == 0 else ""

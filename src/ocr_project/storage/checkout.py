"""What git says of the folder that the code was checked out into."""

from __future__ import annotations

import subprocess
from pathlib import Path

_RESULTS = ("metrics", "dvc.lock")  # what runs write among what git tracks: no part of what they were made with


def describe(project: Path) -> str:
    """Return what `git describe --always` says of a checkout; an empty string outside of one.

    It ends in `-dirty` where tracked files differ from the commit, but for those that runs themselves write: else
    every run but the first would be called that, and the word would say nothing.
    """
    commit = ask_git("describe", "--always", project=project).strip()
    without = [f":(top,exclude){name}" for name in _RESULTS]
    changed = ask_git("status", "--porcelain", "--untracked-files=no", "--", ":/", *without, project=project)
    return f"{commit}-dirty" if commit and changed else commit


def ask_git(*arguments: str, project: Path) -> str:
    """Return what git says; an empty string where it has nothing to say of this folder, or is not installed."""
    try:
        done = subprocess.run(["git", *arguments], cwd=project, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout if done.returncode == 0 else ""

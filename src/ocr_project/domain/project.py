"""The checkout that a run starts from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Project:
    """The checkout that a run starts from.

    Attributes:
        root: Its folder; relative paths of the project start here.
        commit: What `git describe --always --dirty` says of it; empty where it is not a git checkout.
    """

    root: Path
    commit: str = ""

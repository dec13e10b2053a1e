"""The checkout that a run starts from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Project:
    """The checkout that a run starts from.

    Attributes:
        root: Its folder; relative paths of the project start here.
        data: The folder that this run reads and fills: one corpus, its results of each choice of models.
        commit: What `git describe --always` says of it, with `-dirty` where files differ that no run writes; empty
            where it is not a git checkout.
        profile: The environment of Kedro whose options this run has; `base` is a laptop.
    """

    root: Path
    data: Path
    commit: str = ""
    profile: str = "base"

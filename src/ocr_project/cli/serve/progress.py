"""How far a run is: read from what it writes to its log, a bar for each stage."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

STAGES = ("ingest", "layout", "recognition", "transcript", "embedding")
LAST = "closing"  # index, scores and report: they have no bars
_BAR = re.compile(r"(\w+): +\d+%\|[^|\n]*\| (\d+)/(\d+) ")
_DONE = re.compile(r"(\w+): (\d+) of (\d+) pages are done already")
_ENTRY = re.compile(f"(?:{_BAR.pattern})|(?:{_DONE.pattern})")
_MOST = 262_144  # bytes of the log's end that are looked at
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(frozen=True, slots=True)
class StageProgress:
    """How far a stage is.

    Attributes:
        done: Pages.
        total: Pages; 0 where it has not begun.
        state: `waiting`, `now` or `done`.
    """

    name: str
    done: int
    total: int
    state: str


def progress_of(log: Path) -> list[StageProgress]:
    """Return all stages in order; those before one that has begun are done."""
    seen: dict[str, tuple[int, int]] = {}
    for match in _ENTRY.finditer(_tail(log)):
        name, done, total = (value for value in match.groups() if value is not None)
        if name in STAGES:
            seen[name] = int(done), int(total)
    last = max((STAGES.index(name) for name in seen), default=0)
    at_end = len(seen) > 0 and last == len(STAGES) - 1 and seen[STAGES[last]][0] == seen[STAGES[last]][1]
    found = []
    for number, name in enumerate(STAGES):
        done, total = seen.get(name, (0, 0))
        state = "done" if number < last or at_end else "now" if number == last else "waiting"
        found.append(StageProgress(name, total if state == "done" else done, total, state))
    return [*found, StageProgress(LAST, 0, 0, "now" if at_end else "waiting")]


def last_lines(log: Path, most: int = 30) -> Sequence[str]:
    """Return the last lines of a log, without bars and colours."""
    lines = (_ANSI.sub("", line.rpartition("\r")[2]).rstrip() for line in _tail(log).split("\n"))
    return [line for line in lines if line and not _BAR.search(line)][-most:]


def _tail(log: Path) -> str:
    if not log.is_file():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _MOST))
        return file.read().decode("utf-8", "replace")

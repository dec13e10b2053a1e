"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"  # the run goes, and something about it should be known
    MISSING = "missing"  # the run would fail


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `kedro doctor`.

    Attributes:
        check: What was looked at, in a word or two.
        found: What is there.
        advice: What to do; an empty string where nothing is.
    """

    check: str
    state: State
    found: str
    advice: str = ""


def ok(check: str, found: str) -> Finding:
    """Return a finding with nothing to do."""
    return Finding(check, State.OK, found)


def warning(check: str, found: str, advice: str) -> Finding:
    """Return a finding that does not stop a run."""
    return Finding(check, State.WARNING, found, advice)


def missing(check: str, found: str, advice: str) -> Finding:
    """Return a finding that would stop a run."""
    return Finding(check, State.MISSING, found, advice)

"""What ends a command: this project's own errors and Ctrl-C, as one message and an exit status.

0 all done · 2 an error that says what to do · 3 done, with failures · 4 done, and worse than the baseline · 130 Ctrl-C
"""

from __future__ import annotations

import errno
import os
import re
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable
from functools import wraps
from types import FrameType
from typing import Any

import click
from kedro.validation.exceptions import ParameterValidationError

from ocr_project.domain.errors import FailuresLeft, GateFailed, GateOpen, OcrProjectError, OptionError, StorageError
from ocr_project.domain.outside_text import shown_lines
from ocr_project.storage.run_lock import release_all

EXIT_ERROR = 2
EXIT_FAILURES = 3
EXIT_GATE = 4
EXIT_OPEN = 5
EXIT_INTERRUPTED = 130  # what shells say of a command that Ctrl-C ended
_EXITS: dict[type[OcrProjectError], int] = {
    FailuresLeft: EXIT_FAILURES,
    GateFailed: EXIT_GATE,
    GateOpen: EXIT_OPEN,
}
_INTERRUPTED = "Interrupted: finished work is kept; run the same command again to go on."
_DISK_FULL = "no space left on the disk: free some and run again; finished work is kept"
_SECTION = re.compile(r"^- Parameter '(?P<section>[^']+)'")
_HEAD = re.compile(r"^(\d+ validation errors? for |Parameter validation failed)")
_WRONG = re.compile(r"^  (?P<what>.*) \[type=\w+, input_value=(?P<value>.*), input_type=\w+\]$")
_KINDS = re.compile(r"\.(constrained-\w+|literal\[[^\]]*\])")  # pydantic's names of what a value may also be
_PATIENCE = 3.0  # seconds that pages in flight are given to end


def plainly(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let a command end with a message and an exit status where it would otherwise end with a traceback."""

    @wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        before = signal.signal(signal.SIGINT, _interrupt)
        try:
            return command(*args, **kwargs)
        except KeyboardInterrupt:
            _close_mlflow()
            _leave()
        except Exception as error:
            mine = own_error(error)
            if mine is None:
                raise
            click.secho(f"{type(mine).__name__}: {shown_lines(str(mine))}", fg="red", err=True)
            sys.exit(_EXITS.get(type(mine), EXIT_ERROR))
        finally:
            signal.signal(signal.SIGINT, before)

    return wrapped


def own_error(error: BaseException | None) -> OcrProjectError | None:
    """Find the project's own error behind those that Kedro wraps it in; a full disk and an unknown name are some."""
    while error is not None and not isinstance(error, OcrProjectError):
        if isinstance(error, ParameterValidationError):
            return OptionError(in_few_words(str(error)))
        from ocr_project.cli.unknown_names import unknown_name

        if (said := unknown_name(error)) is not None:
            return OptionError(said)
        if _is_full_disk(error):
            return StorageError(f"{_DISK_FULL} ({str(error).splitlines()[0]})")
        error = error.__cause__ or error.__context__
    return error


def in_few_words(message: str, section: str = "") -> str:
    """Say of each option what is wrong with it, and leave out what Kedro and pydantic say for programmers.

    Args:
        message: Of pydantic about one section of options, or of Kedro about several.
        section: Whose options they are, where Kedro does not say it.

    Returns:
        `ingest.dpi: Input should be a valid integer … (it is 'abc')`, a line for each; the message itself where it is
        in no known form.
    """
    said, place = [], ""
    for line in message.splitlines():
        if named := _SECTION.match(line):
            section, place = named["section"], ""
        elif found := _WRONG.match(line):
            option = ".".join(part for part in (section, place) if part)
            value = f" (it is {found['value']})" if place and "Value error, " not in line else ""
            said.append(f"{option}: {found['what'].removeprefix('Value error, ')}{value}")
            place = ""
        elif line and not line.startswith((" ", "-")) and not _HEAD.match(line):
            place = _KINDS.sub("", line)
    return "\n".join(said) or message


def _is_full_disk(error: BaseException) -> bool:
    """Say whether the disk is full: Kedro's datasets and MLflow's database, SQLite, say so in their own ways."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return isinstance(error, sqlite3.Error) and "disk is full" in str(error)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """End the run on Ctrl-C, within seconds: a page in flight may take longer than a person waits."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    watch = threading.Timer(_PATIENCE, _leave)
    watch.daemon = True
    watch.start()
    raise KeyboardInterrupt


def _close_mlflow() -> None:
    if "mlflow" in sys.modules:
        from ocr_project.cli.evidence import Evidence, end_run

        Evidence().keep("the end of this run", lambda: end_run("KILLED"))


def _leave() -> None:
    """Leave at once. Nothing is lost: shards are there whole or not at all."""
    release_all()
    click.secho(f"\n{_INTERRUPTED}", fg="yellow", err=True)
    sys.stdout.flush()
    os._exit(EXIT_INTERRUPTED)

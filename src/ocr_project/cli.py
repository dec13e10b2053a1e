"""Project commands: `kedro run` with messages that say what to do, and `kedro search`."""

from __future__ import annotations

import copy
import os
import re
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import click
from kedro.framework.cli.project import run as kedro_run
from kedro.validation.exceptions import ParameterValidationError

from ocr_project.domain.errors import FailuresLeft, OcrProjectError, OptionError

EXIT_ERROR = 2
EXIT_FAILURES = 3
EXIT_INTERRUPTED = 130  # what shells say of a command that Ctrl-C ended
_INTERRUPTED = "Interrupted: what was finished is kept; run the same command again to go on."
_PATIENCE = 3.0  # seconds that pages in work are given to end by themselves


@click.group()
def cli() -> None:
    """Commands of ocr_project."""


def _plainly(command: Callable[..., Any]) -> Callable[..., Any]:
    """Turn the errors that this project raises on purpose, and Ctrl-C, into one message and an exit status."""

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        before = signal.signal(signal.SIGINT, _interrupt)
        try:
            return command(*args, **kwargs)
        except KeyboardInterrupt:
            _close_mlflow()
            _leave()
        except Exception as error:
            mine = _ours(error)
            if mine is None:
                raise
            click.secho(f"{type(mine).__name__}: {mine}", fg="red", err=True)
            sys.exit(EXIT_FAILURES if isinstance(mine, FailuresLeft) else EXIT_ERROR)
        finally:
            signal.signal(signal.SIGINT, before)

    return wrapped


def _ours(error: BaseException | None) -> OcrProjectError | None:
    """Find the project's own error behind those that Kedro wraps it in."""
    while error is not None and not isinstance(error, OcrProjectError):
        if isinstance(error, ParameterValidationError):
            return OptionError(_without_links(str(error)))
        error = error.__cause__
    return error


def _without_links(message: str) -> str:
    """Drop what pydantic adds for programmers; the option, its value and what is wrong with it stay."""
    return re.sub(r"\n *For further information visit \S+", "", message)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """End the run on Ctrl-C, and see to it that it ends: a page in work may take longer than anybody waits."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    watch = threading.Timer(_PATIENCE, _leave)
    watch.daemon = True
    watch.start()
    raise KeyboardInterrupt


def _close_mlflow() -> None:
    if "mlflow" in sys.modules:
        import mlflow

        mlflow.end_run("KILLED")


def _leave() -> None:
    """Leave at once. Nothing is lost: shards are there whole or not at all."""
    click.secho(f"\n{_INTERRUPTED}", fg="yellow", err=True)
    sys.stdout.flush()
    os._exit(EXIT_INTERRUPTED)


run = copy.copy(kedro_run)


@cli.command()
@click.argument("question")
@click.option("--pages", default=5, show_default=True, help="How many pages to show.")
@click.option("--env", "-e", default=None, help="Environment whose corpus is searched.")
def search(question: str, pages: int, env: str | None) -> None:
    """Find the pages that answer QUESTION best, with scores and snippets."""
    from kedro.framework.session import KedroSession
    from kedro.framework.startup import bootstrap_project

    from ocr_project.searching import search_pages

    metadata = bootstrap_project(Path.cwd())
    session = KedroSession.create(project_path=metadata.project_path, env=env)
    with session:
        catalog = session.load_context().catalog
        for hit in _plainly(search_pages)(catalog, question, pages):
            click.secho(f"{hit.score:.3f}  {hit.path}, page {hit.number}", bold=True)
            click.echo(f"       {hit.snippet}")


assert kedro_run.callback is not None
run.callback = _plainly(kedro_run.callback)
cli.add_command(run)

"""Project commands: `kedro run` with messages that say what to do, and `kedro search`."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from kedro.framework.cli.project import run as kedro_run

from ocr_project.domain.errors import FailuresLeft, OcrProjectError

EXIT_ERROR = 2
EXIT_FAILURES = 3


@click.group()
def cli() -> None:
    """Commands of ocr_project."""


def _plainly(command: Callable[..., Any]) -> Callable[..., Any]:
    """Turn the errors that this project raises on purpose into one message and an exit status."""

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except Exception as error:
            mine = _ours(error)
            if mine is None:
                raise
            click.secho(f"{type(mine).__name__}: {mine}", fg="red", err=True)
            sys.exit(EXIT_FAILURES if isinstance(mine, FailuresLeft) else EXIT_ERROR)

    return wrapped


def _ours(error: BaseException | None) -> OcrProjectError | None:
    """Find the project's own error behind those that Kedro wraps it in."""
    while error is not None and not isinstance(error, OcrProjectError):
        error = error.__cause__
    return error


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
    with KedroSession.create(project_path=metadata.project_path, env=env) as session:
        catalog = session.load_context().catalog
        for hit in _plainly(search_pages)(catalog, question, pages):
            click.secho(f"{hit.score:.3f}  {hit.path}, page {hit.number}", bold=True)
            click.echo(f"       {hit.snippet}")


assert kedro_run.callback is not None
run.callback = _plainly(kedro_run.callback)
cli.add_command(run)

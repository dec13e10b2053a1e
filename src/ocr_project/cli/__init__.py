"""Project commands: `kedro run` with messages that say what to do, `kedro search`, `kedro compare`, `kedro doctor`."""

from __future__ import annotations

import copy
import errno
import os
import re
import shutil
import signal
import sqlite3
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click
from kedro.framework.cli.project import run as kedro_run
from kedro.validation.exceptions import ParameterValidationError

from ocr_project.domain.errors import FailuresLeft, GateFailed, OcrProjectError, OptionError, StorageError
from ocr_project.domain.options import SearchMode
from ocr_project.storage.run_lock import release_all

if TYPE_CHECKING:
    from ocr_project.checks.doctor import Finding, Profile

EXIT_ERROR = 2
EXIT_FAILURES = 3
EXIT_GATE = 4
EXIT_INTERRUPTED = 130  # what shells say of a command that Ctrl-C ended
_INTERRUPTED = "Interrupted: what was finished is kept; run the same command again to go on."
_DISK_FULL = "no space left on the disk: free some and run again; what was finished is kept"
_PATIENCE = 3.0  # seconds that pages in work are given to end by themselves
_CORPUS, _TEST_SETS = "benchmark", "testsets"  # pipelines
_COLOURS = {"ok": "green", "warning": "yellow", "missing": "red"}
_STATE_WIDTH = 7
_LEAST_WIDTH = 40  # characters of what was found, on however narrow a terminal


_EXITS: dict[type[OcrProjectError], int] = {FailuresLeft: EXIT_FAILURES, GateFailed: EXIT_GATE}


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
            sys.exit(_EXITS.get(type(mine), EXIT_ERROR))
        finally:
            signal.signal(signal.SIGINT, before)

    return wrapped


def _ours(error: BaseException | None) -> OcrProjectError | None:
    """Find the project's own error behind those that Kedro wraps it in; a full disk is one, whoever met it."""
    while error is not None and not isinstance(error, OcrProjectError):
        if isinstance(error, ParameterValidationError):
            return OptionError(_without_links(str(error)))
        if _is_full_disk(error):
            return StorageError(f"{_DISK_FULL} ({str(error).splitlines()[0]})")
        error = error.__cause__ or error.__context__
    return error


def _is_full_disk(error: BaseException) -> bool:
    """Say whether the disk is full: Kedro's datasets and MLflow's database, SQLite, say so in their own ways."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return isinstance(error, sqlite3.Error) and "disk is full" in str(error)


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
    release_all()
    click.secho(f"\n{_INTERRUPTED}", fg="yellow", err=True)
    sys.stdout.flush()
    os._exit(EXIT_INTERRUPTED)


run = copy.copy(kedro_run)


def _option_of_run(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command an option of `kedro run`, read in the same way."""
    (option,) = (parameter for parameter in kedro_run.params if parameter.name == name)

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        function.__click_params__ = [*getattr(function, "__click_params__", []), option]  # type: ignore[attr-defined]
        return function

    return add


def _profile(env: str | None, params: dict[str, Any]) -> Profile:
    """Return the options of an environment, as a run would get them."""
    from kedro.framework.session import KedroSession
    from kedro.framework.startup import bootstrap_project
    from pydantic import ValidationError

    from ocr_project.checks.doctor import Profile

    metadata = bootstrap_project(Path.cwd())
    session = KedroSession.create(project_path=metadata.project_path, env=env, runtime_params=params)
    with session:
        found = session.load_context().params
    try:
        return Profile.model_validate({name: found[name] for name in Profile.model_fields if name in found})
    except ValidationError as error:
        raise OptionError(_without_links(str(error))) from error


def as_lines(findings: Sequence[Finding], width: int) -> Iterator[str]:
    """Lay findings out as a table: state, what was looked at, what was found, and below it what to do.

    Args:
        findings: In the order in which they are shown.
        width: Of the terminal, in characters.
    """
    column = max((len(finding.check) for finding in findings), default=0)
    indent = " " * (_STATE_WIDTH + column + 4)
    for finding in findings:
        colour = _COLOURS[finding.state]
        head = f"{click.style(finding.state.ljust(_STATE_WIDTH), fg=colour, bold=True)}  {finding.check:<{column}}  "
        yield head + _folded(finding.found, indent, width)
        if finding.advice:
            yield click.style(f"{indent}{_folded(f'→ {finding.advice}', f'{indent}  ', width)}", fg=colour)


def _folded(text: str, indent: str, width: int) -> str:
    """Break a line where the terminal ends, but not within words: they are commands and paths."""
    room = max(_LEAST_WIDTH, width - len(indent))
    return f"\n{indent}".join(textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False))


@cli.command()
@click.argument("question")
@click.option("--pages", default=5, show_default=True, type=click.IntRange(min=1), help="How many pages to show.")
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in SearchMode]),
    help="By vectors, by words or by both; without it, what search.mode says.",
)
@click.option("--env", "-e", default=None, help="Environment whose corpus is searched.")
def search(question: str, pages: int, mode: str | None, env: str | None) -> None:
    """Find the pages that answer QUESTION best, with scores and snippets."""
    from kedro.framework.session import KedroSession
    from kedro.framework.startup import bootstrap_project

    from ocr_project.cli.searching import search_pages

    metadata = bootstrap_project(Path.cwd())
    session = KedroSession.create(project_path=metadata.project_path, env=env)
    with session:
        catalog = session.load_context().catalog
        hits = _plainly(search_pages)(catalog, question, pages, mode)
        if not hits:
            click.echo("Nothing was found: no page has anything in common with the question.")
        for hit in hits:
            click.secho(f"{hit.score:.3f}  {hit.path}, page {hit.number}", bold=True)
            click.echo(f"       {hit.snippet}")


@cli.command()
@click.option("--env", "-e", default=None, help="Profile to look at: b200, h200, l4; without it, the laptop's.")
@_option_of_run("params")
def doctor(env: str | None, params: dict[str, Any]) -> None:
    """Look whether this machine has what a profile needs, and say what to do where it has not.

    Exit status 1 where something is missing, 0 otherwise.
    """
    from ocr_project.checks.doctor import State, examine

    findings = _plainly(examine)(_plainly(_profile)(env, params), Path.cwd())
    for line in as_lines(findings, shutil.get_terminal_size().columns):
        click.echo(line)
    sys.exit(int(any(finding.state is State.MISSING for finding in findings)))


@cli.command()
@click.argument("runs", nargs=-1, required=True)
@click.option("--env", "-e", default=None, help="Environment whose runs are compared.")
def compare(runs: tuple[str, ...], env: str | None) -> None:
    """Compare two to five RUNS over test sets: a table of pairs, and a page to look at.

    A run is the time in the path of its `benchmark_run` (its beginning will do), `latest`, or the path of such a
    folder; `NAME=RUN` gives it a name. The first is the one that the others are compared with.
    """
    from kedro.framework.session import KedroSession
    from kedro.framework.startup import bootstrap_project

    from ocr_project.cli.comparing import compare_runs

    metadata = bootstrap_project(Path.cwd())
    session = KedroSession.create(project_path=metadata.project_path, env=env)
    with session:
        context = session.load_context()
        for line in _plainly(compare_runs)(context.catalog, context.params, runs):
            click.echo(line)


@cli.command()
@click.option("--folder", type=click.Path(path_type=Path), default=None, help="Where the sets lie.")
def testsets(folder: Path | None) -> None:
    """List the public test sets: what they are called, whether they are there, and their licences."""
    from ocr_project.bench.testsets import NAMES, card_of
    from ocr_project.domain.options import BenchmarkOptions

    where = folder or BenchmarkOptions().sets_folder
    for name in NAMES:
        card = card_of(name)
        state = click.style("there  ", fg="green") if (where / name).is_dir() else "missing"
        click.echo(f"{state}  {click.style(name.ljust(max(map(len, NAMES))), bold=True)}  {card.terms}")


def _with_test_sets(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let `benchmark` mean the public test sets where `--params` names some, the corpus of the main job otherwise."""

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if (kwargs.get("params") or {}).get("benchmark", {}).get("sets"):
            if kwargs.get("pipeline") == _CORPUS:
                kwargs["pipeline"] = _TEST_SETS
            if names := kwargs.get("pipelines"):
                kwargs["pipelines"] = [_TEST_SETS if name == _CORPUS else name for name in names]
        return command(*args, **kwargs)

    return wrapped


assert kedro_run.callback is not None
run.callback = _plainly(_with_test_sets(kedro_run.callback))
cli.add_command(run)

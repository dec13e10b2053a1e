"""`ocr-project`: read files into a folder, watch one, search what was read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from ocr_project.cli.clean import clean
from ocr_project.cli.compare import compare
from ocr_project.cli.doctor import doctor
from ocr_project.cli.errors import plainly
from ocr_project.cli.options import options
from ocr_project.cli.reading import FORMATS, Wanted, ask, look_through, read_all, watch_folder
from ocr_project.cli.serve.command import serve, work
from ocr_project.domain.options import SearchMode
from ocr_project.storage.workspace import cache_folder, latest, workspaces


def _formats(context: click.Context, option: click.Parameter, value: str) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(name.strip() for name in value.split(",") if name.strip()))
    if unknown := [name for name in chosen if name not in FORMATS]:
        raise click.BadParameter(f"there is no format {', '.join(unknown)}; use {', '.join(FORMATS)}")
    return chosen


def _reading_options(command: Any) -> Any:
    """Give a command what `read` and `watch` share."""
    for option in (
        click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="An option; `ocr-project options`."),
        click.option("--profile", default=None, help="h200, l4, …; without it, the laptop's."),
        click.option("--to", "formats", default="md", show_default=True, callback=_formats, help=", ".join(FORMATS)),
        click.option("-o", "--output", required=True, type=click.Path(file_okay=False), help="Folder of the results."),
    ):
        command = option(command)
    return command


@click.group()
@click.version_option(package_name="ocr_project", prog_name="ocr-project")
def standalone() -> None:
    """Read PDFs and images: text, tables, Markdown, searchable PDFs, and a search over the pages."""


@standalone.command()
@click.argument("sources", nargs=-1, required=True, metavar="FILE|FOLDER…")
@_reading_options
@plainly
def read(sources: tuple[str, ...], output: str, formats: tuple[str, ...], profile: str | None, sets: Any) -> None:
    """Read files and folders, and put what was read into a folder.

    What was read before is not read again: after Ctrl-C, or with other formats, the same command goes on.
    """
    read_all(workspaces(sources), Path(output), Wanted(formats, profile, tuple(sets)))


@standalone.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False))
@click.option("--seconds", default=5.0, show_default=True, type=click.FloatRange(min=0.1), help="Between two looks.")
@_reading_options
@plainly
def watch(folder: str, seconds: float, output: str, formats: tuple[str, ...], profile: str | None, sets: Any) -> None:
    """Read a folder again whenever files in it come, change or go; Ctrl-C ends it."""
    watch_folder(workspaces([folder]), Path(output), Wanted(formats, profile, tuple(sets)), seconds)


@standalone.command()
@click.argument("question")
@click.argument("sources", nargs=-1, metavar="[FILE|FOLDER…]")
@click.option("--pages", default=5, show_default=True, type=click.IntRange(min=1), help="How many pages to show.")
@click.option("--mode", type=click.Choice([mode.value for mode in SearchMode]), help="By words, vectors or both.")
@plainly
def search(question: str, sources: tuple[str, ...], pages: int, mode: str | None) -> None:
    """Find the pages that answer QUESTION best: in what was read of these sources, or else in what was read last."""
    for workspace in workspaces(sources) if sources else latest():
        ask(workspace, question, pages, mode)


@standalone.command()
@click.argument("sources", nargs=-1, metavar="[FILE|FOLDER…]")
@click.option("--lines", default=10, show_default=True, type=click.IntRange(min=0), help="How many places to print.")
@click.option("--open/--no-open", "opened", default=True, help="Open the page in a browser.")
@plainly
def review(sources: tuple[str, ...], lines: int, opened: bool) -> None:
    """Show what was probably read wrong, worst first: in these sources, or else in what was read last.

    Corrections: the page says which file to put beside the document, and offers its text. The next review takes the
    page as settled.
    """
    for workspace in workspaces(sources) if sources else latest():
        look_through(workspace, lines, opened)


def _elsewhere(command: click.Command) -> click.Command:
    """Let a command of `kedro` work outside of a project: paths that it is given are those of the working folder."""
    inner: Any = command.callback

    def outside(**given: Any) -> None:
        if not Path("pyproject.toml").is_file():
            home = cache_folder() / "workspaces" / "none"
            home.mkdir(parents=True, exist_ok=True)
            given = {name: _absolute(value) if name in ("data", "runs") else value for name, value in given.items()}
            os.chdir(home)
        inner(**given)

    return click.Command(command.name, params=command.params, callback=outside, help=command.help)


def _absolute(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_absolute, value))
    return str(Path(value).resolve()) if isinstance(value, str) and Path(value).exists() else value


for one in (doctor, compare):
    standalone.add_command(_elsewhere(one))
standalone.add_command(clean)
standalone.add_command(options)
standalone.add_command(serve)
standalone.add_command(work)

"""`ocr-project clean`: what the cache holds, and how to be rid of it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import click

from ocr_project.cli.errors import plainly
from ocr_project.domain.errors import OptionError
from ocr_project.domain.outside_text import shown
from ocr_project.storage.run_lock import RunLock
from ocr_project.storage.workspace import Workspace, known


@click.command()
@click.argument("sources", nargs=-1, metavar="[FILE|FOLDER…]")
@click.option("--all", "everything", is_flag=True, help="Of all documents.")
@plainly
def clean(sources: tuple[str, ...], everything: bool) -> None:
    """Remove what the cache holds of documents, or say what it holds. Documents and results in OUT stay.

    The sources may be gone already. What is removed is read anew the next time.
    """
    there = known()
    for workspace in there if everything else _named(there, sources):
        size = _size(workspace)
        lock = RunLock(workspace.data)
        lock.take()  # a run may be at work in it
        try:
            shutil.rmtree(workspace.folder)
        finally:
            lock.release()
        click.echo(f"{size:>10}  removed: {_label(workspace)}")
    if not sources and not everything:
        for workspace in there:
            click.echo(f"{_size(workspace):>10}  {_label(workspace)}")
        click.echo("      next  ocr-project clean FILE|FOLDER…, or --all" if there else "The cache is empty.")


def _named(there: Sequence[Workspace], sources: Sequence[str]) -> list[Workspace]:
    """Return the sets of documents that hold one of these paths.

    Raises:
        OptionError: There are none of a path.
    """
    paths = [str(Path(source).expanduser().resolve()) for source in sources]
    if unknown := [path for path in paths if not any(path in workspace.sources() for workspace in there)]:
        raise OptionError(f"nothing is kept of {unknown[0]}; `ocr-project clean` lists what is")
    return [workspace for workspace in there if set(paths) & set(workspace.sources())]


def _label(workspace: Workspace) -> str:
    return shown(", ".join(workspace.sources()))


def _size(workspace: Workspace) -> str:
    size = sum(file.stat().st_size for file in workspace.folder.rglob("*") if file.is_file())
    return f"{size / 1e6:,.1f} MB"

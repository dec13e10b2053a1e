"""`kedro results`: what rests of each choice of models, and how to be rid of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from kedro.io import CatalogProtocol

from ocr_project.cli.errors import plainly
from ocr_project.cli.project import data_option, named, open_project
from ocr_project.domain.errors import OptionError
from ocr_project.domain.options.names import did_you_mean, nearest
from ocr_project.storage.lineages import StoredLineage, lineages, remove
from ocr_project.storage.run_lock import RunLock

Stored = Mapping[str, tuple[Path, list[StoredLineage]]]


@click.group(invoke_without_command=True)
@click.option("--env", "-e", default=None, help="Environment whose results are meant.")
@data_option
@click.pass_context
@plainly
def results(context: click.Context, env: str | None, data: str | None) -> None:
    """List the results of each stage: the current ones (*), which are read, and those of other models beside them."""
    context.obj = env, named(data)
    if context.invoked_subcommand is not None:
        return
    with open_project(*context.obj) as project:
        lines = list(result_lines(stored_results(project.catalog)))
    for line in lines or ["There are no results yet: kedro run"]:
        click.echo(line)


@results.command("remove")
@click.argument("name")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.pass_obj
@plainly
def remove_results(opened: tuple[str | None, dict[str, Any]], name: str, yes: bool) -> None:
    """Remove the results NAME, as `kedro results` lists them; `STAGE/NAME` where several stages have one of it.

    What is read now is never removed.
    """
    with open_project(*opened) as project:
        root, stored = find_results(stored_results(project.catalog), name)
        if not yes:
            question = (
                f"Remove {root / stored.name}: {_amount(stored)}? Only a run with the same options brings it back"
            )
            click.confirm(question, abort=True)
        lock = RunLock(project.catalog.load("project").data)
        lock.take()  # a run may be about to make it the current one
        try:
            remove(root, stored.name)
        finally:
            lock.release()
    click.echo(f"Removed {root / stored.name}")


def stored_results(catalog: CatalogProtocol[Any, Any]) -> dict[str, tuple[Path, list[StoredLineage]]]:
    """Return the folder of each dataset of shards that has any, with its contents."""
    from ocr_project.datasets import ShardedParquet

    found = {}
    for name in catalog:
        if not name.endswith("_done") and isinstance(dataset := catalog.get(name), ShardedParquet):
            root = dataset.load().root
            if stored := lineages(root):
                found[name] = (root, stored)
    return found


def result_lines(found: Stored) -> Iterator[str]:
    """Lay out what rests: a heading for each dataset, a line for each choice of models."""
    width = max((len(one.name) for _, stored in found.values() for one in stored), default=0)
    for name, (_, stored) in found.items():
        yield click.style(name, bold=True)
        for one in stored:
            mark = click.style("*", fg="green") if one.is_current else " "
            when = f"{one.made:%Y-%m-%d %H:%M}" if one.made else "nothing made yet"
            yield f"  {mark} {one.name:<{width}}  {_amount(one):>28}  {when}"


def find_results(found: Stored, name: str) -> tuple[Path, StoredLineage]:
    """Return the results of a name, with their folder.

    Raises:
        OptionError: There are none, several stages have some, or they are what is read now.
    """
    named = {f"{stage}/{one.name}": (root, one) for stage, (root, stored) in found.items() for one in stored}
    matches = [full for full in named if name in (full, full.rpartition("/")[2])]
    if not matches:
        near = nearest(name, {full.rpartition("/")[2] for full in named})
        raise OptionError(f"there are no results `{name}`{did_you_mean(near) or '; `kedro results` lists them'}")
    if len(matches) > 1:
        raise OptionError(f"several stages have results `{name}`: say which, {' or '.join(matches)}")
    root, stored = named[matches[0]]
    if stored.is_current:
        raise OptionError(f"{root}: `{name}` is what is read now; run the stage with other options first")
    return root, stored


def _amount(stored: StoredLineage) -> str:
    size = f"{stored.bytes / 1e6:,.1f} MB" if stored.bytes >= 1e5 else f"{stored.bytes / 1e3:,.1f} kB"
    return f"{stored.pages:,} pages, {size}"

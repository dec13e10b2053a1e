"""`kedro testsets`: which public test sets there are."""

from __future__ import annotations

from pathlib import Path

import click

from ocr_project.cli.errors import plainly
from ocr_project.cli.project import data_option
from ocr_project.domain.options.names import DATA


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), default=None, help="Where the sets lie.")
@data_option
@plainly
def testsets(folder: Path | None, data: str | None) -> None:
    """List the public test sets: what they are called, whether they are there, and their licences."""
    from ocr_project.bench.testsets import NAMES, card_of
    from ocr_project.domain.options import TestsetsOptions

    own = TestsetsOptions().folder
    where = folder or (own if data is None else Path(data) / own.relative_to(DATA))
    for name in NAMES:
        card = card_of(name)
        state = click.style("there  ", fg="green") if (where / name).is_dir() else "missing"
        click.echo(f"{state}  {click.style(name.ljust(max(map(len, NAMES))), bold=True)}  {card.terms}")

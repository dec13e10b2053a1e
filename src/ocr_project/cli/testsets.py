"""`kedro testsets`: which public test sets there are."""

from __future__ import annotations

from pathlib import Path

import click

from ocr_project.cli.errors import plainly


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), default=None, help="Where the sets lie.")
@plainly
def testsets(folder: Path | None) -> None:
    """List the public test sets: what they are called, whether they are there, and their licences."""
    from ocr_project.bench.testsets import NAMES, card_of
    from ocr_project.domain.options import TestsetsOptions

    where = folder or TestsetsOptions().folder
    for name in NAMES:
        card = card_of(name)
        state = click.style("there  ", fg="green") if (where / name).is_dir() else "missing"
        click.echo(f"{state}  {click.style(name.ljust(max(map(len, NAMES))), bold=True)}  {card.terms}")

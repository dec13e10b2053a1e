"""`kedro options`: what can be set."""

from __future__ import annotations

import shutil

import click

from ocr_project.cli.doctor import folded
from ocr_project.cli.errors import plainly
from ocr_project.cli.option_reference import option_rows
from ocr_project.domain.options import SECTIONS

_INDENT = "    "


@click.command()
@click.argument("stage", required=False, type=click.Choice(list(SECTIONS)))
@plainly
def options(stage: str | None) -> None:
    """List all options, or those of STAGE: what they take, their default and what they do."""
    width = shutil.get_terminal_size().columns
    for section in [stage] if stage else SECTIONS:
        for row in option_rows(section):
            default = f" = {row.default}" if row.default else ""
            click.echo(f"{click.style(row.name, bold=True)}{default}  ({row.takes})")
            if row.prose:
                click.echo(_INDENT + folded(row.prose, _INDENT, width))

"""`kedro review`: what a person should look at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pandas as pd
from kedro.io import CatalogProtocol

from ocr_project.cli.errors import plainly
from ocr_project.cli.project import data_option, named, open_project
from ocr_project.domain.errors import SourceError
from ocr_project.domain.outside_text import shown


@click.command()
@click.option("--lines", default=10, show_default=True, type=click.IntRange(min=0), help="How many places to print.")
@click.option("--open/--no-open", "opened", default=True, help="Open the page in a browser.")
@click.option("--env", "-e", default=None, help="Environment whose corpus is reviewed.")
@data_option
@plainly
def review(lines: int, opened: bool, env: str | None, data: str | None) -> None:
    """Show what was probably read wrong, worst first, and open the page with its images.

    Corrections: the page says which file to put beside the document, and offers its text. The next run takes it as
    the reference of that page.
    """
    with open_project(env, named(data)) as context:
        if not context.catalog.exists("review_page"):
            raise SourceError("there is nothing to review yet: run `kedro run`, for all stages")
        show_review(context.catalog, lines, opened)


def show_review(catalog: CatalogProtocol[Any, Any], lines: int, opened: bool) -> None:
    """Print the worst places, and where the page with all of them is.

    Args:
        catalog: Of a project in which the stage `benchmark` has ended.
        lines: How many places to print.
        opened: Whether to open the page in a browser.
    """
    page = Path(catalog.load("review_page"))
    places: pd.DataFrame = catalog.load("review")
    for row in places.head(lines).to_dict("records"):
        sure = "not read" if pd.isna(row["confidence"]) else f"{row['confidence']:.0%} right"
        click.secho(f"{sure:>10}  {shown(str(row['document']))}, page {row['page']}", bold=True)
        click.echo(f"            {shown(str(row['text']) or str(row['reason']))}")
    if not len(places):
        click.echo("Nothing is in doubt.")
    click.echo(f"{len(places)} places; all of them: {page.with_name('review.csv')}")
    click.echo(f"with their images: {page}")
    if opened:
        click.launch(str(page))

"""`kedro search`: questions to the corpus of a finished run."""

from __future__ import annotations

from typing import Any

import click
from kedro.io import CatalogProtocol

from ocr_project.cli.errors import plainly
from ocr_project.cli.project import data_option, named, open_project
from ocr_project.domain.options import SearchMode
from ocr_project.domain.outside_text import shown


@click.command()
@click.argument("question")
@click.option("--pages", default=5, show_default=True, type=click.IntRange(min=1), help="How many pages to show.")
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in SearchMode]),
    help="By vectors, by words or by both; without it, what search.mode says.",
)
@click.option("--env", "-e", default=None, help="Environment whose corpus is searched.")
@data_option
@plainly
def search(question: str, pages: int, mode: str | None, env: str | None, data: str | None) -> None:
    """Find the pages that answer QUESTION best, with scores and snippets."""
    with open_project(env, named(data)) as context:
        show_hits(context.catalog, question, pages, mode)


def show_hits(catalog: CatalogProtocol[Any, Any], question: str, pages: int, mode: str | None) -> None:
    """Print the pages that were found, best first."""
    from ocr_project.cli.searching import search_pages

    hits = search_pages(catalog, question, pages, mode)
    if not hits:
        click.echo("Nothing was found: no page has anything in common with the question.")
    for hit in hits:
        click.secho(f"{hit.score:.3f}  {shown(hit.path)}, page {hit.number}", bold=True)
        click.echo(f"       {shown(hit.snippet)}")

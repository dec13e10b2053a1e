"""`kedro compare`: runs over test sets side by side."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click
from kedro.io import CatalogProtocol

from ocr_project.cli.errors import plainly
from ocr_project.cli.project import data_option, named, open_project
from ocr_project.domain.outside_text import shown

_RESULTS = ("comparison_table", "comparison_page")


@click.command()
@click.argument("runs", nargs=-1, required=True)
@click.option("--env", "-e", default=None, help="Environment whose runs are compared.")
@data_option
@plainly
def compare(runs: tuple[str, ...], env: str | None, data: str | None) -> None:
    """Compare RUNS over test sets: a line and a row of a table for each pair, and a page to look at.

    A run is the time in the path of its `benchmark_run` (its beginning will do), `latest`, or the path of such a
    folder; `NAME=RUN` gives it a name, otherwise it is called by its recognizer and what differs. Up to five are
    compared each with each, more of them with the first; the page shows the first five.
    """
    with open_project(env, named(data)) as context:
        for line in compare_runs(context.catalog, context.params, runs):
            click.echo(shown(line))


def compare_runs(
    catalog: CatalogProtocol[Any, Any], parameters: Mapping[str, Any], runs: Sequence[str]
) -> Iterator[str]:
    """Write the table of pairs and the page, and yield what there is to show of them.

    Args:
        catalog: Its `benchmark_run` says where records lie; `comparison_table` and `comparison_page` are written.
        parameters: Their `testsets` has the bootstrap and the number of items shown.
        runs: Two or more, see `kedro compare --help`.

    Raises:
        OptionError: A run cannot be found, or there are too few.
    """
    from ocr_project.bench.compare import pairs_of, read_runs, verdict_lines
    from ocr_project.bench.report.from_records import build_comparison, stand_side_by_side
    from ocr_project.bench.report.model import MOST_RUNS
    from ocr_project.bench.report.report_rows import pair_runs
    from ocr_project.domain.options import TestsetsOptions
    from ocr_project.engine.metrics import Draws

    names, records = read_runs(runs, _place(catalog, "benchmark_run").root)
    options = TestsetsOptions.model_validate(parameters.get("testsets") or {})
    shown = names[:MOST_RUNS]
    side_by_side = stand_side_by_side(records[:MOST_RUNS], shown)
    pairs = pair_runs(records, names, Draws(options.resamples, options.seed), pairs_of(len(names)))
    on_page = pairs[pairs["first"].isin(shown) & pairs["second"].isin(shown)]
    write = build_comparison(side_by_side, on_page, catalog.load("testset_pages"), options, os.cpu_count() or 1)
    with catalog.load("scratch").draft("comparison.html") as page:
        write(page)
    for name, result in zip(_RESULTS, (pairs, page), strict=True):
        catalog.save(name, result)
    yield from verdict_lines(pairs)
    if len(names) > len(shown):
        yield f"The page shows the first {len(shown)} of {len(names)} runs, the table has all."
    for name in _RESULTS:
        yield f"{name}  {_place(catalog, name).path}"


def _place(catalog: CatalogProtocol[Any, Any], name: str) -> Any:
    """Return a dataset that is one file or folder, for its `path` and `root`."""
    from ocr_project.datasets import Place

    dataset = catalog.get(name)
    assert isinstance(dataset, Place)
    return dataset

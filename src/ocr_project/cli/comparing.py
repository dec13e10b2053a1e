"""`kedro compare`: runs over test sets side by side."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kedro.io import CatalogProtocol

from ocr_project.bench.report import MOST_RUNS
from ocr_project.bench.report.from_records import build_comparison, stand_side_by_side
from ocr_project.bench.report.report_rows import compare_runs as pair_runs
from ocr_project.domain.errors import OptionError
from ocr_project.domain.options import BenchmarkOptions
from ocr_project.engine.metrics import Draws
from ocr_project.storage.run_record import RunRecord, read_record

_LATEST = "latest"


def compare_runs(
    catalog: CatalogProtocol[Any, Any], parameters: Mapping[str, Any], runs: Sequence[str]
) -> Iterator[str]:
    """Write the table of pairs and the page, and say what is beyond doubt.

    Args:
        catalog: Its `benchmark_run` says where records lie; `comparison_table` and `comparison_page` are written.
        parameters: Their `benchmark` has the bootstrap and the number of items shown.
        runs: Two to five, see `kedro compare --help`.

    Yields:
        Lines to show.

    Raises:
        OptionError: A run cannot be found, or there are too few or too many.
    """
    if not 2 <= len(runs) <= MOST_RUNS:
        raise OptionError(
            f"{len(runs)} runs given: name two to {MOST_RUNS}, for example `kedro compare latest BASELINE`"
        )
    dataset: Any = catalog.get("benchmark_run")
    home = Path(dataset._filepath)
    named = [_named(run, home) for run in runs]
    records = [read_record(folder) for _, folder in named]
    names = _distinct([name for name, _ in named], records)
    options = BenchmarkOptions.model_validate(parameters.get("benchmark") or {})
    side_by_side = stand_side_by_side(records, names, options)
    pairs = pair_runs(records, names, Draws(options.resamples, options.seed))
    page = build_comparison(side_by_side, pairs, catalog.load("testset_pages"), options, os.cpu_count() or 1)
    catalog.save("comparison_table", pairs)
    catalog.save("comparison_page", page)
    return _said(catalog, pairs.to_dict("records"))


def _said(catalog: CatalogProtocol[Any, Any], pairs: Sequence[Mapping[Any, Any]]) -> Iterator[str]:
    for row in pairs:
        if row["slice"] == "all":
            better = {"first": row["first"], "second": row["second"]}.get(row["verdict"])
            verdict = f"{better} is better" if better else "open"
            yield (
                f"{row['test_set']:<20}  {row['metric']:<24} {row['first']} {row['first_rate']:.2%} | {row['second']}"
                f" {row['second_rate']:.2%}  ({row['low'] * 100:+.2f} to {row['high'] * 100:+.2f})  {verdict}"
            )
    for name in ("comparison_table", "comparison_page"):
        dataset: Any = catalog.get(name)
        yield f"{name}  {dataset._get_load_path()}"


def _named(run: str, home: Path) -> tuple[str, Path]:
    """Find the folder of a run, and the name that it was given."""
    name, _, place = run.rpartition("=")
    if (Path(place) / "run.json").is_file():
        return name, Path(place)
    versions = sorted(path.name for path in home.glob("*") if (path / home.name / "run.json").is_file())
    found = versions[-1:] if place == _LATEST else [version for version in versions if version.startswith(place)]
    if len(found) != 1:
        known = ", ".join(versions[-8:]) or "none yet"
        problem = "is not a run" if not found else f"is the beginning of {len(found)} runs"
        raise OptionError(f"{place} {problem}. Runs in {home}: {known}. Or give the path of a `benchmark_run`.")
    return name, home / found[0] / home.name


def _distinct(given: Sequence[str], records: Sequence[RunRecord]) -> list[str]:
    """Name the runs: as given, else by the recognizer, with the time where two have the same."""
    names = [name or record.run.recognizer for name, record in zip(given, records, strict=True)]
    twice = {name for name, many in Counter(names).items() if many > 1}
    names = [
        f"{name}, {record.run.created}" if name in twice else name for name, record in zip(names, records, strict=True)
    ]
    return [name if names.count(name) == 1 else f"{name} #{place}" for place, name in enumerate(names, 1)]

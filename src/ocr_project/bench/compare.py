"""Which runs are compared, what they are called, and what the comparison says in a line each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from ocr_project.bench.report.model import MOST_RUNS
from ocr_project.domain.errors import OptionError
from ocr_project.storage.run_record import RunRecord, read_record

_LATEST = "latest"


def read_runs(runs: Sequence[str], home: Path) -> tuple[list[str], list[RunRecord]]:
    """Find runs and read their records.

    Args:
        runs: Two to five: the time of a run or its beginning, `latest`, or a path; `NAME=RUN` gives it a name.
        home: Folder of all runs, one folder per time.

    Returns:
        Names, each different, and records.

    Raises:
        OptionError: A run cannot be found, or there are too few or too many.
    """
    if not 2 <= len(runs) <= MOST_RUNS:
        raise OptionError(
            f"{len(runs)} runs given: name two to {MOST_RUNS}, for example `kedro compare latest BASELINE`"
        )
    found = [_find(run, home) for run in runs]
    records = [read_record(folder) for _, folder in found]
    return _distinct([name for name, _ in found], records), records


def verdict_lines(pairs: pd.DataFrame) -> Iterator[str]:
    """Yield a line for each pair of runs and metric over whole sets: both rates, the interval, which is better."""
    for row in pairs.to_dict("records"):
        if row["slice"] == "all":
            better = {"first": row["first"], "second": row["second"]}.get(row["verdict"])
            verdict = f"{better} is better" if better else "open"
            yield (
                f"{row['test_set']:<20}  {row['metric']:<24} {row['first']} {row['first_rate']:.2%} | {row['second']}"
                f" {row['second_rate']:.2%}  ({row['low'] * 100:+.2f} to {row['high'] * 100:+.2f})  {verdict}"
            )


def _find(run: str, home: Path) -> tuple[str, Path]:
    """Return the name that a run was given, and its folder."""
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
    """Name the runs: as given, otherwise by the recognizer, with the time where two have the same."""
    names = [name or record.run.recognizer for name, record in zip(given, records, strict=True)]
    twice = {name for name, many in Counter(names).items() if many > 1}
    names = [
        f"{name}, {record.run.created}" if name in twice else name for name, record in zip(names, records, strict=True)
    ]
    return [name if names.count(name) == 1 else f"{name} #{place}" for place, name in enumerate(names, 1)]

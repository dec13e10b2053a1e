"""Which runs are compared, what they are called, and what the comparison says in a line each."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import combinations
from pathlib import Path

import pandas as pd

from ocr_project.bench.report.model import MOST_RUNS
from ocr_project.bench.results.pair_words import GAIN, gain_of, why_pair_is_open
from ocr_project.domain.errors import OptionError
from ocr_project.storage.run_record import RunRecord, read_record

_LATEST = "latest"
_MOST_SAID = 4  # settings in the name of a run
_LONGEST = 40  # characters of a setting


def read_runs(runs: Sequence[str], home: Path) -> tuple[list[str], list[RunRecord]]:
    """Find runs and read their records.

    Args:
        runs: Two or more: the time of a run or its beginning, `latest`, or a path; `NAME=RUN` gives it a name.
        home: Folder of all runs, one folder per time.

    Returns:
        Names, each different, and records.

    Raises:
        OptionError: A run cannot be found, or there are too few.
    """
    if len(runs) < 2:
        raise OptionError(f"{len(runs)} run given: name two or more, for example `kedro compare BASELINE latest`")
    found = [_find(run, home) for run in runs]
    records = [read_record(folder) for _, folder in found]
    return _distinct([name for name, _ in found], records), records


def pairs_of(count: int) -> list[tuple[int, int]]:
    """Return which runs are compared, by place: each with each; where a page cannot show all, each with the first."""
    if count > MOST_RUNS:
        return [(0, place) for place in range(1, count)]
    return list(combinations(range(count), 2))


def verdict_lines(pairs: pd.DataFrame) -> Iterator[str]:
    """Yield a line for each pair of runs and metric over whole sets, and before them what their numbers mean."""
    whole = pairs[pairs["slice"] == "all"]
    if len(whole):
        yield GAIN
    for row in whole.to_dict("records"):
        gain, low, high = (100 * value for value in gain_of(row))
        interval = f" ({low:+.2f} to {high:+.2f})" if math.isfinite(low) else ""
        clear = row["verdict"] in ("first", "second")
        said = f"{row[row['verdict']]} is better" if clear else f"open: {why_pair_is_open(row)}"
        yield (
            f"{row['test_set']:<20}  {row['metric']:<24} {row['first']} {row['first_rate']:.2%} →"
            f" {row['second']} {row['second_rate']:.2%}  gain {gain:+.2f}{interval}"
            f"  {row['documents']} document{'s' if row['documents'] != 1 else ''}  {said}"
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
    """Name the runs: as given, otherwise by the recognizer and what differs between those that have the same."""
    names = [name or record.run.recognizer for name, record in zip(given, records, strict=True)]
    twice = {name for name, many in Counter(names).items() if many > 1}
    apart = _differences([record for name, record in zip(names, records, strict=True) if name in twice])
    shared = len(set(names)) == 1  # then what differs says it all, and stands in every line
    said = [
        f"{'' if shared else f'{name}, '}{', '.join(next(apart)) or record.run.created}" if name in twice else name
        for name, record in zip(names, records, strict=True)
    ]
    many = Counter(said)
    said = [
        f"{name}, {record.run.created}" if many[name] > 1 and record.run.created not in name else name
        for name, record in zip(said, records, strict=True)
    ]
    return [name if said.count(name) == 1 else f"{name} #{place}" for place, name in enumerate(said, 1)]


def _differences(records: Sequence[RunRecord]) -> Iterator[list[str]]:
    """Yield for each run what its stages were told that another was told otherwise: `languages=rus`."""
    told = [_settings(record.run.facts) for record in records]
    keys = sorted({key for settings in told for key in settings})
    differ = [key for key in keys if len({settings.get(key) for settings in told}) > 1]
    plain = [key for key in differ if not any(settings.get(key, "").startswith(("{", "[")) for settings in told)]
    differ = plain or differ  # fingerprints of files follow from what a person chose
    names = Counter(name for _, name in differ)
    for settings in told:
        yield [
            f"{name if names[name] == 1 else f'{stage} {name}'}={settings[stage, name]}"
            for stage, name in differ
            if (stage, name) in settings
        ][:_MOST_SAID]


def _settings(facts: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """Read the settings of each stage out of its identity: a name, a revision, and JSON."""
    found: dict[tuple[str, str], str] = {}
    for fact, text in facts.items():
        stage, _, kind = fact.rpartition(" ")
        backend, brace, rest = text.partition(" {")
        if kind != "identity":
            continue
        short = stage.removeprefix("testset_")
        found[short, "backend"] = backend
        with suppress(json.JSONDecodeError):  # an identity without settings, or a fact of another release
            for name, value in json.loads(brace.strip() + rest).items():
                plain = "+".join(map(str, value)) if isinstance(value, list) else str(value)
                found[short, name] = plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"
    return found

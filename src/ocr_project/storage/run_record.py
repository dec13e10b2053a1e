"""What a run over test sets leaves behind to be compared with: a small folder that needs nothing else of the run.

    run.json         when, by what, on what, how fast
    scores.parquet   one row an item and metric (`Score`)
    items.parquet    one row an item: what is known, what was answered, how long it took, what was wrong

Images are not in it: they belong to the test set, and a report takes them from the pages that are there.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pandas as pd

from ocr_project.domain.errors import OptionError
from ocr_project.domain.schemas import current_names
from ocr_project.domain.types import Score
from ocr_project.storage.atomic import atomic_folder

ITEM_COLUMNS = (
    "page_id", "path", "test_set", "kind", "cluster", "slices", "payload", "question", "answer", "format", "seconds",
    "tokens", "retried", "fault", "status", "reason", "shard",
)  # fmt: skip
_RUN, _SCORES, _ITEMS = "run.json", "scores.parquet", "items.parquet"


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a run was.

    Attributes:
        recognizer: Name of the recognizer and its model.
        created: When, UTC.
        facts: Commit, machine, identities: one line each.
        speed: What `measure_stage` says of the recognition.
        shards: Seconds a page of each shard of the recognition, by its name.
        parameters: Leaf by leaf.
        made_from: What tells the shards that it was collected from, by stage.
    """

    recognizer: str
    created: str
    facts: dict[str, str] = field(default_factory=dict)
    speed: dict[str, float] = field(default_factory=dict)
    shards: dict[str, float] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    made_from: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class RunRecord:
    """A run over test sets, with its scores and items; `items` has `ITEM_COLUMNS`, `scores` those of `Score`."""

    run: RunFacts
    scores: pd.DataFrame
    items: pd.DataFrame


def write_record(folder: Path, record: RunRecord) -> None:
    """Write a record; a folder that was there is replaced once the new one is whole."""
    text = json.dumps(asdict(record.run), indent=2, ensure_ascii=False)
    with atomic_folder(folder) as draft:
        (draft / _RUN).write_text(text + "\n", encoding="utf-8")
        record.scores.to_parquet(draft / _SCORES, index=False)
        record.items.to_parquet(draft / _ITEMS, index=False)


def read_record(folder: Path) -> RunRecord:
    """Read a record.

    Raises:
        OptionError: There is none, or it is not one; the message says what a record is.
    """
    missing = [name for name in (_RUN, _SCORES, _ITEMS) if not (folder / name).is_file()]
    if missing:
        raise OptionError(
            f"{folder} is not the record of a testsets run: {', '.join(missing)} is missing. `kedro run --pipelines"
            " testsets` writes one under data/08_reporting/benchmark_run, in a folder named by its time."
        )
    run = RunFacts(**json.loads((folder / _RUN).read_text(encoding="utf-8")))
    scores = current_names(pd.read_parquet(folder / _SCORES), Score)  # earlier runs have the old names
    return RunRecord(run, scores, pd.read_parquet(folder / _ITEMS))

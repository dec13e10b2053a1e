"""What became of the entries of all sources, counted: rows in are those used and those refused, by rule."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from ocr_project.domain.options import RuntimeOptions
from ocr_project.domain.outside_text import metric_name
from ocr_project.domain.protocols import ShardSource
from ocr_project.domain.types import Split, Status
from ocr_project.engine.running.stage_metrics import Metrics, measure_stage

WITHOUT = ("image",)
_COLUMNS = ("source", "document", "place", "split", "status", "rule", "reason")


def count_samples(training_samples: ShardSource, runtime: RuntimeOptions) -> Metrics:
    """Count rows.

    Returns:
        `rows` = `used` + `refused`; of the used ones `train`, `valid`, `test`, `documents`, `characters`, and
        `duplicates`, which say the same as another one; of the refused ones `refused.<rule>` each; and the figures of
        `measure_stage`.
    """
    splits: Counter[str] = Counter()
    rules: Counter[str] = Counter()
    ids: set[str] = set()
    documents: set[str] = set()
    characters = 0
    for row in training_samples.rows(without=WITHOUT):
        if row.status is Status.OK:
            splits[row.split] += 1
            ids.add(row.sample_id)
            documents.add(row.document)
            characters += len(row.answer)
        else:
            rules[row.rule] += 1
    used, refused = splits.total(), rules.total()
    return {
        **measure_stage(training_samples, runtime),
        "rows": used + refused,
        "used": used,
        "refused": refused,
        **{split.value: splits[split] for split in Split},
        "documents": len(documents),
        "characters": characters,
        "duplicates": used - len(ids),
        **{f"refused.{metric_name(rule)}": number for rule, number in sorted(rules.items())},
    }


def list_refusals(training_samples: ShardSource) -> pd.DataFrame:
    """List the rows that are not used, each with its rule and reason."""
    rows = [
        [getattr(row, column) for column in _COLUMNS]
        for row in training_samples.rows(without=WITHOUT)
        if row.status is not Status.OK
    ]
    return pd.DataFrame(rows, columns=list(_COLUMNS))

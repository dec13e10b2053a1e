"""What the gate's table says, in sentences: for the terminal, for the page and for the error that ends a run."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pandas as pd

from ocr_project.bench.results.doubt import DOCUMENTS, METRICS, WIDTH

WORSE, FINE, OPEN, GONE = "worse", "fine", "open", "gone"
VERDICTS = (WORSE, GONE, OPEN, FINE)
_WHY = {
    DOCUMENTS: "fewer than 3 documents",
    METRICS: "too few documents for so many comparisons",
    WIDTH: "the interval is wider than the tolerance can tell",
}


def count_verdicts(table: pd.DataFrame) -> str:
    """Say how many of each verdict there are, and why those that are open are so; empty where nothing was judged."""
    if not len(table):
        return ""
    verdicts, why = Counter(table["verdict"]), Counter(table.loc[table["verdict"] == OPEN, "why"])
    found = [f"{verdicts[name]} {name}" for name in VERDICTS if verdicts[name]]
    reasons = [f"{why[name]} {words}" for name, words in _WHY.items() if why[name]]
    return ", ".join(found) + (f" (open: {'; '.join(reasons)})" if reasons else "")


def gate_losses(table: pd.DataFrame) -> list[str]:
    """Say of each line of the gate's table that is worse or gone what it is, by how much, with its interval."""
    return [describe(row) for row in table.to_dict("records") if row["verdict"] in (WORSE, GONE)]


def gate_doubts(table: pd.DataFrame) -> list[str]:
    """Say of each line of the gate's table that is open what is known, why it is open, and what could close it."""
    return [f"{describe(row)}: {why_open(row)}" for row in table.to_dict("records") if row["verdict"] == OPEN]


def describe(row: Mapping[Any, Any]) -> str:
    """Say of a line of the gate's table what it is, by how much it is worse or better, with its interval."""
    name = f"{row['what']}, {row['metric']}"
    if row["verdict"] == GONE:
        return f"{name}: the baseline has it, this run has not"
    seconds = row["metric"] == "seconds"
    unit, form = ("%", "{:.3f} s") if seconds else ("points", "{:.2%}")
    by, low, high, least = (row[key] * 100 for key in ("worse_by", "low", "high", "tolerance"))
    interval = f"95 % interval {low:.2f} to {high:.2f}" if math.isfinite(low) else "no interval"
    way = f"worse by {by:.2f}" if by >= 0 else f"better by {-by:.2f}"
    things = f"{row['items']:.0f} items" + ("" if seconds else f" of {row['documents']:.0f} documents")
    return (
        f"{name}: {form.format(row['baseline'])} → {form.format(row['now'])}, {way} {unit}"
        f" ({interval}, {least:.2f} tolerated; {things})"
    )


def why_open(row: Mapping[Any, Any]) -> str:
    """Say why a line is open, and with about how many documents it could be closed."""
    if row["why"] == DOCUMENTS:
        return f"{_WHY[DOCUMENTS]}, at least {row['needed']:.0f} are needed"
    if math.isfinite(row["needed"]):
        return f"{_WHY[row['why']]}; about {row['needed']:.0f} documents could tell"
    return f"{_WHY[row['why']]}; the difference is about what is tolerated, and no number of documents is sure to tell"

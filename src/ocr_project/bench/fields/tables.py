"""Scores of answers as tables: overall, by document type, field, split and further slices, with 95 % intervals.

Whole documents are what chance draws: questions about one image share its blur. A question without an answer counts as
wrong, and is counted in `missing`; there is no rate without it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ocr_project.bench.metrics.catalog import by_weight
from ocr_project.domain.types import Question, Score, Status
from ocr_project.engine.metrics.resampling import estimate_rates

OVERALL, DOC_TYPE, DOC_QUESTION, FIELD, SPLIT = "overall", "doc_type", "doc_question", "field", "split"
COLUMNS = (
    *("level", "name", "doc_type", "field", "metric", "items", "missing", "documents"),
    *("numerator", "denominator", "rate", "low", "high"),
)


@dataclass(frozen=True, slots=True)
class Slice:
    """Questions that are counted together.

    Attributes:
        level: One of the constants of this module, or the name of a further column of the set.
        name: Its value; `all` overall, of `doc_question` what prompts are found by.
        doc_type: Where all have one; else empty.
        field: Where all have one; else empty.
        members: Which questions, by place.
    """

    level: str
    name: str
    doc_type: str
    field: str
    members: NDArray[np.bool_]


def slices_of(questions: Sequence[Question]) -> list[Slice]:
    """List the slices of questions: overall, then level by level, in the order in which the set names them."""
    found: dict[tuple[str, str, str, str], list[int]] = {}
    for place, one in enumerate(questions):
        for key in _keys(one):
            found.setdefault(key, []).append(place)
    order = list(dict.fromkeys(level for level, *_ in found))
    slices = []
    for key, places in sorted(found.items(), key=lambda pair: order.index(pair[0][0])):
        members = np.zeros(len(questions), np.bool_)
        members[places] = True
        slices.append(Slice(*key, members))
    return slices


def tabulate_fields(questions: Sequence[Question], scores: Sequence[Score]) -> pd.DataFrame:
    """Add up scores by slice and metric.

    Args:
        questions: In order.
        scores: As `score_questions` returns them for these questions.

    Returns:
        `COLUMNS`: a row for each slice and metric, metrics in the order of weight. `missing` are the questions without
        an answer; `low` and `high` are NaN where fewer than three documents have a share, or all are alike.
    """
    metrics = sorted({score.metric for score in scores}, key=by_weight)
    place = {str(question.question_id): number for number, question in enumerate(questions)}
    column = {metric: number for number, metric in enumerate(metrics)}
    top, bottom = np.zeros((2, len(questions), len(metrics)))
    missing = np.zeros(len(questions), np.bool_)
    for score in scores:
        at = place[score.item_id], column[score.metric]
        top[at], bottom[at] = score.numerator, score.denominator
        missing[at[0]] |= score.status is Status.FAILED
    documents = np.asarray([question.document for question in questions])
    rows: list[Mapping[str, Any]] = []
    slices = slices_of(questions)
    spread = [np.where(one.members[:, None], side, 0.0) for side in (top, bottom) for one in slices]
    tops, bottoms = np.hstack(spread[: len(slices)]), np.hstack(spread[len(slices) :])
    estimates = estimate_rates(tops, bottoms, list(documents))
    for number, one in enumerate(slices):
        about = {
            "level": one.level, "name": one.name, "doc_type": one.doc_type, "field": one.field,
            "items": int(one.members.sum()), "missing": int((one.members & missing).sum()),
            "documents": len(set(documents[one.members])),
        }  # fmt: skip
        for metric in metrics:
            at_column = number * len(metrics) + column[metric]
            rows.append(
                {
                    **about,
                    "metric": metric,
                    "numerator": float(tops[:, at_column].sum()),
                    "denominator": float(bottoms[:, at_column].sum()),
                    "rate": float(estimates.value[at_column]),
                    "low": float(estimates.low[at_column]),
                    "high": float(estimates.high[at_column]),
                }
            )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def measure_fields(table: pd.DataFrame) -> dict[str, float]:
    """Return the overall figures for MLflow and DVC; what is not a number is left out, for JSON has no NaN."""
    whole = table[table["level"] == OVERALL]
    found: dict[str, float] = {}
    for row in whole.to_dict("records"):
        name = str(row["metric"]).replace("/", ".")
        found |= {"questions": row["items"], "missing": row["missing"], "documents": row["documents"]}
        found |= {name: row["rate"], f"{name}.low": row["low"], f"{name}.high": row["high"]}
    return {name: float(value) for name, value in found.items() if not math.isnan(value)}


def _keys(one: Question) -> Iterator[tuple[str, str, str, str]]:
    yield OVERALL, "all", "", ""
    yield DOC_TYPE, one.doc_type, one.doc_type, ""
    yield DOC_QUESTION, f"{one.doc_type} {one.field}", one.doc_type, one.field
    yield FIELD, one.field, "", one.field
    if one.split:
        yield SPLIT, one.split, "", ""
    for name, value in one.slices:
        yield name, value, "", ""

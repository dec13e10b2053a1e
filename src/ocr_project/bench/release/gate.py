"""A run against the release, and against the time limit; what the verdicts mean: `bench/results/gate`."""

from __future__ import annotations

import pandas as pd

from ocr_project.bench.results.gate import Tolerances, give_verdicts, judge_quality, judge_speed
from ocr_project.domain.errors import OptionError
from ocr_project.domain.options import ReleaseOptions
from ocr_project.engine.metrics.resampling import Draws
from ocr_project.storage.run_record import RunRecord

LIMIT = "time limit per document"
QUESTIONS = "a question"


def judge_release(record: RunRecord, released: RunRecord | None, options: ReleaseOptions) -> pd.DataFrame:
    """Judge quality and time against the release, and time against the limit.

    Args:
        record: Of this run.
        released: Of the release; None where there is none yet.
        options: Metrics, tolerances, limit.

    Returns:
        `GATE_COLUMNS`.

    Raises:
        OptionError: The two were not asked the same, or a metric is in neither.
    """
    draws = Draws(options.resamples, options.seed)
    parts = []
    if released is not None:
        _check_alike(record, released)
        tolerances = Tolerances(options.tolerance, options.tolerances, options.speed_tolerance)
        before, now = _deciding(released, options), _deciding(record, options)
        parts.append(judge_quality(before, now, record.items, tolerances, draws))
        if options.speed_tolerance is not None:
            times = _seconds(released, "page_id"), _seconds(record, "page_id")
            parts.append(judge_speed(QUESTIONS, *times, options.speed_tolerance, draws))
    if options.limit_seconds is not None:
        taken = _seconds(record, "cluster")
        limit = dict.fromkeys(taken, options.limit_seconds)
        parts.append(judge_speed(LIMIT, limit, taken, 0.0, draws))
    return give_verdicts(*parts)


def _check_alike(record: RunRecord, released: RunRecord) -> None:
    """See that both were asked the same questions with the same ground truths.

    Raises:
        OptionError: They were not: numbers of other questions mean nothing side by side.
    """
    columns = ["test_set", "page_id", "cluster", "payload"]
    now, before = ({tuple(row) for row in one.items[columns].itertuples(index=False)} for one in (record, released))
    if now != before:
        raise OptionError(
            f"the release was asked other questions: {len(before - now)} of its {len(before)} are not among the"
            f" {len(now)} of this run, or have another ground truth. Take the same fields.set and filters, or record"
            " the released image anew"
        )


def _deciding(record: RunRecord, options: ReleaseOptions) -> pd.DataFrame:
    """Return the scores of the metrics that decide."""
    known = set(record.scores["metric"])
    if unknown := [name for name in options.metrics if name not in known]:
        raise OptionError(f"release.metrics: {', '.join(unknown)} is not a metric of fields; known: {sorted(known)}")
    return record.scores[record.scores["metric"].isin(options.metrics)]


def _seconds(record: RunRecord, key: str) -> dict[str, float]:
    """Add up the seconds of what was answered: what has no answer is judged by its scores."""
    answered = record.items[record.items["status"].isin(["ok", "empty"])]
    return {str(name): float(value) for name, value in answered.groupby(key)["seconds"].sum().items()}

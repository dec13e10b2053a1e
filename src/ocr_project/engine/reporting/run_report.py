"""The report of a run: prepares its data for the templates that show it."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ocr_project.engine.reporting.charts import cer_histogram, confidence_plot, forest, stage_bars
from ocr_project.engine.reporting.model import FailureRow, GroupRow, PageCard, Rate, Report, RetrievalRow, StageRow
from ocr_project.engine.reporting.page import ahead, write_page
from ocr_project.engine.reporting.page_image import as_data_uri, overlay, region_colour

_CER = "cer_no_space"
_UNKNOWN = Rate(math.nan, math.nan, math.nan, 0, 0)
_TOTALS = ("documents", "pages", "regions", "failures")

# By the `code` of the error tree in `domain/errors.py`, with which such a reason begins.
_ADVICE = {
    "broken": "Open the file in a viewer. If that fails too, get a fresh copy and run again.",
    "encrypted": "Save a copy without the password in place of this file and run again.",
    "too_large": "If the page is meant to be this large, raise ingest.max_pixels; if not, scan or export it smaller.",
    "unsupported": "Convert it to PDF, PNG, JPEG, TIFF or WebP, or exclude it with ingest.include.",
}
_CODE = re.compile(r"([a-z_]+): ")


def write_report(path: Path, report: Report, workers: int = 1) -> None:
    """Write a report as one self-contained HTML file, atomically.

    Pages are taken from `report.pages` while the file is written, so that memory does not grow with their number.
    Where something fails midway, a report that was there before stays.

    Args:
        path: The file; its folder is made where it is missing.
        report: See `model.Report`. Images are scaled down to 800 px of width.
        workers: Pages whose images are prepared at once.

    Raises:
        StorageError: The file cannot be written.
    """
    failures = [ExplainedFailure.of(row) for row in report.failures]
    values = {
        "title": report.title,
        "created": report.created,
        "report": report,
        "totals": {**dict.fromkeys(_TOTALS, 0), **report.totals},
        "overall": report.overall.get(_CER, _UNKNOWN),
        "plots": {
            "Pages by error rate": cer_histogram(report.points),
            "Confidence against error rate": confidence_plot(report.points),
            "Time by stage": stage_bars(report.stages),
        },
        "failures": failures,
        "failure_codes": Counter(failure.code or "other" for failure in failures).most_common(),
        "searches": [
            RetrievalTable.of([row for row in report.retrieval.searches if bool(row.part) is in_parts])
            for in_parts in (False, True)
        ],
        "recognizers": RetrievalTable.of(report.retrieval.recognizers),
        "pages": ahead((partial(ShownPage.of, card, rank) for rank, card in enumerate(report.pages, 1)), workers),
        "UNKNOWN": _UNKNOWN,
        "busy_workers": busy_workers,
        "forest": forest,
        "metric_title": metric_title,
        "overlay": overlay,
        "region_colour": region_colour,
        "score_scale": score_scale,
    }
    write_page(path, "run_report.html.j2", values)


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A page with its image as a `data:` address, or what is wrong with the image; `rank` counts from 1."""

    card: PageCard
    rank: int
    image: str
    problem: str

    @classmethod
    def of(cls, card: PageCard, rank: int) -> ShownPage:
        return cls(card, rank, *as_data_uri(card.image))


@dataclass(frozen=True, slots=True)
class ExplainedFailure:
    """A failure with its reason split into a known code and the rest, and advice; other reasons have neither."""

    row: FailureRow
    code: str
    reason: str
    advice: str

    @classmethod
    def of(cls, row: FailureRow) -> ExplainedFailure:
        match = _CODE.match(row.reason)
        if not match or match[1] not in _ADVICE:
            return cls(row, "", row.reason, "")
        return cls(row, match[1], row.reason[match.end() :], _ADVICE[match[1]])


@dataclass(frozen=True, slots=True)
class RetrievalTable:
    """Searches or recognizers side by side.

    Attributes:
        metrics: Columns, in the order in which they first occur.
        best: By part of the questions and metric: the value that is marked; NaN where there is nothing to compare.
    """

    rows: Sequence[RetrievalRow]
    metrics: Sequence[str]
    best: dict[tuple[str, str], float]

    @classmethod
    def of(cls, rows: Sequence[RetrievalRow]) -> RetrievalTable:
        metrics = list(dict.fromkeys(metric for row in rows for metric in row.rates))
        parts = {row.part for row in rows}
        return cls(rows, metrics, {(part, metric): _best(rows, part, metric) for part in parts for metric in metrics})


def _best(rows: Sequence[RetrievalRow], part: str, metric: str) -> float:
    """Return the best value of a column: the smallest error rate, the largest of anything else."""
    values = {row.rates[metric].value for row in rows if row.part == part and metric in row.rates}
    known = {value for value in values if math.isfinite(value)}
    if len(known) < 2:  # one alone, or all equal
        return math.nan
    return min(known) if metric == _CER else max(known)


def busy_workers(row: StageRow) -> float:
    """Return how many workers were busy on average; NaN where that is not known."""
    return row.busy_seconds / row.seconds if row.seconds > 0 and row.busy_seconds > 0 else math.nan


def score_scale(rows: Sequence[GroupRow]) -> float:
    """Return the right end of the axis on which a table draws its intervals: at most 1."""
    return min(1.0, max(_ends(rows), default=0.0))


def _ends(rows: Sequence[GroupRow]) -> Iterator[float]:
    for row in rows:
        rate = row.rates.get(_CER, _UNKNOWN)
        yield from (end for end in (rate.value, rate.high) if math.isfinite(end))


def metric_title(metric: str) -> str:
    """Write a metric for people: `ndcg@5` is nDCG@5."""
    name, at, cutoff = metric.partition("@")
    titles = {"ndcg": "nDCG", "recall": "Recall", "mrr": "MRR", "map": "MAP", _CER: "CER without spaces"}
    return titles.get(name, name) + at + cutoff

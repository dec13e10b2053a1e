"""Writes the report of test sets, of one run or of several side by side, on the layout of all reports."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from pathlib import Path

from ocr_project.bench.report.model import MOST_RUNS, BenchmarkReport, CellView, ItemCard, ScoreLine
from ocr_project.bench.report.panels import ALL, scatter_panels, slice_panels, summary_panels, time_panel
from ocr_project.engine.reporting.markup import count
from ocr_project.engine.reporting.page import ahead, write_page
from ocr_project.engine.reporting.page_image import as_data_uri

_MOST_CELLS = 2_000  # of a table that is drawn; what a runaway answer adds is left to its text


def write_benchmark_report(path: Path, report: BenchmarkReport, workers: int = 1) -> None:
    """Write a report of test sets as one self-contained HTML file, atomically.

    Args:
        path: The file; its folder is made where it is missing.
        report: See `model.BenchmarkReport`. Images are scaled down to 900 px of width.
        workers: Items whose images are prepared at once.

    Raises:
        ValueError: No run, or more than five.
        StorageError: The file cannot be written.
    """
    if not 1 <= len(report.runs) <= MOST_RUNS:
        raise ValueError(f"{len(report.runs)} runs: a report shows one to {MOST_RUNS}")
    values = {
        "title": report.title,
        "created": report.created,
        "report": report,
        "many": len(report.runs) > 1,
        "summary": list(_summary(report)),
        "panels": list(summary_panels(report)),
        "slice_panels": list(slice_panels(report)),
        "time_panel": time_panel(report),
        "scatter_panels": list(scatter_panels(report)),
        "items": ahead((partial(ShownItem.of, card, rank) for rank, card in enumerate(report.items, 1)), workers),
        "ALL": ALL,
        "best_rate": best_rate,
        "picture_address": picture_address,
        "rows_within": rows_within,
    }
    write_page(path, "benchmark.html.j2", values, (__package__,))


@dataclass(frozen=True, slots=True)
class ShownItem:
    """An item with its image as a `data:` address, or what is wrong with the image; `rank` counts from 1.

    Attributes:
        faults: All that is wrong with its answers, by which cards are filtered.
    """

    card: ItemCard
    rank: int
    faults: str
    image: str
    problem: str

    @classmethod
    def of(cls, card: ItemCard, rank: int) -> ShownItem:
        faults = [answer.fault for answer in card.answers if answer.fault]
        if any(math.isnan(value) for answer in card.answers for _, value, _ in answer.scores):
            faults.append("not scored")
        return cls(card, rank, ", ".join(dict.fromkeys(faults)), *as_data_uri(card.image))


@dataclass(frozen=True, slots=True)
class SummaryCard:
    """A figure of each run; `bad` where one of them should be zero and is not."""

    title: str
    figures: list[str]
    bad: bool = False


def _summary(report: BenchmarkReport) -> Iterator[SummaryCard]:
    """Yield the cards at the head: how much was scored, what went wrong, how fast it was."""

    def of_runs(title: str, number_of: Callable[[int], int], *, zero_is_good: bool = False) -> SummaryCard:
        numbers = [number_of(run) for run in range(len(report.runs))]
        return SummaryCard(title, [count(number) for number in numbers], zero_is_good and any(numbers))

    def unscored(run: int) -> int:
        whole = (line.values[run] for line in report.scores if line.slice == ALL and line.headline)
        return sum(value.failed for value in whole if value is not None)

    yield SummaryCard("Test sets", [count(len({line.test_set for line in report.scores}))])
    yield of_runs("Items", lambda run: sum(line.items for line in report.answers if line.run == run))
    yield of_runs("Could not be scored", unscored, zero_is_good=True)
    yield of_runs(
        "Loops, cut, empty",
        lambda run: sum(sum(line.faults.values()) for line in report.answers if line.run == run),
        zero_is_good=True,
    )
    for title in dict.fromkeys(name for run in report.runs for name in run.speed):
        yield SummaryCard(title, [run.speed.get(title, "–") for run in report.runs])


def best_rate(line: ScoreLine) -> float:
    """Return the best of a line's rates; NaN where there is one alone, or all are equal."""
    known = {value.rate for value in line.values if value is not None and math.isfinite(value.rate)}
    if len(known) < 2:
        return math.nan
    return max(known) if line.higher_is_better else min(known)


def rows_within(rows: Sequence[Sequence[CellView]]) -> Sequence[Sequence[CellView]]:
    """Return the rows of a table that are drawn: as many as have 2,000 cells together."""
    cells = accumulate(len(row) for row in rows)
    return rows[: sum(total <= _MOST_CELLS for total in cells)]


def picture_address(picture: bytes) -> str:
    """Return a PNG as a `data:` address."""
    return "data:image/png;base64," + base64.b64encode(picture).decode("ascii")

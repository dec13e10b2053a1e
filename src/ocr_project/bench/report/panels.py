"""Which plots the report of test sets shows: headlines, differences, slices, times, items as dots."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from ocr_project.bench.report.charts import PlotRow, PlottedValue, interval_plot, scatter_plot, time_plot
from ocr_project.bench.report.model import BenchmarkReport, PairLine, ScoreLine, Value
from ocr_project.engine.reporting.markup import count, latency

ALL = "all"


@dataclass(frozen=True, slots=True)
class Panel:
    """A plot with what is written above it."""

    caption: str
    plot: Markup
    note: str = ""


def summary_panels(report: BenchmarkReport) -> Iterator[Panel]:
    """Yield the plots of whole test sets: headlines, and differences where there are several runs."""
    heads = [line for line in report.scores if line.headline and line.slice == ALL]
    plot = interval_plot(_score_rows(heads, report), "Headlines")
    yield Panel("Headline of each test set, with 95 % intervals", plot)
    pairs = [line for line in report.pairs if line.headline and line.slice == ALL]
    if pairs:
        plot = interval_plot([_pair_row(line, report) for line in pairs], "Differences", around_zero=True)
        note = "In percentage points; better is to the right, also where lower is better."
        yield Panel("Differences on the same items", plot, note)


def slice_panels(report: BenchmarkReport) -> Iterator[Panel]:
    """Yield the headline of each test set by each of its slices; the page shows the one that is chosen."""
    lines = [line for line in report.scores if line.headline and line.slice != ALL]
    for (test_set, name), group in groupby(lines, key=lambda line: (line.test_set, line.slice)):
        held = list(group)
        plot = interval_plot(_score_rows(held, report, by_value=True), f"{test_set} by {name}")
        if plot:
            yield Panel(f"{test_set} by {name}: {held[0].title}", plot)


def time_panel(report: BenchmarkReport) -> Panel:
    """Return the plot of the seconds per item."""
    rows = []
    for test_set, lines in groupby(report.answers, key=lambda line: line.test_set):
        values = []
        for answers in lines:
            p50, p95, p99 = (answers.seconds[name] for name in ("p50", "p95", "p99"))
            tip = f"{report.runs[answers.run].name}: p50 {latency(p50)}, p95 {latency(p95)}, p99 {latency(p99)}"
            values.append(PlottedValue(answers.run, p50, p95, p99, tip))
        rows.append(PlotRow(test_set, "", values))
    return Panel("Seconds per item: dot p50, bar to p95, line to p99", time_plot(rows, "Seconds"))


def scatter_panels(report: BenchmarkReport) -> Iterator[Panel]:
    """Yield the items of each test set as dots."""
    for scatter in report.scatters:
        if scatter.points:
            note = f"{count(scatter.apart)} of {count(len(scatter.points))} items differ by more than 5 points."
            yield Panel(scatter.caption, scatter_plot(scatter, report.shown), note)


def _score_rows(lines: Sequence[ScoreLine], report: BenchmarkReport, *, by_value: bool = False) -> list[PlotRow]:
    return [
        PlotRow(
            (line.value or "(none)") if by_value else line.test_set,
            f"{count(line.items)} item{'s' if line.items != 1 else ''}"
            if by_value
            else f"{line.title} {'↑' if line.higher_is_better else '↓'}",
            [
                PlottedValue(run, value.rate, value.low, value.high, f"{report.runs[run].name}: {_said_of(value)}")
                for run, value in enumerate(line.values)
                if value is not None
            ],
        )
        for line in lines
    ]


def _said_of(value: Value) -> str:
    ends = f" ({value.low * 100:.2f} to {value.high * 100:.2f})" if math.isfinite(value.low) else ""
    return f"{value.rate * 100:.2f} %{ends}" + (f", {value.failed} could not be scored" if value.failed else "")


def _pair_row(line: PairLine, report: BenchmarkReport) -> PlotRow:
    """Draw gains: right of zero the second run is better."""
    first, second = report.runs[line.first].name, report.runs[line.second].name
    tip = f"{second} against {first}: {line.gain * 100:+.2f} points"
    if math.isfinite(line.low):
        tip += f" ({line.low * 100:+.2f} to {line.high * 100:+.2f}), better with probability {line.better:.3f}"
    note = line.title if len(report.runs) == 2 else f"{second} against {first}"
    return PlotRow(line.test_set, note, [PlottedValue(line.second, line.gain, line.low, line.high, tip)])

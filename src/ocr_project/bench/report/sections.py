"""The parts of a report of test sets that are not items: cards of the summary, plots, tables."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby

from ocr_project.bench.report.model import AnswerLine, BenchmarkReport, PairLine, RunColumn, ScoreLine, Value
from ocr_project.bench.report.plots import Mark, PlotRow, cloud_plot, interval_plot, time_plot
from ocr_project.engine.reporting.markup import DASH, chip, count, escape, interval, percent
from ocr_project.engine.reporting.tables import definitions, head_cell, number_cell, sortable, table, table_row

_ALL = "all"
_FAULTS = ("loop", "cut", "empty")
_UP, _DOWN = (
    '<span class="way" title="higher is better">↑</span>',
    '<span class="way" title="lower is better">↓</span>',
)


def run_chip(run: int, runs: Sequence[RunColumn]) -> str:
    """Return a run's letter in its colour, with its name."""
    return f'<span class="run run{run}"><i></i>{escape(runs[run].name)}</span>'


def legend(runs: Sequence[RunColumn]) -> str:
    """Return the runs with a switch each; an empty string for a single run."""
    if len(runs) < 2:
        return ""
    switches = (
        f'<label class="run run{place}"><input type="checkbox" class="run-switch" data-run="{place}" checked>'
        f"<i></i>{escape(run.name)}</label>"
        for place, run in enumerate(runs)
    )
    return f'<div class="legend-runs" role="group" aria-label="Runs">{"".join(switches)}</div>'


def summary_cards(report: BenchmarkReport) -> str:
    """Return the cards at the head: how much was scored, what went wrong, how fast it was."""
    sets = {line.test_set for line in report.scores}
    many = len(report.runs) > 1
    cards = [
        _card("Test sets", [(0, count(len(sets)))]),
        _card("Items", [(0, count(_items(report, 0)))]) if not many else "",
    ]
    whole = range(len(report.runs))
    if many:
        cards.append(_card("Items", [(run, count(_items(report, run))) for run in whole], many))
    failed = [(run, count(_unscored(report, run))) for run in whole]
    cards.append(_card("Could not be scored", failed, many, bad=any(text != "0" for _, text in failed)))
    faults = [(run, count(sum(sum(a.faults.values()) for a in report.answers if a.run == run))) for run in whole]
    cards.append(_card("Loops, cut, empty", faults, many, bad=any(text != "0" for _, text in faults)))
    for title in dict.fromkeys(name for run in report.runs for name in run.speed):
        cards.append(
            _card(title, [(place, escape(run.speed.get(title, "–"))) for place, run in enumerate(report.runs)], many)
        )
    return "".join(cards)


def _items(report: BenchmarkReport, run: int) -> int:
    return sum(line.items for line in report.answers if line.run == run)


def _unscored(report: BenchmarkReport, run: int) -> int:
    whole = (line.values[run] for line in report.scores if line.slice == _ALL and line.headline)
    return sum(value.failed for value in whole if value is not None)


def _card(title: str, figures: Sequence[tuple[int, str]], many: bool = False, bad: bool = False) -> str:
    kind = "stat bad" if bad else "stat"
    if not many:
        return f'<div class="{kind}"><dt>{title}</dt><dd class="big">{figures[0][1]}</dd></div>'
    rows = "".join(f'<li class="run run{run}"><i></i><b>{text}</b></li>' for run, text in figures)
    return f'<div class="{kind}"><dt>{title}</dt><dd><ul class="figures">{rows}</ul></dd></div>'


def panels(report: BenchmarkReport) -> Iterator[str]:
    """Yield the plots: headlines, differences, slices, times."""
    heads = [line for line in report.scores if line.headline and line.slice == _ALL]
    yield _panel(
        "Headline of each test set, with 95 % intervals", interval_plot(_score_rows(heads, report), "Headlines")
    )
    pairs = [line for line in report.pairs if line.headline and line.slice == _ALL]
    if pairs:
        note = '<p class="hint">Points of a hundred; better is to the right, also where less is better.</p>'
        plot = interval_plot([_pair_row(line, report) for line in pairs], "Differences", around_zero=True)
        yield _panel("Differences on the same items", plot, note)
    yield _slice_panel(report)
    yield _panel("Seconds an item: dot p50, bar to p95, line to p99", time_plot(_time_rows(report), "Seconds"))


def cloud_panels(report: BenchmarkReport) -> str:
    """Return a panel for each cloud of items."""
    return "".join(
        _panel(
            cloud.caption,
            cloud_plot(cloud, report.shown),
            f'<p class="hint">{count(cloud.apart)} of {count(len(cloud.points))} items part by over 5 points.</p>',
            "cloud",
        )
        for cloud in report.clouds
        if cloud.points
    )


def _panel(caption: str, plot: str, note: str = "", kind: str = "") -> str:
    if not plot:
        return ""
    return f'<figure class="panel {kind}"><figcaption>{escape(caption)}</figcaption>{note}{plot}</figure>'


def _score_rows(lines: Sequence[ScoreLine], report: BenchmarkReport, *, by_value: bool = False) -> list[PlotRow]:
    return [
        PlotRow(
            (line.value or "(none)") if by_value else line.test_set,
            f"{count(line.items)} items" if by_value else f"{line.title} {'↑' if line.higher_is_better else '↓'}",
            [
                Mark(run, value.rate, value.low, value.high, f"{report.runs[run].name}: {_plain(value)}")
                for run, value in enumerate(line.values)
                if value is not None
            ],
        )
        for line in lines
    ]


def _plain(value: Value) -> str:
    ends = f" ({value.low * 100:.2f} to {value.high * 100:.2f})" if math.isfinite(value.low) else ""
    return f"{value.rate * 100:.2f} %{ends}" + (f", {value.failed} could not be scored" if value.failed else "")


def _pair_row(line: PairLine, report: BenchmarkReport) -> PlotRow:
    """Turn differences so that right of zero is better, whatever the metric."""
    sign = 1.0 if line.higher_is_better else -1.0
    low, high = sorted((sign * line.low, sign * line.high)) if math.isfinite(line.low) else (math.nan, math.nan)
    first, second = report.runs[line.first].name, report.runs[line.second].name
    tip = f"{second} against {first}: {sign * line.difference * 100:+.2f} points"
    if math.isfinite(low):
        tip += f" ({low * 100:+.2f} to {high * 100:+.2f}), better with probability {line.better:.3f}"
    note = line.title if len(report.runs) == 2 else f"{second} against {first}"
    return PlotRow(line.test_set, note, [Mark(line.second, sign * line.difference, low, high, tip)])


def _slice_panel(report: BenchmarkReport) -> str:
    """Draw headlines by slice: one plot a set and slice, of which the page shows the one that is chosen."""
    lines = [line for line in report.scores if line.headline and line.slice != _ALL]
    plots = []
    for (test_set, name), held in groupby(lines, key=lambda line: (line.test_set, line.slice)):
        rows = list(held)
        plot = interval_plot(_score_rows(rows, report, by_value=True), f"{test_set} by {name}")
        caption = f"{test_set} by {name}: {rows[0].title}"
        if plot:
            plots.append(f'<div class="choice" data-choice="{escape(caption)}"><h4>{escape(caption)}</h4>{plot}</div>')
    if not plots:
        return ""
    chooser = '<label class="chooser">Slice <select class="chooses"></select></label>'
    return f'<figure class="panel chosen"><figcaption>Headline by slice</figcaption>{chooser}{"".join(plots)}</figure>'


def _time_rows(report: BenchmarkReport) -> list[PlotRow]:
    rows = []
    for test_set, held in groupby(report.answers, key=lambda line: line.test_set):
        marks = [
            Mark(
                line.run, line.seconds["p50"], line.seconds["p95"], line.seconds["p99"],
                f"{report.runs[line.run].name}: p50 {_seconds(line.seconds['p50'])},"
                f" p95 {_seconds(line.seconds['p95'])}, p99 {_seconds(line.seconds['p99'])}",
            )
            for line in held
        ]  # fmt: skip
        rows.append(PlotRow(test_set, "", marks))
    return rows


def score_lines(report: BenchmarkReport) -> str:
    """Return the table by set, metric and slice."""
    if not report.scores:
        return '<p class="empty">Nothing was scored.</p>'
    heads = ["Test set", "Metric", "Slice", "Value", "#Items", "#Documents"]
    first = len(heads)
    if len(report.runs) == 1:
        heads += ["#Rate", "#95 % interval", "#Not scored", "#Counted worst"]
        return table("score-rows", heads, (_score_line(line) for line in report.scores))
    heads += [f"#{run.name}" for run in report.runs]
    kinds = {first + run: f"run{run}" for run in range(len(report.runs))}
    return table("score-rows", heads, (_score_line(line) for line in report.scores), kinds)


def _score_line(line: ScoreLine) -> str:
    cells = _value_cells(line.values[0]) if len(line.values) == 1 else _run_cells(line)
    mark = ' class="whole"' if line.slice == _ALL and line.headline else ""
    row = table_row(
        [
            head_cell(line.test_set),
            f'<td class="metric">{escape(line.title)}&#8239;{_UP if line.higher_is_better else _DOWN}</td>',
            f"<td>{escape(line.slice)}</td>",
            f"<td>{escape(line.value)}</td>",
            number_cell(line.items),
            number_cell(line.documents),
            *cells,
        ]
    )
    keys = f' data-set="{escape(line.test_set)}" data-metric="{escape(line.title)}" data-slice="{escape(line.slice)}"'
    return row.replace("<tr>", f"<tr{mark}{keys}>", 1)


def _value_cells(value: Value | None) -> list[str]:
    """Return rate, interval, what could not be scored and the rate with it, of a single run."""
    if value is None:
        return [f'<td class="n">{DASH}</td>'] * 4
    strict = percent(value.strict) if value.failed else '<span class="dash">same</span>'
    return [
        f'<td class="n rate" data-v="{sortable(value.rate)}">{percent(value.rate)}</td>',
        number_cell(value.high - value.low, _ends(value)),
        _fault_cell(value.failed),
        number_cell(value.strict, strict),
    ]


def _run_cells(line: ScoreLine) -> Iterator[str]:
    """Yield a cell for each of several runs; the best is marked."""
    shown = [value.rate for value in line.values if value is not None and math.isfinite(value.rate)]
    best = (max if line.higher_is_better else min)(shown) if len(set(shown)) > 1 else math.nan
    for run, value in enumerate(line.values):
        if value is None:
            yield f'<td class="n rate run{run}">{DASH}</td>'
            continue
        main = " main" if value.rate == best else ""
        failed = f'<br><span class="unscored">{count(value.failed)} not scored</span>' if value.failed else ""
        yield (
            f'<td class="n rate run{run}{main}" data-v="{sortable(value.rate)}">{percent(value.rate)}'
            f"<br><small>{_ends(value)}</small>{failed}</td>"
        )


def _ends(value: Value) -> str:
    if math.isfinite(value.low):
        return interval(value.low, value.high)
    return '<span class="dash" title="not enough documents for an interval">–</span>'


def pair_lines(report: BenchmarkReport) -> str:
    """Return the table of pairs, or a sentence where there are none."""
    if not report.pairs:
        return '<p class="empty">The runs have no scored items in common.</p>'
    heads = ["Test set", "Metric", "Slice", "Value"]
    heads += ["First", "Second"] if len(report.runs) > 2 else []
    heads += ["#Items", "#Difference", "#95 % interval"]
    heads += ["#Second is better", "#p (Holm)", "Beyond doubt"]
    return table("pair-rows", heads, (_pair_line(line, report) for line in report.pairs))


def _pair_line(line: PairLine, report: BenchmarkReport) -> str:
    sides = (line.first, line.second) if len(report.runs) > 2 else ()
    ends = f"{line.low * 100:+.2f} – {line.high * 100:+.2f}" if math.isfinite(line.low) else DASH
    winner = {"first": line.first, "second": line.second}.get(line.verdict)
    verdict = '<span class="dash">open</span>' if winner is None else f"{run_chip(winner, report.runs)} is better"
    row = table_row(
        [
            head_cell(line.test_set),
            f'<td class="metric">{escape(line.title)}&#8239;{_UP if line.higher_is_better else _DOWN}</td>',
            f"<td>{escape(line.slice)}</td>",
            f"<td>{escape(line.value)}</td>",
            *(f"<td>{run_chip(run, report.runs)}</td>" for run in sides),
            number_cell(line.items),
            number_cell(line.difference, f"{line.difference * 100:+.2f}"),
            number_cell(line.high - line.low, ends),
            number_cell(line.better, f"{line.better:.3f}" if math.isfinite(line.better) else DASH),
            number_cell(line.p, f"{line.p:.4f}" if math.isfinite(line.p) else DASH),
            f"<td>{verdict}</td>",
        ]
    )
    keys = f' data-set="{escape(line.test_set)}" data-metric="{escape(line.title)}" data-slice="{escape(line.slice)}"'
    return row.replace("<tr>", f"<tr{keys}>", 1)


def answer_lines(report: BenchmarkReport) -> str:
    """Return the table of what the answers cost, and what was wrong with them."""
    heads = ["Test set", *(["Run"] if len(report.runs) > 1 else []), "#Items"]
    heads += ["#p50", "#p95", "#p99", "#Tokens", "#Loop", "#Cut", "#Empty", "#Asked again", "#Not read"]
    return table("answer-rows", heads, (_answer_line(line, report) for line in report.answers))


def _answer_line(line: AnswerLine, report: BenchmarkReport) -> str:
    faults = [line.faults.get(name, 0) for name in _FAULTS]
    return table_row(
        [
            head_cell(line.test_set),
            *([f"<td>{run_chip(line.run, report.runs)}</td>"] if len(report.runs) > 1 else []),
            number_cell(line.items),
            *(number_cell(seconds, _seconds(seconds)) for seconds in line.seconds.values()),
            number_cell(line.tokens, count(line.tokens) if line.tokens else DASH),
            *(_fault_cell(number) for number in faults),
            number_cell(line.retried),
            _fault_cell(line.failed),
        ]
    )


def _fault_cell(number: int) -> str:
    return f'<td class="n{" bad" if number else ""}" data-v="{number}">{count(number)}</td>'


def _seconds(seconds: float) -> str:
    """Write a latency with three significant digits."""
    if not math.isfinite(seconds):
        return "–"
    return f"{seconds:.3f} s" if seconds < 1 else f"{seconds:.2f} s" if seconds < 100 else f"{seconds:,.0f} s"


def notes(report: BenchmarkReport) -> str:
    """Return what a reader has to know before the numbers."""
    return "".join(f'<p class="note-line">{escape(note)}</p>' for note in report.notes)


def facts(report: BenchmarkReport) -> str:
    """Return the facts of each run."""
    return "".join(
        f"<h3>{run_chip(place, report.runs) if len(report.runs) > 1 else chip(run.name, 'group')}</h3>"
        f"{definitions(run.facts)}"
        for place, run in enumerate(report.runs)
    )

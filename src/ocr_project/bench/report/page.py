"""Writes the report of test sets, of one run or of several: one file without references to anything outside of it."""

from __future__ import annotations

from functools import partial
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TextIO

from ocr_project.bench.report.cards import item_card
from ocr_project.bench.report.model import MOST_RUNS, BenchmarkReport
from ocr_project.bench.report.sections import (
    answer_lines,
    cloud_panels,
    facts,
    legend,
    notes,
    pair_lines,
    panels,
    score_lines,
    summary_cards,
)
from ocr_project.engine.reporting.html import asset, drawn, frame
from ocr_project.engine.reporting.markup import count, escape
from ocr_project.engine.reporting.tables import definitions
from ocr_project.storage.atomic import atomic_text

_FILTERS = (
    '<div class="table-filters" data-filters="{name}"><label>Search'
    ' <input type="search" placeholder="Any word"></label>'
    '<label>Test set <select data-key="set"><option value="">all</option></select></label>'
    '<label>Metric <select data-key="metric"><option value="">all</option></select></label>'
    '<label>Slice <select data-key="slice"><option value="">all</option></select></label></div>'
)


def write_benchmark_report(path: Path, report: BenchmarkReport, workers: int = 1) -> None:
    """Write a report of test sets as one self-contained HTML file, atomically.

    Args:
        path: The file; its folder is made where it is missing.
        report: See `model.BenchmarkReport`. Images are scaled down to 900 px of width.
        workers: Items that are drawn at once.

    Raises:
        ValueError: No run, or more than five.
        StorageError: The file cannot be written.
    """
    if not 1 <= len(report.runs) <= MOST_RUNS:
        raise ValueError(f"{len(report.runs)} runs: a report shows one to {MOST_RUNS}")
    with atomic_text(path) as file:
        _write(file, report, workers)


def _write(file: TextIO, report: BenchmarkReport, workers: int) -> None:
    before, after = _own("template.html").split("<!-- items -->\n")
    values = {**_frame(len(report.runs)), **_sections(report)}
    file.write(Template(before).substitute(values))
    cards = (partial(item_card, card, rank, report.runs) for rank, card in enumerate(report.items, 1))
    file.writelines(drawn(cards, workers))
    values["no_items"] = "" if report.shown else '<p class="empty">No item is shown.</p>'
    file.write(Template(after).substitute(values))


def _frame(runs: int) -> dict[str, str]:
    style = asset("style.css") + _own("benchmark.css")
    script = asset("tables.js") + _own("benchmark.js")
    return frame(style, script) | {"runs_class": "many-runs" if runs > 1 else "one-run"}


def _own(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def _sections(report: BenchmarkReport) -> dict[str, str]:
    many = len(report.runs) > 1
    clouds = cloud_panels(report)
    caption = "Item by item" if many else "Official against canonical"
    return {
        "title": escape(report.title),
        "created": escape(report.created),
        "notes": notes(report),
        "legend": legend(report.runs),
        "summary": summary_cards(report),
        "panels": "".join(panels(report)),
        "pairs": _pairs(report) if many else "",
        "pairs_link": '<a href="#pairs">Differences</a>' if many else "",
        "score_filters": _FILTERS.format(name="score-rows"),
        "scores": score_lines(report),
        "clouds": _clouds(caption, clouds, many) if clouds else "",
        "clouds_link": f'<a href="#clouds">{caption}</a>' if clouds else "",
        "answers": answer_lines(report),
        "apart_order": "where the runs differ most" if many else "where official and canonical part most",
        "run_title": "Runs" if many else "Run",
        "facts": facts(report),
        "parameters": definitions(report.parameters),
        "parameters_count": count(len(report.parameters)),
    }


def _pairs(report: BenchmarkReport) -> str:
    return (
        '<section id="pairs"><h2>Differences on the same items</h2>'
        f'<p class="hint">{_sides(report)}, in points of a hundred, over the items that both were scored'
        " on; intervals and probabilities come from resampling documents, the same draws for both. p is corrected by"
        " Holm for the number of comparisons, whole sets and slices apart; beyond doubt is below 0.05.</p>"
        f"{_FILTERS.format(name='pair-rows')}{pair_lines(report)}</section>"
    )


def _sides(report: BenchmarkReport) -> str:
    """Say what a difference is taken from what."""
    if len(report.runs) > 2:
        return "The second run minus the first"
    first, second = (escape(run.name) for run in report.runs)
    return f"{second} (second) minus {first} (first)"


def _clouds(caption: str, clouds: str, many: bool) -> str:
    hint = "Each dot is an item; a dot with a rim leads to its card below."
    if not many:
        hint += " On the diagonal both readings agree; far from it the official score punishes a way of writing."
    head = f'<h2>{caption}</h2><p class="hint">{hint}</p>'
    return f'<section id="clouds">{head}<div class="panels">{clouds}</div></section>'

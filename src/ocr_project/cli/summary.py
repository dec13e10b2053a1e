"""The short table that ends a run."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table

from ocr_project.domain.options.benchmark import PERFECT
from ocr_project.domain.outside_text import shown
from ocr_project.domain.run_cost import cost_of_pages

_ORDER = (
    *("ingest", "layout", "recognition", "transcript", "embedding", "benchmark"),
    *("testset_ingest", "testset_layout", "testset_recognition", "testset_transcript"),
    *("fields", "training_data"),
)
_WIDEST = 1_000  # characters of a table
_GPU = (  # heading, metric and form of what is shown of the stages where there was a GPU
    ("GPU %", "gpu_sm_mean", ".0f"),
    ("p95", "gpu_sm_p95", ".0f"),
    ("GiB", "gpu_gib_max", ".1f"),
    ("watts", "gpu_watts_mean", ".0f"),
    ("Wh/1,000", "gpu_watt_hours_per_1000_pages", ".1f"),
    ("cost/1,000", "gpu_cost_per_1000_pages", ".2f"),
)


_TEXT = (  # metric and title of the corpus' scores
    ("cer_no_space", "CER without white space"),
    ("cer", "CER"),
    ("word_f1", "words right, in any order (F1)"),
    ("wer", "WER"),
)
_MOST_LINES = 10  # of the gate
_WORTH = 1.5  # times faster
_FIELD_LEVELS = ("overall", "doc_type", "doc_question")  # of answers to questions about documents
_FIELD_METRICS = {"exact": "exact", "normalized": "letters right", "anls": "ANLS"}  # metric and heading


def print_summary(
    metrics: Mapping[str, Mapping[str, Any]], seconds: float | None = None, made: int | None = None
) -> int:
    """Print a line for each stage, and the scores of the corpus.

    Args:
        metrics: What each stage measured, by its name.
        seconds: Of the stages of OCR together, where they were at work beside each other.
        made: How many of the shards this run made; None: not counted.

    Returns:
        How many documents and pages failed, over all stages of this run.
    """
    console = Console()
    for line in _cost(metrics, seconds):
        console.print(line, highlight=False)
    if any("shards" in measured for measured in metrics.values()):
        console.print(_stages(metrics))
    failures = count_failures(metrics)
    lines = (
        *_there_before(metrics, made),
        *_documents(metrics.get("ingest", {})),
        *_scores(metrics.get("benchmark", {})),
        *_doubts(metrics.get("benchmark", {})),
        *_text_layers(metrics),
        *_published(metrics.get("publish", {})),
    )
    for line in lines:
        console.print(line, highlight=False)
    if failures:
        console.print(f"[bold red]{failures} failures[/]: each with its reason in the report", highlight=False)
    return failures


def count_failures(metrics: Mapping[str, Mapping[str, Any]]) -> int:
    """Return how many documents, pages and regions failed, over all stages of a run."""
    return sum(int(m.get("failed", 0)) + int(m.get("documents_failed", 0)) for m in metrics.values())


def print_places(places: Mapping[str, str], kept: Mapping[str, float] | None = None) -> None:
    """Print paths worth a look, by what they are.

    Args:
        places: By name.
        kept: When those were made that this run found and did not make again, seconds since the epoch, by name.
    """
    for name, path in places.items():
        made = f", as made {_moment(kept[name])}: nothing has changed" if kept and name in kept else ""
        Console().print(f"{name:>10}  {escape(_short(path))}{made}", highlight=False, soft_wrap=True)


def print_next(data: str | None) -> None:
    """Print what a person may do next.

    Args:
        data: The data folder, where it is not the project's own.
    """
    at = f" --data {shlex.quote(shown(data))}" if data else ""
    line = f'{"next":>10}  kedro search "…"{at}, kedro review{at}; in a browser: kedro serve{at}'
    Console().print(line, highlight=False, markup=False, soft_wrap=True)


def print_scores(table: pd.DataFrame) -> None:
    """Print the scores over whole test sets, a line for each metric; ↑ and ↓ say whether more or less is better.

    Args:
        table: `testset_table`.
    """
    from ocr_project.bench.metrics.catalog import metric_of

    whole = table[table["slice"] == "all"]
    if not len(whole):
        return
    found = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("test set", "metric"):
        found.add_column(heading)
    for heading in ("value", "95 % interval", "documents", "not scored"):
        found.add_column(heading, justify="right")
    for row in whole.to_dict("records"):
        known = math.isfinite(row["low"])
        found.add_row(
            escape(shown(str(row["test_set"]))),
            f"{row['metric']} {'↑' if metric_of(row['metric']).higher_is_better else '↓'}",
            _percent(row["rate"]),
            f"{row['low']:.2%} to {row['high']:.2%}" if known else "–",
            str(row["documents"]),
            f"[bold red]{row['failed']}[/]" if row["failed"] else "0",
        )
    _print_wide(found)


def print_fields(table: pd.DataFrame) -> None:
    """Print how good the answers to questions are, overall, by document type and by field.

    Args:
        table: `field_table`.
    """
    found = Table(box=None, pad_edge=False, header_style="bold")
    found.add_column("questions about")
    for heading in ("CER", "95 % interval", *_FIELD_METRICS.values(), "questions", "missing"):
        found.add_column(heading, justify="right")
    for level in _FIELD_LEVELS:
        for name, rows in table[table["level"] == level].groupby("name", sort=False):
            by_metric = {str(row["metric"]): row for row in rows.to_dict("records")}
            cer = by_metric["cer/official"]
            found.add_row(
                escape(shown(str(name))),
                _percent(cer["rate"]),
                f"{cer['low']:.2%} to {cer['high']:.2%}" if math.isfinite(cer["low"]) else "–",
                *(_percent(by_metric[metric]["rate"]) for metric in _FIELD_METRICS),
                str(cer["items"]),
                f"[bold red]{cer['missing']}[/]" if cer["missing"] else "0",
            )
    _print_wide(found)


def print_recognizers(table: pd.DataFrame) -> None:
    """Print the error rates of what was compared, where more than this run was.

    Args:
        table: `recognizer_table`.
    """
    rates = table[(table["metric"] == "cer_no_space") & (table["recognizer"] != PERFECT)]
    if len(rates) < 2:
        return
    found = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("recognizer", "CER without white space", "95 % interval", "pages"):
        found.add_column(heading, justify="left" if heading == "recognizer" else "right")
    for row in rates.to_dict("records"):
        interval = f"{row['low']:.2%} to {row['high']:.2%}" if math.isfinite(row["low"]) else "–"
        found.add_row(escape(shown(str(row["recognizer"]))), _percent(row["value"]), interval, str(row["count"]))
    _print_wide(found)


def print_matrix(table: pd.DataFrame) -> None:
    """Print the runs of a matrix: a line each, ● before the lowest CER, ○ before those that cannot be told from it.

    Args:
        table: `matrix_table`.
    """
    found = Table(box=None, pad_edge=False, header_style="bold")
    found.add_column("run")
    for heading in ("CER", "95 % interval", "missing", "document p50", "p95", "documents/s", "front"):
        found.add_column(heading, justify="right")
    marks = {"best": "● ", "level": "○ "}
    for row in table.to_dict("records"):
        name = escape(shown(str(row["run"])))
        if row["status"] != "ok":
            found.add_row(f"[bold red]{name}[/]", "failed", *[""] * 6)
            continue
        times = [row.get(key, math.nan) for key in ("document_p50", "document_p95", "documents_per_second")]
        found.add_row(
            marks.get(str(row["rank"]), "  ") + name,
            _percent(row["cer"]),
            f"{row['cer_low']:.2%} to {row['cer_high']:.2%}" if math.isfinite(row["cer_low"]) else "–",
            f"{row['missing']:.0f}",
            *(f"{value:.3g}{unit}" if math.isfinite(value) else "–" for value, unit in zip(times, (" s", " s", ""),
                                                                                         strict=True)),
            str(row["front"]),
        )  # fmt: skip
    _print_wide(found)
    for row in table[table["status"] != "ok"].to_dict("records"):
        reason = f"{row['run']}: {row['status']}"
        Console().print(f"{'failed':>10}  {shown(reason)}", highlight=False, markup=False, soft_wrap=True)


def print_gate(table: pd.DataFrame) -> None:
    """Print how the gate judged, and the first lines that are not fine; the table has all."""
    from ocr_project.bench.results.gate_words import count_verdicts, gate_doubts, gate_losses

    console = Console()
    if not (counted := count_verdicts(table)):
        return
    console.print(f"{'gate':>10}  {counted}", highlight=False, soft_wrap=True)
    lines = [*(f"worse  {loss}" for loss in gate_losses(table)), *(f"open   {doubt}" for doubt in gate_doubts(table))]
    for line in lines[:_MOST_LINES]:
        console.print(f"{'':>10}  {shown(line)}", highlight=False, markup=False, soft_wrap=True)
    if len(lines) > _MOST_LINES:
        console.print(f"{'':>10}  and {len(lines) - _MOST_LINES} more in the table of the gate", highlight=False)


def _print_wide(table: Table) -> None:
    """Print a table; a narrow terminal breaks its lines, and no name is cut short."""
    console = Console()
    needed = Measurement.get(console, console.options.update(max_width=_WIDEST), table).maximum
    Console(width=max(console.width, needed)).print(table)


def _there_before(metrics: Mapping[str, Mapping[str, Any]], made: int | None) -> list[str]:
    """Say whose the seconds of the table are, where this run did not make all that it shows."""
    shards = sum(int(measured.get("shards", 0)) for measured in metrics.values())
    if made is None or made >= shards:
        return []
    work = f"this one made {made} of {shards}" if made else "this one had nothing to do"
    return [f"{'seconds':>10}  of the runs that made the shards; {work}"]


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _percent(rate: float) -> str:
    return f"{rate:.2%}" if math.isfinite(rate) else "–"


def _stages(metrics: Mapping[str, Mapping[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("stage")
    for heading in ("shards", "pages", "rows", "failed", "seconds", "pages/s"):
        table.add_column(heading, justify="right")
    stages = [stage for stage in _ORDER if "shards" in metrics.get(stage, {})]
    seen = [column for column in _GPU if any(column[1] in metrics[stage] for stage in stages)]
    for heading, _, _ in seen:
        table.add_column(heading, justify="right")
    for stage in stages:
        m = metrics[stage]
        cells = (
            m["shards"],
            m["pages"],
            m["items"],
            m["failed"],
            f"{m['seconds']:.1f}",
            f"{m['pages_per_second']:.2f}",
            *(format(m[name], form) if name in m else "" for _, name, form in seen),
        )
        table.add_row(stage, *map(str, cells))
    return table


def _cost(metrics: Mapping[str, Mapping[str, Any]], seconds: float | None) -> list[str]:
    """Say what 1,000 pages cost, first of all."""
    cost = cost_of_pages(metrics, seconds)
    if not cost:
        return []
    energy = f", {cost['watt_hours_per_1000_pages']:.1f} Wh" if "watt_hours_per_1000_pages" in cost else ""
    return [f"[bold]1,000 pages: {cost['seconds_per_1000_pages']:.0f} s{energy}[/] (OCR, start-up included)"]


def _documents(ingest: Mapping[str, Any]) -> list[str]:
    if not ingest:
        return []
    read = ingest["documents"]
    parts = [f"{read} document{'' if read == 1 else 's'}"]
    parts += [f"[red]{ingest['documents_failed']} unreadable[/]"] if ingest["documents_failed"] else []
    parts += [f"{ingest['documents_skipped']} skipped"] if ingest["documents_skipped"] else []
    return [f"{'read':>10}  {', '.join(parts)}"]


def _scores(benchmark: Mapping[str, Any]) -> list[str]:
    lines = []
    for metric, title in _TEXT:
        if metric in benchmark:
            lines.append(f"{benchmark[metric]:>10.2%}  {title}{_interval(benchmark, metric)}")
    if lines and not benchmark["gold"]:
        lines.append(f"{'':>10}  against the pages' own text layers: no reference texts were found")
    return lines


def _doubts(benchmark: Mapping[str, Any]) -> list[str]:
    places = int(benchmark.get("review.places", 0))
    if not places:
        return []
    pages = int(benchmark["review.pages"])
    return [f"{places:>10}  places in doubt on {pages} pages: look at them with `kedro review`"]


def _text_layers(metrics: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Say which pages are their PDF's own text, and are not compared with it; or that they could be."""
    ingest = metrics.get("ingest", {})
    by_text, with_text, pages = (ingest.get(key, 0) for key in ("pages_by_text", "pages_with_text", "pages"))
    if by_text:
        lines = [f"{by_text:>10}  of {pages} pages are the PDF's own text (ingest.text_layer=prefer)"]
        if "benchmark" in metrics:
            lines.append(
                f"{'':>10}  they are scored against reference texts only: to measure OCR on them, run with"
                " --params ingest.text_layer=reference"
            )
        return lines
    if not with_text or "recognition" not in metrics:
        return []
    return [
        f"{with_text:>10}  of {pages} pages have a healthy text layer: --params ingest.text_layer=prefer takes it"
        f" instead of OCR, as `ocr-project read` does{_how_much_faster(metrics)}"
    ]


def _how_much_faster(metrics: Mapping[str, Mapping[str, Any]]) -> str:
    """Say how much faster pages without recognition are; nothing where that is hardly so."""
    stages = ("ingest", "layout", "recognition", "transcript")
    seconds = {stage: float(metrics.get(stage, {}).get("busy_seconds", 0.0)) for stage in stages}
    rest = sum(seconds.values()) - seconds["recognition"]
    times = sum(seconds.values()) / rest if rest else 1.0
    return f", about {times:.0f} times faster" if times >= _WORTH else ""


def _published(publish: Mapping[str, Any]) -> list[str]:
    if not publish:
        return []
    lines = [f"{publish['files']:>10}  files, {publish['bytes'] / 1e6:.1f} MB"]
    if "uploaded_files" in publish:
        lines.append(f"{publish['uploaded_files']:>10}  of them differed and were uploaded")
    lines.append(f"{publish['personal_data']:>10}  places with personal data: see personal_data.csv and the card")
    return lines


def _interval(benchmark: Mapping[str, Any], metric: str) -> str:
    low, high = benchmark.get(f"{metric}.low"), benchmark.get(f"{metric}.high")
    return (
        ""
        if low is None or high is None
        else f" (95 % interval {low:.2%} to {high:.2%}, {benchmark['documents']:.0f} documents)"
    )


def _short(path: str) -> str:
    resolved = Path(path).resolve()
    here = Path.cwd()
    return shown(str(resolved.relative_to(here) if resolved.is_relative_to(here) else resolved))

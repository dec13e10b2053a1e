"""What the report says of finding: the searches side by side, and whether better OCR finds more."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from ocr_project.engine.reporting.markup import DASH, count, escape, interval, percent
from ocr_project.engine.reporting.model import Difference, FoundRow, Retrieval
from ocr_project.engine.reporting.tables import head_cell, number_cell, table, table_row

_HINT = (
    "Means over questions; below them 95&#8239;% intervals of a bootstrap over questions. The best of a column is"
    " marked, which does not yet make it better than the next: the table of differences says that."
)
_DIFFERENCES_HINT = (
    "Differences on the same questions, by a paired bootstrap. <i>P(better)</i> is the share of draws in which the"
    " first search is the better one: near 0.5 they are alike."
)
_RECOGNIZERS_HINT = (
    "The same pages as several recognizers read them, asked the same questions by BM25. <i>reference text</i> is what"
    " perfect OCR would find. Below each figure, in italics, the difference to this run with its interval."
)
_CER = "cer_no_space"


def retrieval_section(found: Retrieval) -> str:
    """Return the section, or nothing where no question was asked."""
    if not found.searches:
        return ""
    everything = [line for line in found.searches if not line.part]
    parts = [line for line in found.searches if line.part]
    pieces = [f'<section id="retrieval"><h2>Retrieval</h2><p class="hint">{_HINT}</p>']
    pieces.append(found_table("retrieval-runs", "Search", everything))
    if parts:
        body = found_table("retrieval-parts", "Search", parts)
        pieces.append(f"<details><summary>By type and domain of question</summary>{body}</details>")
    if found.differences:
        pieces.append(f'<h3>Which search is better?</h3><p class="hint">{_DIFFERENCES_HINT}</p>')
        pieces.append(difference_table(found.differences))
    if found.recognizers:
        pieces.append(f'<h3>Does better OCR find more?</h3><p class="hint">{_RECOGNIZERS_HINT}</p>')
        pieces.append(found_table("recognizer-rows", "Recognizer", found.recognizers))
    return "".join(pieces) + "</section>"


def found_table(name: str, noun: str, rows: Sequence[FoundRow]) -> str:
    """Return a table with a line for each search or recognizer, a column for each metric.

    Args:
        name: Id of the table in the page.
        noun: Head of the first column.
        rows: Metrics are shown in the order in which they first occur; all but the error rate are better larger.
    """
    metrics = list(dict.fromkeys(metric for line in rows for metric in line.rates))
    best = {(line.part, metric): _best(rows, line.part, metric) for line in rows for metric in metrics}
    in_parts = any(line.part for line in rows)
    heads = [
        noun,
        *(["Questions of"] if in_parts else []),
        "#Questions",
        *("#" + _title(metric) for metric in metrics),
    ]
    return table(name, heads, (_found_row(line, metrics, best, in_parts=in_parts) for line in rows))


def _found_row(
    line: FoundRow, metrics: Sequence[str], best: Mapping[tuple[str, str], float], *, in_parts: bool
) -> str:
    cells = [_found_cell(metric, line, best[line.part, metric]) for metric in metrics]
    part = [f"<td>{escape(line.part)}</td>"] if in_parts else []
    return table_row([head_cell(line.name), *part, number_cell(line.questions), *cells])


def _best(rows: Iterable[FoundRow], part: str, metric: str) -> float:
    rates = [line.rates[metric].value for line in rows if line.part == part and metric in line.rates]
    finite = [value for value in rates if math.isfinite(value)]
    if len(set(finite)) < 2:  # nothing to compare, or all alike
        return math.nan
    return min(finite) if metric == _CER else max(finite)


def _found_cell(metric: str, line: FoundRow, best: float) -> str:
    rate = line.rates.get(metric)
    if rate is None or not math.isfinite(rate.value):
        return f'<td class="n">{DASH}</td>'
    shown = percent(rate.value) if metric == _CER else f"{rate.value:.3f}"
    notes = f'<div class="note">{_ends(metric, rate.low, rate.high)}</div>' if rate.has_interval else ""
    if other := line.differences.get(metric):
        notes += f'<div class="note"><i>{other.value:+.3f} ({_ends(metric, other.low, other.high)})</i></div>'
    mark = " main" if rate.value == best else ""
    return f'<td class="n{mark}" data-v="{rate.value}">{shown}{notes}</td>'


def _ends(metric: str, low: float, high: float) -> str:
    if not math.isfinite(low):
        return DASH
    return interval(low, high) if metric == _CER else f"{low:.3f} – {high:.3f}"


def difference_table(rows: Sequence[Difference]) -> str:
    """Return the differences of searches, one line for a pair and a metric."""
    heads = ["Search", "compared with", "Metric", "#Difference", "#95 % interval", "#P(better)", "#Questions"]
    return table("retrieval-differences", heads, map(_difference_row, rows))


def _difference_row(line: Difference) -> str:
    sure = math.isfinite(line.low) and (line.low > 0 or line.high < 0)
    return table_row(
        [
            head_cell(line.name),
            f"<td>{escape(line.other)}</td>",
            f"<td>{escape(_title(line.metric))}</td>",
            f'<td class="n{" main" if sure else ""}" data-v="{line.value}">{line.value:+.3f}</td>',
            number_cell(line.low, _ends(line.metric, line.low, line.high)),
            number_cell(line.better, f"{line.better:.3f}" if math.isfinite(line.better) else DASH),
            f'<td class="n" data-v="{line.questions}">{count(line.questions)}</td>',
        ]
    )


def _title(metric: str) -> str:
    name, _, cutoff = metric.partition("@")
    titles = {"ndcg": "nDCG", "recall": "Recall", "mrr": "MRR", "map": "MAP", _CER: "CER without spaces"}
    return titles.get(name, name) + (f"@{cutoff}" if cutoff else "")

"""The parts of the report that are not pages: cards of the summary and tables, each a function from data to HTML."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from ocr_project.engine.reporting.charts import forest
from ocr_project.engine.reporting.markup import DASH, chip, count, duration, escape, interval, percent, speed
from ocr_project.engine.reporting.model import FailureRow, GroupRow, Rate, Report, StageRow

_RATES = {"cer_no_space": "CER without spaces", "cer": "CER", "wer": "WER", "ned": "NED"}

_REFERENCES = {
    "gold": "a reference text that was given",
    "silver": "the text layer of the PDF",
    "none": "nothing to compare with",
}

# By the `code` of the error tree in `domain/errors.py`, with which such a reason begins.
_ADVICE = {
    "broken": "Open the file in a viewer. Where that fails too, get a fresh copy and run again.",
    "encrypted": "Save a copy without the password, put it in the place of this one and run again.",
    "too_large": "If the page is meant to be this large, raise ingest.max_pixels; else scan or export it smaller.",
    "unsupported": "Convert it to PDF, PNG, JPEG, TIFF or WebP, or leave it out by ingest.include.",
}
_CODE = re.compile(r"([a-z_]+): ")


def summary_cards(report: Report) -> str:
    """Return the cards at the head: counts, error rate with its interval, speed by stage."""
    totals = {**dict.fromkeys(("documents", "pages", "regions", "failures"), 0), **report.totals}
    cards = [_total_card(name, number) for name, number in totals.items()]
    cards.insert(0, _rate_card(report.overall))
    if report.stages:
        cards.append(_speed_card(report.stages))
    return "".join(cards)


def _total_card(name: str, number: int) -> str:
    label = escape(name.replace("_", " ").capitalize())
    bad = name == "failures" and number > 0
    value = f'<a href="#failures">{count(number)}</a>' if bad else count(number)
    return f'<div class="stat{" bad" if bad else ""}"><dt>{label}</dt><dd class="big">{value}</dd></div>'


def _rate_card(rates: Mapping[str, Rate]) -> str:
    rate = rates.get("cer_no_space")
    if rate is None or not math.isfinite(rate.value):
        note = '<dd class="note">No page has a reference text, so nothing was scored.</dd>'
        return f'<div class="stat wide"><dt>CER without spaces</dt><dd class="big">–</dd>{note}</div>'
    ends = f"95&#8239;% interval {interval(rate.low, rate.high)}" if rate.has_interval else "too few for an interval"
    others = " · ".join(f"{_RATES[key]} {percent(rates[key].value)}" for key in ("cer", "wer", "ned") if key in rates)
    return (
        f'<div class="stat wide"><dt>CER without spaces</dt><dd class="big">{percent(rate.value)}</dd>'
        f'<dd class="note">{ends}<br>{count(rate.errors)} of {count(rate.total)} characters'
        f"{'<br>' + others if others else ''}</dd></div>"
    )


def _speed_card(stages: Sequence[StageRow]) -> str:
    rows = "".join(f"<li>{escape(row.stage)} <b>{speed(row.pages_per_second)}</b></li>" for row in stages)
    return f'<div class="stat wide"><dt>Pages per second</dt><dd><ul class="speeds">{rows}</ul></dd></div>'


def stage_table(stages: Sequence[StageRow]) -> str:
    """Return the table of the stages: what each did, how long it took, how many workers were busy."""
    if not stages:
        return '<p class="empty">No stage was timed.</p>'
    heads = "Stage,Backend,#Shards,#Pages,#Items,#Failed,#Wall clock,#Share,#Pages/s,#Workers busy"
    return table("stages", heads.split(","), map(_stage_row, stages))


def _stage_row(row: StageRow) -> str:
    busy = row.busy_seconds / row.seconds if row.seconds > 0 and row.busy_seconds > 0 else math.nan
    return table_row(
        [
            head_cell(row.stage),
            f"<td>{escape(row.backend)}</td>",
            number_cell(row.shards),
            number_cell(row.pages),
            number_cell(row.items),
            f'<td class="n{" bad" if row.failed else ""}" data-v="{row.failed}">{count(row.failed)}</td>',
            number_cell(row.seconds, duration(row.seconds)),
            number_cell(row.share, f"{row.share * 100:.1f}&#8239;%"),
            number_cell(row.pages_per_second, speed(row.pages_per_second)),
            number_cell(busy, f"{busy:.2f}" if math.isfinite(busy) else DASH),
        ]
    )


def score_table(name: str, noun: str, rows: Sequence[GroupRow]) -> str:
    """Return a table of groups or documents, sortable, with the intervals drawn on one axis.

    Args:
        name: Id of the table in the page.
        noun: Head of the first column.
        rows: In the order in which they shall stand at first.
    """
    if not rows:
        return '<p class="empty">Nothing was scored.</p>'
    ends = [end for row in rows for end in _ends(row.rates.get("cer_no_space"))]
    scale = min(1.0, max(ends, default=0.0))
    heads = [noun, "#Pages", "#CER without spaces", "#95 % interval", f"-0 to {scale * 100:.3g}\u202f%"]
    heads += ["#CER", "#WER", "#NED", "Reference"]
    return table(name, heads, (_score_row(row, scale) for row in rows))


def _ends(rate: Rate | None) -> list[float]:
    return [] if rate is None else [x for x in (rate.value, rate.high) if math.isfinite(x)]


def _score_row(row: GroupRow, scale: float) -> str:
    main = row.rates.get("cer_no_space") or Rate(math.nan, math.nan, math.nan, 0, 0)
    if main.has_interval:
        ends = interval(main.low, main.high)
    else:
        ends = '<span class="dash" title="not enough documents for an interval">–</span>'
    others = (row.rates.get(key) for key in ("cer", "wer", "ned"))
    title = f"{count(main.errors)} of {count(main.total)} characters"
    return table_row(
        [
            head_cell(row.name),
            number_cell(row.pages),
            f'<td class="n main" data-v="{sortable(main.value)}" title="{title}">{percent(main.value)}</td>',
            number_cell(main.high - main.low, ends),
            f"<td>{forest(main, scale)}</td>",
            *(
                number_cell(rate.value, percent(rate.value)) if rate else f'<td class="n">{DASH}</td>'
                for rate in others
            ),
            f'<td title="{_REFERENCES.get(row.reference, "")}">{reference_chip(row.reference)}</td>',
        ]
    )


def reference_chip(kind: str) -> str:
    """Return `gold`, `silver` or `none` as a chip."""
    return chip(kind, kind if kind in _REFERENCES else "none")


def failure_table(failures: Sequence[FailureRow]) -> str:
    """Return the failures with their reason and, for known codes, what to do about them."""
    if not failures:
        return '<p class="empty good">Every document and page was read.</p>'
    codes = Counter(_code(row.reason) or "other" for row in failures)
    tally = " ".join(
        f'<span class="tally">{count(many)} {chip(code, "failed")}</span>' for code, many in codes.most_common()
    )
    body = table("failure-rows", ["Document", "#Page", "Stage", "Reason and what to do"], map(_failure_row, failures))
    return f'<p class="tallies">{tally}</p>{body}'


def _failure_row(row: FailureRow) -> str:
    code = _code(row.reason)
    advice = _ADVICE.get(code, "")
    said = escape(row.reason[len(code) + 2 :] if code else row.reason)
    text = f"{chip(code, 'failed') + ' ' if code else ''}{said}"
    text += f'<div class="advice">{escape(advice)}</div>' if advice else ""
    page = escape(row.page) or '<span class="dash" title="the whole document">all</span>'
    return table_row(
        [
            head_cell(row.where),
            f'<td class="n" data-v="{escape(row.page)}">{page}</td>',
            f"<td>{escape(row.stage)}</td>",
            f'<td class="prose">{text}</td>',
        ]
    )


def _code(reason: str) -> str:
    match = _CODE.match(reason)
    return match[1] if match and match[1] in _ADVICE else ""


def definitions(pairs: Mapping[str, str]) -> str:
    """Return names and values as a table of two columns."""
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>' for name, value in pairs.items()
    )
    return f'<div class="scroll"><table class="pairs"><tbody>{rows}</tbody></table></div>'


def table(name: str, heads: Sequence[str], rows: Iterable[str], classes: Mapping[int, str] | None = None) -> str:
    """Return a sortable table in a box of its own that scrolls sideways on a narrow screen.

    Args:
        name: Id of the table.
        heads: A `#` before a head means numbers (aligned right, sorted as numbers), a `-` a column
            that cannot be sorted.
        rows: `<tr>` elements, taken one at a time.
        classes: Of the style sheet, for the heads of some columns, by their number from 0.
    """
    given = classes or {}
    head = "".join(_column_head(text, given.get(place, "")) for place, text in enumerate(heads))
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(name)}">'
        f'<table id="{escape(name)}" class="sortable"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _column_head(text: str, kind: str) -> str:
    name = escape(text.lstrip("#-"))
    if text.startswith("-"):
        return f'<th scope="col" class="plain">{name}</th>'
    kind = f"n {kind}".strip() if text.startswith("#") else kind
    named = f' class="{kind}"' if kind else ""
    return f'<th scope="col"{named} aria-sort="none"><button type="button">{name}</button></th>'


def head_cell(text: str) -> str:
    """Return the head of a row."""
    return f'<th scope="row">{escape(text) or DASH}</th>'


def number_cell(value: float, shown: str | None = None) -> str:
    """Return a cell that is sorted by its number; `shown` is HTML, the number with commas without it."""
    return f'<td class="n" data-v="{sortable(value)}">{count(value) if shown is None else shown}</td>'


def sortable(value: float) -> str:
    """Write a number for the script that sorts; an empty string, which stays below, where there is none."""
    return repr(value) if math.isfinite(value) else ""


def table_row(cells: Iterable[str]) -> str:
    """Return a line of a table."""
    return f"<tr>{''.join(cells)}</tr>\n"

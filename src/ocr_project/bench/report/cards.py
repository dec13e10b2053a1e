"""One item of a test set: its image beside what is known and what each run read, differences marked.

Nothing that a recognizer or a test set wrote enters the page as markup: text is escaped, a table is built anew from
its cells, a formula's picture is bytes that are encoded here.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence

from ocr_project.bench.report.model import AnswerView, CellView, ItemCard, RunColumn, Side
from ocr_project.bench.report.sections import run_chip
from ocr_project.engine.reporting.markup import chip, escape, percent
from ocr_project.engine.reporting.page_card import marked, plain, shrunk

_MOST_CELLS = 2_000  # of a table that is drawn; what a runaway answer adds is left to its text


def item_card(card: ItemCard, rank: int, runs: Sequence[RunColumn]) -> str:
    """Return the card of an item as an `<article>`; `rank` is its place in the report, from 1."""
    faults = [answer.fault for answer in card.answers if answer.fault]
    if any(math.isnan(value) for answer in card.answers for _, value, _ in answer.scores):
        faults.append("not scored")
    return (
        f'<article class="card item" id="item-{escape(card.item_id)}" data-set="{escape(card.test_set)}"'
        f' data-kind="{escape(card.kind)}" data-fault="{escape(", ".join(dict.fromkeys(faults)))}"'
        f' data-rank="{rank}" data-apart="{card.apart!r}" data-name="{escape(card.name)}"'
        f' aria-label="{escape(card.name)}">{_header(card, rank)}'
        f'<div class="sides">{_figure(card)}<div class="text">{_question(card)}{_body(card, runs)}</div></div>'
        "</article>\n"
    )


def _header(card: ItemCard, rank: int) -> str:
    chips = [chip(card.test_set, "group"), chip(card.kind, "group")]
    chips += [chip(f"{name}: {value}", "slice") for name, value in card.slices]
    return (
        f'<header><div><h3><a class="rank" href="#item-{escape(card.item_id)}">{rank}</a> {escape(card.name)}</h3>'
        f'<p class="chips">{" ".join(chips)}</p></div></header>'
    )


def _figure(card: ItemCard) -> str:
    address, problem = shrunk(card.image)
    if not address:
        return f'<div class="figure missing"><p>No image: {escape(problem)}</p></div>'
    return (
        '<div class="figure"><div class="controls"><label><input type="checkbox" class="wide"> Wide</label></div>'
        f'<div class="sheet"><img src="{address}" alt="Image of {escape(card.name)}" loading="lazy"'
        ' decoding="async"></div></div>'
    )


def _question(card: ItemCard) -> str:
    return f'<p class="question"><small>Question</small> {escape(card.question)}</p>' if card.question else ""


def _body(card: ItemCard, runs: Sequence[RunColumn]) -> str:
    answers = "".join(_answer(answer, runs) for answer in card.answers)
    reference = f'<div class="side reference"><h4>Reference</h4>{_side(card.reference)}</div>'
    return f'<div class="pair">{reference}{answers}</div>'


def _answer(answer: AnswerView, runs: Sequence[RunColumn]) -> str:
    name = run_chip(answer.run, runs) if len(runs) > 1 else "Answer"
    marks = [chip(answer.fault, "failed")] if answer.fault else []
    if answer.status not in ("ok", answer.fault):
        marks.append(chip(answer.status, "failed" if answer.status == "failed" else "none"))
    time = f" <small>{answer.seconds:.2f} s</small>" if math.isfinite(answer.seconds) else ""
    reason = f'<p class="reason">{escape(answer.reason)}</p>' if answer.reason else ""
    return (
        f'<div class="side answer run{answer.run}"><h4>{name} {" ".join(marks)}{time}</h4>{_scores(answer)}{reason}'
        f"{_side(answer.side)}</div>"
    )


def _scores(answer: AnswerView) -> str:
    rows = "".join(
        f"<div><dt>{escape(title)}</dt><dd>{percent(value) if math.isfinite(value) else _unscored(reason)}</dd></div>"
        for title, value, reason in answer.scores
    )
    return f'<dl class="marks">{rows}</dl>' if rows else ""


def _unscored(reason: str) -> str:
    why = f' <span class="why">{escape(reason)}</span>' if reason else ""
    return f'<span class="unscored">not scored</span>{why}'


def _side(side: Side) -> str:
    """Show a side in its best form, and its text below where that is another."""
    best = ""
    if side.picture is not None:
        picture = base64.b64encode(side.picture).decode("ascii")
        best = f'<img class="formula" alt="" src="data:image/png;base64,{picture}">'
    if side.table:
        best = _table(side.table)
    elif side.fields:
        best = _fields(side.fields)
    text = f'<div class="diff">{marked(side.spans)}</div>' if side.spans else plain(side.text)
    if side.table or side.fields:
        return f"{best}<details><summary>As it was written</summary>{text}</details>"
    return best + text


def _table(rows: Sequence[Sequence[CellView]]) -> str:
    parts = []
    drawn = 0
    for row in rows:
        drawn += len(row)
        if drawn > _MOST_CELLS:
            parts.append('<tr><td class="cut">The rest of the table is not drawn.</td></tr>')
            break
        parts.append(f"<tr>{''.join(map(_cell, row))}</tr>")
    return f'<div class="scroll inner" tabindex="0"><table class="shown"><tbody>{"".join(parts)}</tbody></table></div>'


def _cell(cell: CellView) -> str:
    tag = "th" if cell.header else "td"
    spans = (f' rowspan="{cell.rows}"' if cell.rows > 1 else "") + (
        f' colspan="{cell.columns}"' if cell.columns > 1 else ""
    )
    kind = ' class="changed"' if cell.changed else ""
    return f"<{tag}{spans}{kind}>{escape(cell.text)}</{tag}>"


def _fields(fields: Sequence[tuple[str, str, bool]]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td{"" if right else " class=changed"}>{escape(value)}</td></tr>'
        for name, value, right in fields
    )
    return f'<table class="shown fields"><tbody>{rows}</tbody></table>'

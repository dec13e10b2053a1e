"""From a page description (headings, paragraphs, tables, columns, …) to inks and reference lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pictures
from tables import table
from typesetting import Atom, DoesNotFit, Ink, Measure, Picture, Stroke, Style, Text, balanced, packed, paragraph
from typesetting import height_of as _height

SHEET = (210.0, 297.0)
_LEFT, _RIGHT, _TOP, _BOTTOM = 24.0, 24.0, 30.0, 28.0
_WIDTH = SHEET[0] - _LEFT - _RIGHT
_HEADER_Y, _FOOTER_Y = 19.0, 282.0  # baselines
_GUTTER = 8.0


@dataclass(frozen=True, slots=True)
class PageText:
    """A composed page: what is printed, what the reference says, its tables as HTML."""

    inks: tuple[Ink, ...]
    lines: tuple[str, ...]
    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """What every block of a document needs to know."""

    measure: Measure
    font: Path
    body: float
    accent: str
    leading: float
    anywhere: bool
    indent: float
    width: float = _WIDTH
    looks: Mapping[str, Style] = field(default_factory=dict)


def _setting(spec: Mapping[str, Any], measure: Measure, font: Path) -> Setting:
    body, accent = float(spec["body"]), str(spec.get("accent", "#000000"))
    leading, anywhere = float(spec.get("leading", 1.5)), bool(spec.get("anywhere", False))
    looks = {
        "paragraph": Style(body, leading=leading, before=body * 0.22, anywhere=anywhere),
        "title": Style(body * 1.7, "head", "centre", 1.35, before=4.0, colour=accent, keep=True),
        "heading": Style(body * 1.18, "head", "left", 1.4, before=4.6, colour=accent, keep=True),
        "subheading": Style(body, "bold", "left", 1.4, before=3.0, keep=True),
        "centre": Style(body, align="centre", leading=leading, before=2.0),
        "right": Style(body, align="right", leading=leading, before=1.5),
        "left": Style(body, align="left", leading=leading, before=0.6),
        "caption": Style(body * 0.9, "bold", "left", 1.4, before=4.0, keep=True),
        "under": Style(body * 0.9, "bold", "centre", 1.4, before=1.6),
        "unit": Style(body * 0.85, align="right", leading=1.35, before=0.5, keep=True),
        "note": Style(body * 0.82, align="left", leading=1.35, before=1.2),
        "footnote": Style(body * 0.82, leading=1.35, before=0.6, hang=3.6),
        "table": Style(body * 0.9, align="left", before=1.6),
    }
    return Setting(measure, font, body, accent, leading, anywhere, float(spec.get("indent", 0.0)), looks=looks)


def composed(spec: Mapping[str, Any], measure: Measure, font: Path) -> list[PageText]:
    """Compose the pages of a document.

    Raises:
        DoesNotFit: A page has more than it can hold.
    """
    setting = _setting(spec, measure, font)
    return [_page(spec, blocks, number, setting) for number, blocks in enumerate(spec["pages"], 1)]


def _page(spec: Mapping[str, Any], blocks: Sequence[Mapping[str, Any]], number: int, setting: Setting) -> PageText:
    notes = [block for block in blocks if "footnote" in block]
    atoms = [atom for block in blocks if "footnote" not in block for atom in _atoms(block, setting)]
    foot = [atom for block in notes for atom in _atoms(block, setting)]
    bottom = SHEET[1] - _BOTTOM - (_height(foot) + 4.0 if foot else 0.0)
    inks, count = packed(atoms, bottom - _TOP, _LEFT, _TOP)
    if count < len(atoms):
        raise DoesNotFit(f"page {number}: no room for {[line for atom in atoms[count:] for line in atom.lines]}")
    if foot:
        inks.append(Stroke(_LEFT, bottom + 2.0, _LEFT + 45.0, bottom + 2.0, 0.2))
        inks += packed(foot, SHEET[1], _LEFT, bottom + 4.0)[0]
    head_inks, head = _running(spec.get("header"), number, _HEADER_Y, setting)
    foot_inks, tail = _running(spec.get("footer"), number, _FOOTER_Y, setting)
    lines = [*head, *(line for atom in [*atoms, *foot] for line in atom.lines), *tail]
    tables = tuple(atom.html for atom in atoms if atom.html)
    return PageText((*head_inks, *inks, *foot_inks), tuple(lines), tables)


def _running(spec: Mapping[str, Any] | None, number: int, y: float, setting: Setting) -> tuple[list[Ink], list[str]]:
    """Set a header or footer: `left`, `centre`, `right` on one baseline, with `{page}`; `rule` beside it."""
    if spec is None:
        return [], []
    size = setting.body * 0.82
    inks: list[Ink] = []
    words = []
    for place in ("left", "centre", "right"):
        if place not in spec:
            continue
        text = str(spec[place]).format(page=number)
        width = setting.measure(text, "body", size)
        x = {"left": _LEFT, "centre": (SHEET[0] - width) / 2, "right": SHEET[0] - _RIGHT - width}[place]
        inks.append(Text(x, y, text, "body", size, "#222222"))
        words.append(text)
    if spec.get("rule"):
        rule = y + 2.2 if y < SHEET[1] / 2 else y - 4.4
        inks.append(Stroke(_LEFT, rule, SHEET[0] - _RIGHT, rule, 0.25, "#444444"))
    return inks, [" ".join(words)]


def _atoms(block: Mapping[str, Any], setting: Setting) -> list[Atom]:
    """Set one block: a mapping whose first key is its kind."""
    kind = next(iter(block))
    special: dict[str, Callable[[Mapping[str, Any], Setting], list[Atom]]] = {
        "item": _item,
        "table": _table,
        "chart": _chart,
        "signature": _signature,
        "columns": _columns,
        "space": lambda block, _: [Atom(float(block["space"]), ())],
        "pair": _pair,
        "rule": lambda block, setting: [Atom(1.0, (Stroke(0, 0.5, setting.width, 0.5, 0.4),), before=2.0)],
    }
    if kind in special:
        return special[kind](block, setting)
    if kind not in setting.looks:
        raise KeyError(f"no block {kind!r}: {sorted([*special, *setting.looks])}")
    look = setting.looks[kind]
    if kind == "paragraph":
        look = replace(look, first=float(block.get("indent", setting.indent)))
    if kind == "footnote":
        return paragraph(str(block[kind]), setting.width, look, setting.measure, mark=str(block["mark"]))
    if "align" in block:
        look = replace(look, align=str(block["align"]))
    return paragraph(str(block[kind]), setting.width, look, setting.measure)


def _item(block: Mapping[str, Any], setting: Setting) -> list[Atom]:
    """Set a list item: `mark` hangs, `level` (from 0) indents."""
    first = 5.5 * int(block.get("level", 0)) + float(block.get("indent", setting.indent))
    mark = str(block["mark"])
    hang = first + setting.measure(mark + " ", "body", setting.body)
    look = replace(setting.looks["paragraph"], first=first, hang=hang)
    return paragraph(str(block["item"]), setting.width, look, setting.measure, mark=mark)


def _table(block: Mapping[str, Any], setting: Setting) -> list[Atom]:
    return [table(block["table"], setting.width, setting.looks["table"], setting.measure)]


def _chart(block: Mapping[str, Any], setting: Setting) -> list[Atom]:
    spec = block["chart"]
    height = float(spec["height"])
    drawn = pictures.chart(spec, setting.width, height, setting.font)
    return [Atom(height, (Picture(0, 0, setting.width, height, drawn),), before=3.0, keep=True)]


def _pair(block: Mapping[str, Any], setting: Setting) -> list[Atom]:
    """Set two texts on one baseline, at the left and the right edge."""
    look = replace(setting.looks["left"], before=2.0)
    left, right = (
        paragraph(str(text), setting.width, replace(look, align=align), setting.measure)
        for text, align in zip(block["pair"], ("left", "right"), strict=True)
    )
    return [replace(left[0], inks=(*left[0].inks, *right[0].inks), lines=(f"{left[0].lines[0]} {right[0].lines[0]}",))]


def _signature(block: Mapping[str, Any], setting: Setting) -> list[Atom]:
    """Set the name of an office in large letters in the middle, its seal to the right of it."""
    look = Style(setting.body * 1.6, "head", "centre", 1.4, before=7.0)
    (atom,) = paragraph(str(block["signature"]), setting.width, look, setting.measure)
    if "seal" not in block:
        return [atom]
    size = 17.0
    right = max(ink.x + setting.measure(ink.text, "head", look.size) for ink in atom.inks if isinstance(ink, Text))
    drawn = pictures.seal(str(block["seal"]), size, setting.font)
    picture = Picture(right + 4.0, atom.height / 2 - size / 2, size, size, drawn)
    return [replace(atom, inks=(*atom.inks, picture))]


def _columns(block: Mapping[str, Any], setting: Setting) -> list[Atom]:
    """Set blocks in columns (`count`, two unless told) of about equal height, read one after the other."""
    count = int(block.get("count", 2))
    width = (setting.width - _GUTTER * (count - 1)) / count
    inner = replace(setting, width=width)
    atoms = [atom for part in block["columns"] for atom in _atoms(part, inner)]
    if any(atom.html for atom in atoms):
        raise DoesNotFit("a table in a column would lose its HTML: set it across the page")
    return [balanced(atoms, count, width, _GUTTER, before=3.0)]

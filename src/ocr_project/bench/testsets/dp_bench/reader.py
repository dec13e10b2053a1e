"""Upstage DP-Bench: 200 pages of PDFs with their elements in reading order.

`dataset/reference.json`: `{file: {elements: [{category, id, page, coordinates, content: {text, html, markdown}}]}}`,
and the PDFs, a page each, in `dataset/pdfs`. The HTML of a table begins with its first `<tr>`: none of the 55 tables
has a `<table>` around it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ocr_project.bench.testsets.dp_bench.card import CARD
from ocr_project.bench.testsets.file_sets import ListedSet, fingerprint_of, only, read_json
from ocr_project.bench.testsets.item import Item, OpenedSet
from ocr_project.domain.types import TruthKind

_HEADING, _TABLE = "heading", "table"
_PICTURES = frozenset({"figure", "chart"})
# `ignore_classes_for_layout` of its own evaluate.py: what stands in them is no text.
_WITHOUT_TEXT = _PICTURES | {_TABLE}
# As in its `get_table_contents`: lower case, and what is within.
_WHOLE_TABLE = re.compile(r"<table[^>]*?>(.*?)</table>", re.DOTALL)


def open_set(root: Path) -> OpenedSet:
    """Open the reference and the PDFs beside it."""
    path = only((root / "dataset/reference.json", root / "reference.json"), root, "dataset/reference.json")
    folder = path.parent / "pdfs"
    entries = sorted(read_json(path).items())

    def make(index: int, entry: tuple[str, Mapping[str, Any]], images: bool) -> Item:
        name, found = entry
        elements = found["elements"]
        payload = {
            "markdown": to_markdown(elements),
            "tables": "\n".join(map(whole_tables, elements_of(elements, _TABLE))),
            "texts": text_of(elements),
        }
        return Item(
            index=index,
            document=name,
            name=name.removesuffix(".pdf"),
            image=folder / name if images else None,
            truths=((TruthKind.MARKDOWN, payload),),
        )

    return ListedSet(CARD, entries, make, fingerprint_of([path], (folder / name for name, _ in entries)))


def elements_of(elements: Sequence[Mapping[str, Any]], category: str) -> list[str]:
    """Return the HTML of the elements of a category, without empty ones."""
    found = (one["content"].get("html") for one in elements if one["category"].lower() == category)
    return [html for html in found if html]


def text_of(elements: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the text of each element that counts for NID, in reading order."""
    return [one["content"].get("text") or "" for one in elements if one["category"].lower() not in _WITHOUT_TEXT]


def whole_tables(html: str) -> str:
    """Put `<table>` around the HTML of a table that has none, as `get_table_contents` of its own evaluation does.

    Returns:
        The tables in it one after another, each whole; attributes of `<table>` are left out.
    """
    return "".join(f"<table>{content}</table>" for content in _WHOLE_TABLE.findall(html) or [html])


def to_markdown(elements: Sequence[Mapping[str, Any]]) -> str:
    """Write a page's elements as Markdown: headings marked, tables in HTML, pictures left out."""
    blocks = []
    for element in elements:
        kind, content = element["category"].lower(), element["content"]
        text = ((content.get("html") if kind == _TABLE else content.get("text")) or "").strip()
        if kind in _PICTURES or not text:
            continue
        if kind == _TABLE:
            text = whole_tables(text)
        blocks.append(f"# {text}" if kind.startswith(_HEADING) else text)
    return "\n\n".join(blocks)

"""Upstage DP-Bench: 200 pages of PDFs with their elements in reading order.

`dataset/reference.json`: `{file: {elements: [{category, id, page, coordinates, content: {text, html, markdown}}]}}`,
and the PDFs, a page each, in `dataset/pdfs`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ocr_project.bench.testsets.dp_bench.card import CARD
from ocr_project.bench.testsets.file_sets import ListedSet, fingerprint_of, only, read_json
from ocr_project.bench.testsets.item import Item, OpenedSet
from ocr_project.domain.types import TruthKind

_HEADING = "heading"
# Its own evaluation leaves these out of the text (their `IGNORE_CLASSES`): pictures say nothing.
_WITHOUT_TEXT = frozenset({"figure", "chart"})


def open_set(root: Path) -> OpenedSet:
    """Open the reference and the PDFs beside it."""
    path = only((root / "dataset/reference.json", root / "reference.json"), root, "dataset/reference.json")
    folder = path.parent / "pdfs"
    entries = sorted(read_json(path).items())

    def make(index: int, entry: tuple[str, Mapping[str, Any]], images: bool) -> Item:
        name, found = entry
        elements = found["elements"]
        tables = [one["content"].get("html") or "" for one in elements if one["category"].lower() == "table"]
        payload = {"markdown": to_markdown(elements), "tables": "\n".join(filter(None, tables))}
        return Item(
            index=index,
            document=name,
            image=folder / name if images else None,
            truths=((TruthKind.MARKDOWN, payload),),
        )

    return ListedSet(CARD, entries, make, fingerprint_of([path], (folder / name for name, _ in entries)))


def to_markdown(elements: list[Mapping[str, Any]]) -> str:
    """Write a page's elements as Markdown: headings marked, tables in HTML, pictures left out."""
    blocks = []
    for element in elements:
        kind, content = element["category"].lower(), element["content"]
        if kind in _WITHOUT_TEXT:
            continue
        text = (content.get("html") if kind == "table" else content.get("text")) or ""
        if text.strip():
            blocks.append(f"# {text.strip()}" if kind.startswith(_HEADING) else text.strip())
    return "\n\n".join(blocks)

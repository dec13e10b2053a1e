"""PubTabNet's validation split: 9,115 tables of scientific articles.

Read from the Hub (Parquet: image, split, imgid, html, html_table), from IBM's `PubTabNet_2.0.0.jsonl` (tokens of the
structure and of the cells) beside the folder `val`, or from a JSON of `{file: {html, type}}` beside the images, as
IBM's evaluation takes it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ocr_project.bench.testsets.file_sets import IMAGES, ListedSet, fingerprint_of, read_json
from ocr_project.bench.testsets.item import Item, OpenedSet
from ocr_project.bench.testsets.parquet import ParquetSet, Row, image_bytes, parquet_files
from ocr_project.bench.testsets.pubtabnet.card import CARD
from ocr_project.domain.errors import SourceError
from ocr_project.domain.types import Label, TruthKind

_SPANS = re.compile(r"(?:row|col)span")
_VALIDATION = b'"split": "val"', b'"split":"val"'


def open_set(root: Path) -> OpenedSet:
    """Open the set in whichever of its forms is there."""
    if lines := sorted(root.rglob("PubTabNet*.jsonl")):
        return _from_lines(lines[0])
    if sorted(root.rglob("*.parquet")):
        return ParquetSet(CARD, parquet_files(root, "**/validation-*.parquet", "**/*.parquet"), _from_row, "image")
    for path in sorted(root.rglob("*.json")):
        if isinstance(found := read_json(path), dict):
            return _from_answers(path, found)
    raise SourceError(f"{root} has neither Parquet files nor PubTabNet_2.0.0.jsonl")


def join_tokens(html: Mapping[str, Any]) -> str:
    """Write a table out of PubTabNet's tokens: the cells go, in order, between the tags that open and close one.

    Args:
        html: `structure.tokens` and `cells[].tokens`, as `PubTabNet_2.0.0.jsonl` has them.
    """
    cells = iter(html["cells"])
    written = []
    for token in html["structure"]["tokens"]:
        if token == "</td>":
            written.append("".join(next(cells, {"tokens": []})["tokens"]))
        written.append(token)
    return f"<html><body><table>{''.join(written)}</table></body></html>"


def _from_row(index: int, row: Row) -> Item:
    html = row.get("html_table") or row["html"]
    return _item(index, str(row["imgid"]), html, image_bytes(row.get("image")))


def _from_lines(path: Path) -> OpenedSet:
    # The file has 2 GB, of which the validation split is a fiftieth: other lines are not parsed.
    entries = []
    with path.open("rb") as file:
        for line in file:
            if any(mark in line for mark in _VALIDATION):
                found = json.loads(line.decode("utf-8-sig"))
                entries.append((found["filename"], join_tokens(found["html"])))
    folder = path.parent / "val"

    def make(index: int, entry: tuple[str, str], images: bool) -> Item:
        return _item(index, Path(entry[0]).stem, entry[1], folder / entry[0] if images else None)

    return ListedSet(CARD, entries, make, fingerprint_of([], (folder / name for name, _ in entries)))


def _from_answers(path: Path, answers: Mapping[str, Any]) -> OpenedSet:
    entries = [(name, found) for name, found in answers.items() if isinstance(found, dict) and "html" in found]
    images_of = {file.name: file for file in path.parent.rglob("*") if file.suffix.lower() in IMAGES}

    def make(index: int, entry: tuple[str, Mapping[str, str]], images: bool) -> Item:
        name, found = entry
        return _item(index, Path(name).stem, found["html"], images_of.get(name) if images else None)

    return ListedSet(CARD, entries, make, fingerprint_of([path], images_of.values()))


def _item(index: int, document: str, html: str, image: bytes | Path | None) -> Item:
    return Item(
        index=index,
        document=document,
        image=image,
        truths=((TruthKind.TABLE, {"html": html}),),
        given=Label.TABLE,
        # PubTabNet's own word: a table is complex where a cell spans others
        slices=(("structure", "complex" if _SPANS.search(html) else "simple"),),
    )

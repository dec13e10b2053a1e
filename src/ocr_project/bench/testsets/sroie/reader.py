"""SROIE: receipts, their lines of text (task 2) and four fields (task 3).

A folder of images (`img`) beside one of fields (`entities` with JSON in `.txt`, or `key` with `.json`) and, if it is
there, one of text lines (`box`: x1,y1,…,x4,y4,text), as the challenge's archive and its public mirrors have them.
Each receipt is two items: one to read, where there are lines, and one to ask for its fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ocr_project.bench.testsets.file_sets import IMAGES, ListedSet, fingerprint_of, read_json
from ocr_project.bench.testsets.item import Item, OpenedSet
from ocr_project.bench.testsets.prompts import fields_question
from ocr_project.bench.testsets.sroie.card import CARD
from ocr_project.domain.errors import SourceError
from ocr_project.domain.types import TruthKind

_FIELDS = ("entities", "key")
_BOXES = ("box",)
_CORNERS = 8  # numbers before the text of a line
_NUMBER = re.compile(r"\s*-?\d+(\.\d+)?\s*")
_SHARED = 0.5  # of the lower one's height, which boxes of one row have in common
_OPEN_ROWS = 3  # rows that the next box may still belong to


@dataclass(frozen=True, slots=True)
class _RowExtent:
    left: float
    top: float
    bottom: float


@dataclass(frozen=True, slots=True)
class _Task:
    image: Path
    fields: Path | None = None
    boxes: Path | None = None


def open_set(root: Path) -> OpenedSet:
    """Open the test split where the folder has several."""
    base = next((path for path in (root / "test", root / "data", root) if (path / "img").is_dir()), None)
    if base is None:
        raise SourceError(f"{root} has no folder img")
    images = sorted(path for path in (base / "img").iterdir() if path.suffix.lower() in IMAGES)
    tasks: list[_Task] = []
    for image in images:
        if boxes := _beside(base, _BOXES, image.stem):
            tasks.append(_Task(image, boxes=boxes))
        if fields := _beside(base, _FIELDS, image.stem):
            tasks.append(_Task(image, fields=fields))
    described = [path for task in tasks if (path := task.fields or task.boxes)]
    return ListedSet(CARD, tasks, _item, fingerprint_of(described, images))


def truth_of_boxes(text: str) -> dict[str, Any]:
    """Return the truth that a file of boxes holds.

    Its lines stand in the order in which they were annotated, often column by column.

    Args:
        text: One `x1,y1,…,x4,y4,text` per line; lines of another form are left out.

    Returns:
        `text`, the lines as they stand in the file, and `rows`, the same row by row as their boxes lie on the page.
    """
    split = (line.split(",", _CORNERS) for line in text.splitlines() if line.strip())
    rows = (row for row in split if len(row) > _CORNERS and all(map(_NUMBER.fullmatch, row[:_CORNERS])))
    boxes = [(_span(row[:_CORNERS]), row[_CORNERS]) for row in rows]
    return {"text": "\n".join(line for _, line in boxes), "rows": "\n".join(_group_rows(boxes))}


def _span(corners: list[str]) -> _RowExtent:
    numbers = [float(corner) for corner in corners]
    return _RowExtent(min(numbers[::2]), min(numbers[1::2]), max(numbers[1::2]))


def _group_rows(boxes: list[tuple[_RowExtent, str]]) -> Iterator[str]:
    """Gather boxes that stand beside each other, from top to bottom; of each row, from left to right."""
    rows: list[list[tuple[_RowExtent, str]]] = []
    for box, line in sorted(boxes, key=lambda item: item[0].top + item[0].bottom):
        for row in rows[-_OPEN_ROWS:]:
            other = row[0][0]
            shared = min(box.bottom, other.bottom) - max(box.top, other.top)
            if shared >= _SHARED * min(box.bottom - box.top, other.bottom - other.top):
                row.append((box, line))
                break
        else:
            rows.append([(box, line)])
    for row in rows:
        yield " ".join(line for _, line in sorted(row, key=lambda item: item[0].left))


def _beside(base: Path, folders: tuple[str, ...], stem: str) -> Path | None:
    found = (base / folder / f"{stem}{suffix}" for folder in folders for suffix in (".json", ".txt", ".csv"))
    return next((path for path in found if path.is_file()), None)


def _item(index: int, task: _Task, images: bool) -> Item:
    image = task.image if images else None
    if task.fields is not None:
        fields = read_json(task.fields)
        truth = (TruthKind.FIELDS, {"fields": fields})
        stem = task.image.stem
        asked = fields_question(fields)
        return Item(index, stem, image, (truth,), question=asked, slices=_TASKS[1], name=f"{stem}.key")
    assert task.boxes is not None
    boxes = task.boxes.read_text(encoding="utf-8-sig", errors="replace")
    return Item(index, task.image.stem, image, ((TruthKind.TEXT, truth_of_boxes(boxes)),), slices=_TASKS[0])


_TASKS = (("task", "text"),), (("task", "fields"),)

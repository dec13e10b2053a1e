"""SROIE: receipts, their lines of text (task 2) and four fields (task 3).

A folder of images (`img`) beside one of fields (`entities` with JSON in `.txt`, or `key` with `.json`) and, if it is
there, one of text lines (`box`: x1,y1,…,x4,y4,text), as the challenge's archive and its public mirrors have them.
Each receipt is two items: one to read, where there are lines, and one to ask for its fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ocr_project.domain.errors import SourceError
from ocr_project.domain.types import TruthKind
from ocr_project.engine.testsets.card import Card
from ocr_project.engine.testsets.item import Item, OpenedSet
from ocr_project.engine.testsets.listed import IMAGES, ListedSet, fingerprint_of, read_json
from ocr_project.engine.testsets.prompts import fields_question

CARD = Card(
    name="sroie",
    title="SROIE (ICDAR 2019)",
    licence="CC BY 4.0 as lists of sets say; its challenge asks for registration",
    commercial=True,
    homepage="https://rrc.cvc.uab.es/?ch=13",
    metrics=("kie_f1", "anls_star", "cer", "ned"),
    how="get the archive from the challenge (or a mirror of it, such as zzzDavid/ICDAR-2019-SROIE on GitHub) and put"
    " its folders img, entities (or key) and box there",
)
_FIELDS = ("entities", "key")
_BOXES = ("box",)
_CORNERS = 8  # numbers before the text of a line


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


def lines_of_boxes(text: str) -> list[str]:
    """Return the lines of text of a file of boxes, in its order."""
    rows = (line.split(",", _CORNERS) for line in text.splitlines() if line.strip())
    return [row[_CORNERS] for row in rows if len(row) > _CORNERS]


def _beside(base: Path, folders: tuple[str, ...], stem: str) -> Path | None:
    found = (base / folder / f"{stem}{suffix}" for folder in folders for suffix in (".json", ".txt", ".csv"))
    return next((path for path in found if path.is_file()), None)


def _item(index: int, task: _Task, images: bool) -> Item:
    image = task.image if images else None
    if task.fields is not None:
        fields = read_json(task.fields)
        truth = (TruthKind.FIELDS, {"fields": fields})
        return Item(index, task.image.stem, image, (truth,), question=fields_question(fields), slices=_TASKS[1])
    assert task.boxes is not None
    lines = lines_of_boxes(task.boxes.read_text(encoding="utf-8-sig", errors="replace"))
    truth = (TruthKind.TEXT, {"text": "\n".join(lines)})
    return Item(index, task.image.stem, image, (truth,), slices=_TASKS[0])


_TASKS = (("task", "text"),), (("task", "fields"),)

"""A test set of your own: a folder of images and PDFs, each with its truth beside it under the same name.

    X.png | X.jpg | X.pdf …   what is read (of a PDF its first page)
    X.gt.txt                  its text
    X.gt.md                   its Markdown
    X.gt.html                 X is a table: the table
    X.gt.tex                  X is a formula: its LaTeX
    X.key.json                fields to ask for: {"total": "8.50", …}
    X.kv.json                 the same, as docling writes them: {"pairs": [{"key": …, "value": …}]}
    X.boxes.csv               its lines of text, as SROIE writes them
    X.qa.json                 questions: [{"question": …, "answers": […]}]

Folders in it are documents and, by their first name, slices. A file may have several truths; each is an item.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ocr_project.bench.testsets.file_sets import IMAGES, ListedSet, fingerprint_of, image_named, read_json
from ocr_project.bench.testsets.item import Item, OpenedSet
from ocr_project.bench.testsets.own_folder.card import CARD
from ocr_project.bench.testsets.prompts import fields_question
from ocr_project.bench.testsets.sroie.reader import truth_of_boxes
from ocr_project.domain.errors import SourceError
from ocr_project.domain.types import Label, TruthKind
from ocr_project.storage.given_text import is_given, read_given

_SUFFIXES = (
    *(".gt.txt", ".gt.md", ".gt.html", ".gt.tex"),
    *(".key.json", ".kv.json", ".boxes.csv", ".qa.json"),
)
# What is asked about a file is an item of its own, beside what the file says.
_ASKED = {".key.json": ".key", ".kv.json": ".kv", ".qa.json": ".qa-{number}"}


@dataclass(frozen=True, slots=True)
class _Known:
    """A truth: the file it stands in, and which of its questions."""

    stem: str
    truth: Path
    suffix: str
    image: Path
    number: int = 0


def open_set(root: Path) -> OpenedSet:
    """Open a folder; its truths are listed by name, and the set is called as the folder is."""
    known = list(_truths(root))
    if not known:
        raise SourceError(f"{root} has no ground truth beside an image or PDF; {CARD.how}")
    name = root.resolve().name
    card = replace(CARD, name=name, title=f"{name} (a folder of your own)")

    def make(index: int, one: _Known, images: bool) -> Item:
        return _item(index, one, root, images)

    files = {one.truth: None for one in known}
    return ListedSet(card, known, make, fingerprint_of(files, {one.image: None for one in known}))


def _truths(root: Path) -> Iterator[_Known]:
    for path in sorted(root.rglob("*")):
        suffix = next((suffix for suffix in _SUFFIXES if path.name.endswith(suffix)), None)
        if suffix is None or not path.is_file():
            continue
        stem = path.name.removesuffix(suffix)
        pdf = path.with_name(f"{stem}.pdf")
        image = image_named(path.parent, stem) or (pdf if pdf.is_file() else None)
        for given in (path, *((image,) if image else ())):
            if not is_given(given, root):
                raise SourceError(f"{given} is a symbolic link that leads out of {root}; put the file itself there")
        if image is None:
            wanted = ", ".join((*IMAGES, ".pdf"))
            raise SourceError(f"{path} has no image beside it: {stem} with one of {wanted} is missing")
        count = len(read_json(path)) if suffix == ".qa.json" else 1
        for number in range(count):
            yield _Known(stem, path, suffix, image, number)


def _item(index: int, one: _Known, root: Path, images: bool) -> Item:
    parts = one.truth.relative_to(root).parts
    kind, payload, given, question = _ground_truth(one)
    return Item(
        index=index,
        document="/".join(parts[:-1]) or one.stem,
        image=one.image if images else None,
        truths=((kind, payload),),
        given=given,
        question=question,
        slices=(("folder", parts[0]),) if len(parts) > 1 else (),
        name="/".join((*parts[:-1], f"{one.stem}{_ASKED.get(one.suffix, '').format(number=one.number + 1)}")),
    )


def _ground_truth(one: _Known) -> tuple[TruthKind, Mapping[str, Any], Label | None, str]:
    match one.suffix:
        case ".gt.txt":
            return TruthKind.TEXT, {"text": _truth_text(one)}, None, ""
        case ".gt.md":
            return TruthKind.MARKDOWN, {"markdown": _truth_text(one)}, None, ""
        case ".gt.html":
            return TruthKind.TABLE, {"html": _truth_text(one)}, Label.TABLE, ""
        case ".gt.tex":
            return TruthKind.FORMULA, {"latex": _truth_text(one).strip()}, Label.FORMULA, ""
        case ".boxes.csv":
            return TruthKind.TEXT, truth_of_boxes(_truth_text(one)), None, ""
        case ".qa.json":
            asked = read_json(one.truth)[one.number]
            return TruthKind.ANSWERS, {"answers": asked["answers"]}, None, asked["question"]
    fields = _fields(read_json(one.truth))
    return TruthKind.FIELDS, {"fields": fields}, None, fields_question(fields)


def _truth_text(one: _Known) -> str:
    return read_given(one.truth)


def _fields(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields by name; of pairs with the same key all values."""
    if "pairs" not in found:
        return dict(found)
    fields: dict[str, Any] = {}
    for pair in found["pairs"]:
        fields.setdefault(pair["key"], []).append(pair["value"])
    return {key: values[0] if len(values) == 1 else values for key, values in fields.items()}

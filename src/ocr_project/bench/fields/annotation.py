"""VLMHyperBench's data set: a folder of `annotation.csv` and images.

    data_index;split;image_path;question;answer;doc_class;question_type;answer_bbox

The card that describes it writes names with blanks and typing errors (`doc class`, `answear bbox`), and the file's own
name with a Cyrillic letter: all of these are read. A question's number is that of its row, from 0. `data_index` names
the document. Further columns are what questions are counted under: kinds of damage, resolutions.

What cannot be used is refused whole, with line and column, before the first question is asked.
"""

from __future__ import annotations

import ast
import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ocr_project.domain.errors import SourceError
from ocr_project.domain.options import FieldsOptions
from ocr_project.domain.types import Box, Question
from ocr_project.storage.given_table import GivenRow, GivenTable, read_given_table, some
from ocr_project.storage.given_text import is_given

_NAME = "annotation.csv"
_NAMES = {
    "dataindex": "data_index",
    "split": "split",
    "imagepath": "image_path",
    "image": "image_path",
    "question": "question",
    "answer": "answer",
    "docclass": "doc_class",
    "doctype": "doc_class",
    "questiontype": "question_type",
    "answerbbox": "answer_bbox",
    "bbox": "answer_bbox",
}
_NEEDED = ("image_path", "answer", "doc_class", "question_type")
_FILLED = ("image_path", "doc_class", "question_type")  # an empty answer says that the field is blank
_CYRILLIC = str.maketrans("асеорхуікмтв", "aceopxyikmtb")  # small letters that look like Latin ones
_ID_DIGITS = 16


@dataclass(frozen=True, slots=True)
class FieldSet:
    """A data set as it was read.

    Attributes:
        name: Of its folder.
        folder: In which images lie.
        columns: Of `annotation.csv`, in its order and spelling, by our name for each.
        rows: The cells of each question, as written: what VLMHyperBench repeats in its tables by id.
        questions: In the order of the file.
    """

    name: str
    folder: Path
    columns: Mapping[str, str]
    rows: Mapping[int, Mapping[str, str]]
    questions: tuple[Question, ...]


def read_field_set(place: Path, *, images: bool = True) -> FieldSet:
    """Read a data set.

    Args:
        place: Its folder, or the file of annotations itself.
        images: Whether images have to be there.

    Raises:
        SourceError: The folder or a column is missing, or rows cannot be used: names lines and columns.
    """
    path = place if place.is_file() else _annotation(place)
    table = read_given_table(path)
    columns = _columns(table)
    faults = [fault for row in table.rows for fault in _faults(table, columns, row, images)]
    if faults:
        raise SourceError(some(faults))
    if not table.rows:
        raise SourceError(f"{path} has no questions")
    name = path.parent.resolve().name
    reader = _Reader(name, columns)
    return FieldSet(
        name,
        path.parent,
        columns,
        {row.number: row.cells for row in table.rows},
        tuple(reader.question(row) for row in table.rows),
    )


def select_questions(found: FieldSet, options: FieldsOptions) -> FieldSet:
    """Keep the questions that the options ask for.

    Args:
        found: The whole set.
        options: Its filters `doc_type`, `field`, `split` and `limit`.

    Raises:
        SourceError: A filter names what the set does not have, or nothing is left.
    """
    kept: Sequence[Question] = found.questions
    for option, wanted in (("doc_type", options.doc_type), ("field", options.field), ("split", options.split)):
        there = {getattr(question, option) for question in found.questions}
        if unknown := [name for name in wanted if name not in there]:
            known = ", ".join(sorted(there))
            raise SourceError(f"fields.{option}: the set has no {', '.join(unknown)}; it has {known}")
        kept = [question for question in kept if not wanted or getattr(question, option) in wanted]
    if options.limit is not None:
        drawn = sorted({question.document for question in kept}, key=_digest)[: options.limit]
        kept = [question for question in kept if question.document in drawn]
    if not kept:
        raise SourceError("no question of the set has this document type, field and split together")
    return FieldSet(found.name, found.folder, found.columns, found.rows, tuple(kept))


def _annotation(folder: Path) -> Path:
    """Return the file of annotations of a folder."""
    if not folder.is_dir():
        raise SourceError(f"fields.set: there is no folder {folder}")
    found = [
        path for path in sorted(folder.iterdir()) if _plain(path.name) == _plain(_NAME) and is_given(path, folder)
    ]
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise SourceError(f"{folder} has to have one file {_NAME}, it has {names}")
    return found[0]


def _columns(table: GivenTable) -> dict[str, str]:
    """Return the file's columns by our names; what we have no name for keeps its own."""
    found: dict[str, str] = {}
    for column in table.columns:
        name = _NAMES.get(_plain(column).replace("answear", "answer"), column)
        if name in found:
            raise SourceError(f"{table.path} has two columns for {name}: {found[name]}, {column}")
        found[name] = column
    if lacking := [name for name in _NEEDED if name not in found]:
        raise SourceError(f"{table.path} has no column {', '.join(lacking)}; it has {', '.join(table.columns)}")
    return found


def _faults(table: GivenTable, columns: Mapping[str, str], row: GivenRow, images: bool) -> Iterator[str]:
    """Yield what is wrong with a row."""
    for name in _FILLED:
        if not row.cells[columns[name]].strip():
            yield f"{table.place(row, columns[name])} is empty"
    image = _image(row.cells[columns["image_path"]])
    if images and image and not is_given(table.path.parent / image, table.path.parent):
        yield f"{table.place(row, columns['image_path'])}: there is no image {image}"
    written = row.cells[columns["answer_bbox"]].strip() if "answer_bbox" in columns else ""
    try:
        _box(written)
    except ValueError:
        yield f"{table.place(row, columns['answer_bbox'])}: {written!r} is not a box [x0, y0, x1, y1]"


class _Reader:
    """Makes questions of rows."""

    def __init__(self, name: str, columns: Mapping[str, str]) -> None:
        self._name = name
        self._columns = columns
        self._more = [name for name in columns if name not in set(_NAMES.values())]
        self._images: dict[str, str] = {}  # page_id by image

    def question(self, row: GivenRow) -> Question:
        def cell(name: str) -> str:
            return row.cells[self._columns[name]].strip() if name in self._columns else ""

        image = _image(cell("image_path"))
        document = cell("data_index") or image
        if image not in self._images:
            digest = _digest(f"{self._name}\x1f{document}")
            self._images[image] = f"{digest}_{len(self._images) + 1:05d}"
        return Question(
            question_id=row.number,
            page_id=self._images[image],
            image=image,
            document=document,
            doc_type=cell("doc_class"),
            field=cell("question_type"),
            split=cell("split"),
            text=cell("question"),
            truth=cell("answer"),
            box=_box(cell("answer_bbox")),
            slices=tuple((name, cell(name)) for name in self._more if cell(name)),
        )


def _image(path: str) -> str:
    return path.strip().replace("\\", "/").removeprefix("./")


def _box(written: str) -> Box | None:
    """Read a box.

    Raises:
        ValueError: It is none.
    """
    if not written:
        return None
    try:
        values = ast.literal_eval(written)
    except (SyntaxError, MemoryError, RecursionError, TypeError) as error:
        raise ValueError(written) from error
    if not isinstance(values, list | tuple) or not _are_numbers(values):
        raise ValueError(written)
    x0, y0, x1, y1 = values
    return Box(float(x0), float(y0), float(x1), float(y1))


def _are_numbers(values: Iterable[object]) -> bool:
    found = list(values)
    return len(found) == 4 and all(isinstance(value, int | float) and math.isfinite(value) for value in found)


def _plain(name: str) -> str:
    """Return a name in small Latin letters and digits alone."""
    return "".join(sign for sign in name.casefold().translate(_CYRILLIC) if sign.isalnum())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_ID_DIGITS]

"""Lines of a page that a person has looked at, one by one. They make no reference text: the others were not read.

A JSON file beside the document, `report.p001.lines.json`, until there is a reference text of the whole page.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ocr_project.domain.errors import SourceError
from ocr_project.domain.options import BenchmarkOptions
from ocr_project.domain.types import Box, Document
from ocr_project.engine.ingest.ground_truth import reference_place
from ocr_project.storage.given_text import is_given, read_given

_ENDING = ".lines.json"
_REFERENCE = (".txt", ".gt")


@dataclass(frozen=True, slots=True)
class LineCorrection:
    """What one line says.

    Attributes:
        read: What was read there.
        text: What a person wrote instead, or the same; an empty string: there is no line.
        box: x0, y0, x1, y1 in whole pixels of the page; empty where the recognizer does not say.
    """

    read: str
    text: str
    box: tuple[int, ...] = ()


def box_key(box: Box | None) -> tuple[int, ...]:
    """Return by which numbers a line is found again."""
    return () if box is None else tuple(round(value) for value in box)


def lines_place(document: Document, number: int, options: BenchmarkOptions) -> tuple[Path, Path]:
    """Return the file of the lines of a page, and the folder that it must lie in."""
    path, root = reference_place(document, number, options)
    name = path.name
    for ending in _REFERENCE:
        name = name.removesuffix(ending)
    return path.with_name(name + _ENDING), root


def read_line_corrections(document: Document, number: int, options: BenchmarkOptions) -> list[LineCorrection]:
    """Return the lines of a page that a person has looked at.

    Raises:
        SourceError: The file is not as it is written here.
    """
    path, root = lines_place(document, number, options)
    if not is_given(path, root):
        return []
    try:
        return [_line(given) for given in json.loads(read_given(path))]
    except (ValueError, TypeError, KeyError) as error:
        raise SourceError(f"{path} is not a list of corrected lines ({error}): mend it, or remove it") from error


def written_lines(corrections: Sequence[LineCorrection]) -> str:
    """Return the text of the file, a line a line, for people to read and for git to compare."""
    rows = [
        json.dumps({"read": one.read, "text": one.text, "box": list(one.box)}, ensure_ascii=False)
        for one in corrections
    ]
    return "[\n" + ",\n".join(rows) + "\n]\n"


def _line(given: dict[str, Any]) -> LineCorrection:
    return LineCorrection(str(given["read"]), str(given["text"]), tuple(int(value) for value in given["box"]))

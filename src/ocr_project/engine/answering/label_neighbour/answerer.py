"""The answerer `label_neighbour`: reads a page once, and looks for each field's label on it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import tesserocr

from ocr_project.domain.errors import DocumentError
from ocr_project.domain.options import LANGUAGE_SEPARATOR, LabelNeighbourOptions
from ocr_project.domain.types import Answer, Asked, Identity, Page, Status
from ocr_project.engine.answering.label_neighbour.finding import find_label, find_value
from ocr_project.engine.answering.label_neighbour.reading import PageLine, languages_for, read_lines
from ocr_project.engine.answering.rows import unasked, without_image
from ocr_project.engine.imaging.pixels import page_grey
from ocr_project.engine.imaging.tesseract import Reader

VERSION = "3"  # raise it when the same page would give other answers


class LabelNeighbourAnswerer:
    """Answers without a model that understands: prompts are not looked at, only the names of fields."""

    def __init__(
        self, options: LabelNeighbourOptions, max_pixels: int | None = None, tessdata: Path | None = None
    ) -> None:
        """Build the answerer; no model is loaded yet.

        Args:
            options: Languages and labels.
            max_pixels: Most pixels of a page; None: as it is.
            tessdata: Folder of Tesseract's models, as `tessdata_folder` takes it.

        Raises:
            BackendError: A model is missing.
        """
        self._labels = options.labels
        self._max_pixels = max_pixels
        self._languages = options.languages.split(LANGUAGE_SEPARATOR)
        self._reader = Reader(tessdata)
        self._reader.require(self._languages)
        self._identity = Identity(
            "label_neighbour",
            f"{VERSION} tesseract-{tesserocr.tesseract_version().split()[1]}",
            {
                "languages": options.languages,
                "models": {name: self._reader.fingerprint(name) for name in self._languages},
                "labels": {field: list(labels) for field, labels in options.labels.items()},
                "pixels": max_pixels,
            },
        )

    @property
    def identity(self) -> Identity:
        return self._identity

    def answer(self, page: Page, asked: Sequence[Asked]) -> list[Answer]:
        if page.image is None:
            return without_image(page, asked)
        if not asked:
            return []
        started = time.perf_counter()
        try:
            grey = page_grey(page)
        except DocumentError as error:
            return unasked(page, asked, Status.FAILED, error.reason)
        labels = {one.question_id: (one.field, *self._labels.get(one.field, ())) for one in asked}
        spoken = languages_for((label for found in labels.values() for label in found), self._languages)
        lines = read_lines(grey, self._max_pixels, self._reader, spoken)
        rows = _rows(page, asked, labels, lines)
        seconds = (time.perf_counter() - started) / len(asked)
        return [replace(row, seconds=seconds) for row in rows]

    def close(self) -> None:
        """Do nothing: an instance of Tesseract ends with its thread."""


def _rows(
    page: Page, asked: Sequence[Asked], labels: dict[int, tuple[str, ...]], lines: Sequence[PageLine]
) -> list[Answer]:
    found = {one.question_id: find_label(labels[one.question_id], lines) for one in asked}
    rows = []
    for one in asked:
        others = [word for other, label in found.items() if label and other != one.question_id for word in label.words]
        text, reason = find_value(one.field, found[one.question_id], others, lines)
        status = Status.OK if text else Status.EMPTY
        rows.append(Answer(one.question_id, page.page_id, text, status, reason))
    return rows

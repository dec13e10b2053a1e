"""A text file a document: the lines of its pages, a form feed between two pages, as pdftotext writes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from ocr_project.domain.types import Page, Transcript
from ocr_project.engine.transcript.lines import Reading


class TextFile:
    """Pages as plain text; one that was not read is empty, so that the third form feed ends the third page."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def add(self, page: Page, readings: Sequence[Reading], transcript: Transcript, crops: Sequence[str]) -> None:
        text = transcript.text.replace("\f", "\n").strip("\n")
        self._file.write((f"{text}\n\f" if text else "\f").encode("utf-8", "replace"))

    def finish(self) -> None:
        """Nothing is left to write."""

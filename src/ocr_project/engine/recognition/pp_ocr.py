"""PP-OCRv6 alone: Latin print, found and read without Tesseract."""

from __future__ import annotations

from collections.abc import Sequence

from ocr_project.domain.errors import BackendError
from ocr_project.domain.options import PpOcrOptions
from ocr_project.domain.types import Identity, Page, Recognition, Region
from ocr_project.engine.imaging.preparing import prepare
from ocr_project.engine.imaging.small_print import measure_print
from ocr_project.engine.recognition.latin_lines import find_latin_reader
from ocr_project.engine.recognition.outcomes import opened
from ocr_project.engine.recognition.page_lines import read_page
from ocr_project.engine.recognition.unread_ink import name_unread

VERSION = "3"
_NO_ANSWERS = "PP-OCR reads, and answers no questions: choose a chat model with recognition.backend"


class PpOcrRecognizer:
    """Reads pages of Latin print by the lines that a detector finds on them."""

    def __init__(self, options: PpOcrOptions) -> None:
        """Look for the weights; none are loaded yet.

        Raises:
            BackendError: The extra `rapid` is not installed.
        """
        reader = find_latin_reader(options.weights)
        if reader is None:
            raise BackendError(
                "recognition.backend=pp_ocr needs the extra `rapid`: pip install -e '.[rapid]', or set"
                " recognition.backend to tesseract"
            )
        self._reader = reader
        self._identity = Identity("pp_ocr", VERSION, {"trained": reader.identity})

    @property
    def identity(self) -> Identity:
        return self._identity

    def close(self) -> None:
        """Do nothing: models end with the process."""

    def recognize(self, page: Page, regions: Sequence[Region]) -> list[Recognition]:
        grey = opened(page, regions, _NO_ANSWERS)
        if isinstance(grey, list):
            return grey
        upright, ink = prepare(grey)
        found = read_page(upright, measure_print(ink, page.dpi), regions, self._reader)
        return name_unread(ink, regions, found)

"""Recognitions of regions: of words that were read, of nothing, of what is not to be read."""

from __future__ import annotations

from collections.abc import Sequence

from ocr_project.domain.errors import DocumentError
from ocr_project.domain.types import Label, Page, Recognition, Region, Status, TextFormat, Word
from ocr_project.engine.imaging.pixels import Pixels, page_grey
from ocr_project.engine.imaging.small_print import ScaledCrop
from ocr_project.engine.imaging.tesseract import ReadWord
from ocr_project.engine.recognition.crop_places import CropToPage
from ocr_project.engine.recognition.read_words import mean_confidence, words_as_lines

UNREAD = frozenset({Label.PICTURE, Label.CHART})
LEAST_SIDE = 3  # pixels: no letter is smaller


def opened(page: Page, regions: Sequence[Region], no_answers: str) -> Pixels | list[Recognition]:
    """Return the grey image of a page that a reader of print takes, or, for each region, why it is not read.

    Args:
        page: As `Recognizer.recognize` gets it.
        regions: Of the page.
        no_answers: What is said where the page asks a question.
    """
    if page.text_layer_preferred:
        return [unread(region, "the page's own text layer is used") for region in regions]
    if page.question and page.image is not None:
        return [unread(region, no_answers) for region in regions]
    try:
        return page_grey(page)
    except DocumentError as error:
        return [unread(region, region.reason or error.reason) for region in regions]


def assembled(region: Region, words: Sequence[ReadWord], piece: ScaledCrop) -> Recognition:
    """Put words of a crop, in its pixels, back on their page."""
    if not words:
        return empty(region, "no text found")
    back = CropToPage(region, piece)
    placed = tuple(Word(w.text, back(w.box), w.confidence, w.line) for w in words)
    text = words_as_lines(words)
    return Recognition(region.page_id, region.index, text, TextFormat.TEXT, placed, mean_confidence(words))


def empty(region: Region, reason: str) -> Recognition:
    """Say that there is nothing in a region."""
    return Recognition(region.page_id, region.index, "", status=Status.EMPTY, reason=reason)


def unread(region: Region, reason: str) -> Recognition:
    """Say that a region was not read."""
    return Recognition(region.page_id, region.index, "", attempts=0, status=Status.SKIPPED, reason=reason)

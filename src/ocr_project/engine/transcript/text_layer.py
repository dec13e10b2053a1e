"""A text layer that stands in for OCR: its words, put into the regions that layout found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from ocr_project.domain.types import Box, Label, Page, Recognition, Region, TextFormat, Word
from ocr_project.engine.transcript.layer_table import table_of_layer
from ocr_project.engine.transcript.lines import Reading, word_lines

NATIVE_LABEL = "text_layer"  # of the region that holds words outside of all others


def readings(page: Page, regions: Sequence[Region], recognitions: Sequence[Recognition]) -> list[Reading]:
    """Pair the regions of a page with what was read in them.

    Args:
        page: Where its text layer is preferred, that is what was read, and `recognitions` are not looked at.
        regions: Of the page, any order.
        recognitions: One a region.

    Returns:
        A reading for each region in the order of their indices, then one more where words of a
        preferred text layer lie outside of all regions.

    Raises:
        ValueError: A region has no recognition.
    """
    ordered = sorted(regions, key=lambda region: region.index)
    if page.text_layer_preferred:
        return _placed(page, ordered)
    by_index = {recognition.index: recognition for recognition in recognitions}
    missing = [region.index for region in ordered if region.index not in by_index]
    if missing:
        raise ValueError(f"regions {missing} of page {page.page_id} have no recognition; run recognition again")
    return [Reading(region, by_index[region.index]) for region in ordered]


def _placed(page: Page, regions: Sequence[Region]) -> list[Reading]:
    held: defaultdict[int | None, list[Word]] = defaultdict(list)
    for word in page.text_layer_words:
        held[_home(word, regions)].append(word)
    found = [Reading(region, _recognition(page, region, held[region.index])) for region in regions]
    words = tuple(held[None])
    # A layer whose words have no places (the text column of SDS-KoPub) is one text.
    rest = _joined_lines(words) if page.text_layer_words else (page.text_layer or "").strip()
    if rest:
        index = max((region.index for region in regions), default=-1) + 1
        box = Box(0, 0, page.width, page.height)
        region = Region(page.page_id, index, Label.TEXT, NATIVE_LABEL, box)
        found.append(Reading(region, Recognition(page.page_id, index, rest, words=words, confidence=1.0)))
    return found


def _home(word: Word, regions: Sequence[Region]) -> int | None:
    """Return the index of the smallest region that holds the centre of a word."""
    x, y = (word.box.x0 + word.box.x1) / 2, (word.box.y0 + word.box.y1) / 2
    around = [r for r in regions if r.box.x0 <= x < r.box.x1 and r.box.y0 <= y < r.box.y1]
    return min(around, key=lambda region: (region.box.area, region.index)).index if around else None


def _recognition(page: Page, region: Region, words: Sequence[Word]) -> Recognition:
    table = table_of_layer(region, words, page.dpi) if region.label is Label.TABLE else None
    found = Recognition(
        page.page_id, region.index, "", words=tuple(words), confidence=1.0 if words else 0.0, attempts=0
    )
    if table is not None:
        return replace(found, text=table, format=TextFormat.HTML)
    return replace(found, text=_joined_lines(words))


def _joined_lines(words: Sequence[Word]) -> str:
    return "\n".join(line.text for line in word_lines(words))

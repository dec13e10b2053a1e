"""The regions of a page with what was read in them; words of a text layer that no region holds come last."""

from __future__ import annotations

from collections.abc import Sequence

from ocr_project.domain.types import Box, Label, Page, Recognition, Region, Word
from ocr_project.engine.transcript.lines import Reading, word_lines

NATIVE_LABEL = "text_layer"  # of the region that holds words outside of all others


def readings(page: Page, regions: Sequence[Region], recognitions: Sequence[Recognition]) -> list[Reading]:
    """Pair the regions of a page with what was read in them.

    Args:
        page: Of its text layer, where that stands in for OCR, the words outside of all regions are taken.
        regions: Of the page, any order.
        recognitions: One a region.

    Returns:
        A reading for each region in the order of their indices, then one more where words of a
        preferred text layer lie outside of all regions.

    Raises:
        ValueError: A region has no recognition.
    """
    ordered = sorted(regions, key=lambda region: region.index)
    by_index = {recognition.index: recognition for recognition in recognitions}
    missing = [region.index for region in ordered if region.index not in by_index]
    if missing:
        raise ValueError(f"regions {missing} of page {page.page_id} have no recognition; run recognition again")
    found = [Reading(region, by_index[region.index]) for region in ordered]
    if page.text_layer_preferred and (rest := _outside(page.text_layer_words, ordered)):
        index = max((region.index for region in ordered), default=-1) + 1
        text = "\n".join(line.text for line in word_lines(rest))
        region = Region(page.page_id, index, Label.TEXT, NATIVE_LABEL, Box(0, 0, page.width, page.height))
        read = Recognition(page.page_id, index, text, words=tuple(rest), confidence=1.0, attempts=0)
        found.append(Reading(region, read))
    return found


def _outside(words: Sequence[Word], regions: Sequence[Region]) -> list[Word]:
    """Return the words whose middle no region holds; those that are not sure to be seen are left out."""
    found = []
    for word in words:
        x, y = (word.box.x0 + word.box.x1) / 2, (word.box.y0 + word.box.y1) / 2
        held = any(r.box.x0 <= x < r.box.x1 and r.box.y0 <= y < r.box.y1 for r in regions)
        if word.confidence and not held:
            found.append(word)
    return found

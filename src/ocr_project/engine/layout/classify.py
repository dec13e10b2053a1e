"""What a block is, by where it stands and how large its letters are."""

from __future__ import annotations

from collections.abc import Sequence

from ocr_project.domain.types import Box, Label
from ocr_project.engine.layout.blocks import Block

_MARGIN = 0.09  # of the page's height: where running headers and footers stand
_APART = 1.2  # letter heights of white between them and the text
_NUMBER_WIDTH = 5.0  # letter heights: `- 12 -` is not wider
_TITLE, _HEADING = 1.7, 1.3  # of the height of a line of body text
_SMALL = 0.85  # footnotes are set smaller
_NEAR = 2.0  # letter heights between a figure and its caption


def classify(block: Block, others: Sequence[Box], pictures: Sequence[Box], page: Box, line: float) -> Label:
    """Name a block.

    Args:
        block: In question.
        others: All other blocks, tables and pictures of the page.
        pictures: Pictures and tables, which have captions.
        page: The whole page.
        line: Height of a line of body text.
    """
    if edge := _at_edge(block, others, page, line):
        return edge
    few = len(block.lines) <= 2
    size = block.line_height / line
    if few and size >= _TITLE and block.box.y0 < page.y0 + 0.5 * page.height:
        return Label.TITLE
    if few and size >= _HEADING:
        return Label.SECTION_HEADER
    if few and any(_captions(block.box, picture, line) for picture in pictures):
        return Label.CAPTION
    if size <= _SMALL and block.box.y0 > page.y0 + 0.75 * page.height:
        return Label.FOOTNOTE
    return Label.TEXT


def _at_edge(block: Block, others: Sequence[Box], page: Box, line: float) -> Label | None:
    if len(block.lines) > 2:
        return None
    box = block.box
    top, bottom = page.y0 + _MARGIN * page.height, page.y1 - _MARGIN * page.height
    if box.y1 <= top and all(o.y0 >= box.y1 + _APART * line or o.y1 <= top for o in others):
        return Label.PAGE_NUMBER if box.width <= _NUMBER_WIDTH * line else Label.PAGE_HEADER
    if box.y0 >= bottom and all(o.y1 <= box.y0 - _APART * line or o.y0 >= bottom for o in others):
        return Label.PAGE_NUMBER if box.width <= _NUMBER_WIDTH * line else Label.PAGE_FOOTER
    return None


def _captions(box: Box, picture: Box, line: float) -> bool:
    beside = min(box.x1, picture.x1) - max(box.x0, picture.x0) > 0.5 * box.width
    gap = max(box.y0 - picture.y1, picture.y0 - box.y1)
    return beside and -0.5 * line <= gap <= _NEAR * line

"""What a block is, by its place, its size and its neighbours; no text is read here.

A wrong label costs little (every text label is read alike). A running header that is not recognised as one ends up in
the middle of a paragraph that goes on over the page, so those rules are the careful ones. The thresholds were set by
hand; what they give on the shared pages is in docs/log.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ocr_project.domain.types import Box, Label
from ocr_project.engine.imaging.ink import Boxes
from ocr_project.engine.layout.blocks import Block

# Shares of the page's height. A running header or footer is outside of the inner part; where no rule parts it
# from the text it must be further out.
_INNER, _OUTER = 0.13, 0.075
# In body heights, if not said otherwise.
_APART = 0.8  # white between a running header and the text
_RULE_NEAR = 2.0  # between a header, footer or footnote and its rule
_NUMBER = 6.0  # width of a page number: `- 12 -`, `xxiii`, `12 / 34`
_CAPTION_NEAR, _CAPTION_LINES = 1.6, 3  # between a caption and its table or picture
_LARGE, _LARGEST = 1.2, 1.5  # heights of the lines of a heading, and of a title
_BOLD = 1.22  # stroke of a heading of body size, in strokes of the page's text
_HEADING_LINES = 3
_SMALL = 0.9  # height of the lines of a footnote
_BULLET, _NUMERAL = 0.8, 1.8  # widths of what begins an item of a list
_HANGING = 0.7  # how far its further lines begin to the right of it
_TAB = 0.8  # white between it and the text of an item of one line, which no hanging tells: more than between words


@dataclass(frozen=True, slots=True, eq=False)
class PageContext:
    """What the label of a block depends on beside the block.

    Attributes:
        width: Of the page in pixels.
        height: Of the page in pixels.
        body: Height of a line of body text in pixels.
        rules: Shape (n, 4): level rules.
        figures: Tables and pictures.
        stroke: The usual width of strokes in pixels.
    """

    width: int
    height: int
    body: float
    rules: Boxes
    figures: Sequence[Box]
    stroke: float


def classify(blocks: Sequence[Block], strokes: Sequence[float], around: PageContext) -> list[Label]:
    """Name the blocks of a page.

    Args:
        blocks: All blocks of text of the page, in any order.
        strokes: Mean width of the strokes of each, in pixels.
        around: Of the page.

    Returns:
        A label for each block, in the order given.
    """
    labels = [_by_itself(block, stroke, around) for block, stroke in zip(blocks, strokes, strict=True)]
    for label, outermost in ((Label.PAGE_HEADER, _topmost(blocks)), (Label.PAGE_FOOTER, _bottommost(blocks))):
        for place in outermost:
            found = _margin_label(blocks, place, label, around)
            if found is None:
                break
            labels[place] = found
    largest = max((block.height for block, label in zip(blocks, labels, strict=True) if label in _HEADINGS), default=0)
    for place, block in enumerate(blocks):
        upper = block.box.y0 < around.height / 2
        if labels[place] is Label.SECTION_HEADER and upper and block.height >= max(largest, _LARGEST * around.body):
            labels[place] = Label.TITLE
    return labels


_HEADINGS = (Label.SECTION_HEADER,)


def _by_itself(block: Block, stroke: float, around: PageContext) -> Label:
    if block.table:
        return Label.TABLE
    few = len(block.lines) <= _HEADING_LINES
    if few and block.height >= _LARGE * around.body and block.box.width > around.body:
        return Label.SECTION_HEADER
    if _is_caption(block, around):
        return Label.CAPTION
    if _is_footnote(block, around):
        return Label.FOOTNOTE
    if len(block.lines) == 1 and stroke >= _BOLD * around.stroke and block.height >= _SMALL * around.body:
        return Label.SECTION_HEADER
    return Label.LIST_ITEM if _is_item(block, around) else Label.TEXT


def _topmost(blocks: Sequence[Block]) -> list[int]:
    return sorted(range(len(blocks)), key=lambda place: blocks[place].box.y0)


def _bottommost(blocks: Sequence[Block]) -> list[int]:
    return sorted(range(len(blocks)), key=lambda place: -blocks[place].box.y1)


def _margin_label(blocks: Sequence[Block], place: int, label: Label, around: PageContext) -> Label | None:
    """Return whether a block, the outermost that is left, runs along the margin of the page."""
    block, top = blocks[place], label is Label.PAGE_HEADER
    out = block.box.y1 if top else around.height - block.box.y0
    if len(block.lines) > 1 or block.table or out > _INNER * around.height:
        return None
    inward = [other.box for other in blocks if (_gap(block.box, other.box) if top else _gap(other.box, block.box)) > 0]
    inward += [box for box in around.figures if (_gap(block.box, box) if top else _gap(box, block.box)) > 0]
    gaps = [_gap(block.box, box) if top else _gap(box, block.box) for box in inward]
    number = block.box.width <= _NUMBER * around.body
    ruled = _has_rule(block.box, around, below=top)
    apart = min(gaps, default=around.height) >= _APART * around.body
    if not (ruled or (apart and (out <= _OUTER * around.height or (number and not top)))):
        return None
    return Label.PAGE_NUMBER if number else label


def _gap(above: Box, below: Box) -> float:
    return below.y0 - above.y1


def _has_rule(box: Box, around: PageContext, *, below: bool) -> bool:
    """Return whether a level rule runs along a block, not far from it."""
    rules = around.rules
    near = rules[:, 1] - box.y1 if below else box.y0 - rules[:, 3]
    along = (rules[:, 0] < box.x1) & (rules[:, 2] > box.x0)
    slack = 0.3 * around.body
    return bool(((near >= -slack) & (near <= _RULE_NEAR * around.body) & along).any())


def _is_caption(block: Block, around: PageContext) -> bool:
    """Return whether a block stands right above or below a table or picture and within its width."""
    if len(block.lines) > _CAPTION_LINES:
        return False
    for figure in around.figures:
        near = min(abs(figure.y0 - block.box.y1), abs(block.box.y0 - figure.y1)) <= _CAPTION_NEAR * around.body
        slack = 0.1 * figure.width + around.body
        inside = block.box.x0 >= figure.x0 - slack and block.box.x1 <= figure.x1 + slack
        if near and inside and block.box.width < max(figure.width, 0.6 * around.width):
            return True
    return False


def _is_footnote(block: Block, around: PageContext) -> bool:
    """Return whether a block is of small print, under a rule, in the lower half of the page."""
    if block.box.y0 < around.height / 2 or block.height > _SMALL * around.body:
        return False
    return _has_rule(block.box, around, below=False)


def _is_item(block: Block, around: PageContext) -> bool:
    """Return whether a block begins with a bullet or a number, and hangs from it."""
    first = block.lines[0]
    if len(first.boxes) < 2 or block.box.width < 4 * around.body:
        return False
    mark, text = first.boxes[0], first.boxes[1]
    width, height = mark[2] - mark[0], mark[3] - mark[1]
    if max(width, height) <= _BULLET * around.body:
        return True
    hanging = [line.hull[0] - first.hull[0] >= _HANGING * around.body for line in block.lines[1:]]
    apart = 0.3 if hanging else _TAB
    return bool(width <= _NUMERAL * around.body and text[0] - mark[2] >= apart * around.body and np.all(hanging))

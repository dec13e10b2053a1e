"""Taking a page apart: words, tables, pictures and rules, before anything is put in order."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.imaging.blanks import find_blanks
from ocr_project.engine.imaging.fills import lift_fills
from ocr_project.engine.imaging.ink import Boxes, Grey, Mask, components
from ocr_project.engine.imaging.leaders import find_leaders
from ocr_project.engine.imaging.rulings import Rulings, find_rulings
from ocr_project.engine.imaging.specks import separate_specks
from ocr_project.engine.imaging.table_fills import OnWhite, lift_cells
from ocr_project.engine.imaging.words import Strokes, Words, body_height, find_words, letter_height
from ocr_project.engine.layout.pictures import find_pictures
from ocr_project.engine.layout.print_in_pictures import printed_shares
from ocr_project.engine.layout.ruling_groups import RuledGrid, group_rulings

# Set by hand; what they give on the shared pages is in docs/log.md.
# Letters are lower than the line that they stand on, by about this factor (ascenders, syllables of two rows).
_LINE_OF_LETTERS = 1.3
_CELL_LINES = 4.0  # lines of text that a filled cell is high, at most
_DPI = 150.0  # about what pages are looked at with: their letters are not known before their fills
# Rulings in body heights: no stroke of a letter is as long as one must be, and none as thick as one may be thick.
_LENGTH = 2.5
_THICKNESS = 0.4
# In body heights: a level line at least this long ends a block and a gutter.
_RULE = 4.0
# An underline is so near below its words (in body heights), they cover this share of it, and begin with it.
_UNDER, _UNDERLINED = 0.35, 0.7
# A word taller than this (in body heights), of which ink covers less than this share, is the outline of something.
_TALL, _OUTLINE = 2.5, 0.12
# Parts of one large syllable, in body heights: least and greatest width of each, height of the whole. The white
# between them in heights of the whole, what they share of the narrower one's width, and how far from square it is.
_PART_WIDTHS, _LARGER, _PART_GAP, _SHARED, _SQUARE = (0.5, 3.0), 1.25, 0.12, 0.8, 1.35
_MOST_PARTS = 1_000
# A page without letters: the line that lengths are measured in, as a share of its shorter side (A4 at 10 points:
# 1/60), and the least sides of a picture in shares of the page's. Smaller is the dirt of a scan.
_LINE_SHARE, _PICTURE_SHARE = 1 / 60, 1 / 8


@dataclass(frozen=True, slots=True, eq=False)
class PageParts:
    """What a page is made of.

    Attributes:
        words: Outside of tables and pictures.
        tables: Shape (n, 4): ruled ones.
        cells: Of each table: the boxes of its cells, none where they are not known.
        pictures: Shape (n, 4).
        rules: Shape (n, 4): level lines that part what is above from what is below.
        blanks: Shape (n, 4): blanks to fill in; they are among the words.
        strokes: Of the ink that is not drawn lines.
        body: Height of a line of body text in pixels.
        printed: How much of each picture looks like lines of print, as a share of all print of the page, 0 to 1.
    """

    words: Words
    tables: Boxes
    cells: tuple[Boxes, ...]
    pictures: Boxes
    rules: Boxes
    blanks: Boxes
    strokes: Strokes
    body: float
    printed: NDArray[np.float64]


def take_apart(grey: Grey, ink: Mask) -> PageParts | None:
    """Find words, tables, pictures and rules.

    Args:
        grey: Shape (height, width), uint8; upright.
        ink: As `find_ink` gives it.

    Returns:
        `None` where there are no words, no tables and no pictures.

    Raises:
        TooBusy: The page has more components than any text has.
    """
    leaders = find_leaders(ink)
    if leaders is not None:
        ink = np.asarray(cv2.subtract(ink, leaders.mask), np.uint8)
    lifted = lift_cells(grey, _DPI)
    letters = letter_height(lifted.ink(ink) if lifted else ink)
    if not letters:
        return _wordless(grey, ink)
    line = letters * _LINE_OF_LETTERS
    blanks = find_blanks(ink, line)
    if blanks is not None:
        ink = np.asarray(cv2.subtract(ink, blanks.mask), np.uint8)
    plain, ink = ink, lift_fills(grey, ink, line)
    rulings = _rulings(_with_fill_lines(ink, lifted, line) if lifted else ink, line)
    grids, drawings = group_rulings(rulings, line)
    text = np.asarray(cv2.bitwise_and(ink, cv2.bitwise_not(rulings.mask)), np.uint8)
    words = find_words(text, letters)
    body = body_height(words, letters)
    if not body:
        return None
    frames = np.asarray([grid.box for grid in grids], np.int32).reshape(-1, 4)
    words = _with_whole_syllables(words, body)
    pictures = _outside(find_pictures(grey, words, drawings, body), frames)
    shown = ~_within(frames, pictures)
    cells = tuple(_unshaded(grid, plain, ink) for grid, kept in zip(grids, shown, strict=True) if kept)
    tables = frames[shown]
    printed = printed_shares(text, pictures, words, body)
    width, height = words.boxes[:, 2] - words.boxes[:, 0], words.boxes[:, 3] - words.boxes[:, 1]
    outline = (height > _TALL * body) & (words.ink < _OUTLINE * width * height)
    free = ~outline & ~_within(words.boxes, tables) & ~_within(words.boxes, pictures)
    words = Words(words.boxes[free], words.ink[free], words.mask)
    written, dashed = separate_specks(words.boxes, body)
    words = Words(words.boxes[written], words.ink[written], words.mask)
    atoms = np.concatenate([tables, pictures])
    dots, free_blanks = (frames[:0] if rows is None else _outside(rows.boxes, atoms) for rows in (leaders, blanks))
    words = _with_rows(words, np.concatenate([dots, free_blanks]))
    long = rulings.horizontal[rulings.horizontal[:, 2] - rulings.horizontal[:, 0] > _RULE * body]
    rules = _outside(_outside(long, tables), pictures)
    rules = np.concatenate([rules[~_underlines(rules, words.boxes, body)], dashed])
    return PageParts(words, tables, cells, pictures, rules, free_blanks, Strokes.measure(text), body, printed)


def _with_whole_syllables(words: Words, body: float) -> Words:
    """Join the parts of large syllables that stand alone: the white in them is wider than in those of the body.

    Both parts are lower than a line of body text, and together they are higher; small print above small print has
    more white between.
    """
    width, height = words.boxes[:, 2] - words.boxes[:, 0], words.boxes[:, 3] - words.boxes[:, 1]
    parts = np.flatnonzero((height < body) & (width > _PART_WIDTHS[0] * body) & (width < _PART_WIDTHS[1] * body))
    if not 1 < len(parts) <= _MOST_PARTS:
        return words
    x0, y0, x1, y1 = words.boxes[parts].T
    shared = np.minimum(x1[:, None], x1) - np.maximum(x0[:, None], x0)
    whole = y1 - y0[:, None]  # of the first, above, and the second, below
    gap, across = y0 - y1[:, None], np.maximum(width[parts][:, None], width[parts])
    pairs = (
        (gap >= 0) & (gap <= _PART_GAP * whole) & (shared >= _SHARED * np.minimum(width[parts][:, None], width[parts]))
    )
    pairs &= (whole > _LARGER * body) & (whole < _SQUARE * across) & (across < _SQUARE * whole)
    boxes, ink, gone = words.boxes.copy(), words.ink.copy(), np.zeros(len(words.boxes), np.bool_)
    for above, below in parts[np.argwhere(pairs)]:
        if not (gone[above] or gone[below]):
            boxes[above] = np.concatenate(
                [np.minimum(boxes[above, :2], boxes[below, :2]), np.maximum(boxes[above, 2:], boxes[below, 2:])]
            )
            ink[above] += ink[below]
            gone[below] = True
    return Words(boxes[~gone], ink[~gone], words.mask)


def _with_rows(words: Words, rows: Boxes) -> Words:
    """Put dot leaders and blanks among the words, each as one: what is left and right of them is of one line."""
    if not len(rows):
        return words
    mask = words.mask.copy()
    for x0, y0, x1, y1 in rows:
        mask[y0:y1, x0:x1] = 255
    area = (rows[:, 2] - rows[:, 0]) * (rows[:, 3] - rows[:, 1])
    return Words(np.concatenate([words.boxes, rows]), np.concatenate([words.ink, area]), mask)


def _unshaded(grid: RuledGrid, ink: Mask, lifted: Mask) -> Boxes:
    """Return the cells of a grid; none where some are shaded: beside a fill its lines are not seen for sure."""
    x0, y0, x1, y1 = (int(value) for value in grid.box)
    return grid.cells[:0] if (ink[y0:y1, x0:x1] != lifted[y0:y1, x0:x1]).any() else grid.cells


def _with_fill_lines(ink: Mask, lifted: OnWhite, body: float) -> Mask:
    """Put the lines within and around filled cells in their place: light ones, pale ones, and where a colour ends.

    What is filled over many lines of text is a panel, not a cell.
    """
    labels, stats = components(np.asarray(cv2.subtract(lifted.filled, lifted.edges), np.uint8), connectivity=4)
    low = stats[:, 3] <= _CELL_LINES * body
    low[0] = False
    square = np.ones((7, 7), np.uint8)  # to meet lines that go on beside white cells
    cells = cv2.dilate(np.where(low, 255, 0).astype(np.uint8)[labels], square)
    edges = cv2.dilate(lifted.edges, np.ones((3, 3), np.uint8))
    return np.where(cells > 0, cv2.bitwise_or(lifted.ink(ink), edges), ink).astype(np.uint8)


def _rulings(ink: Mask, body: float) -> Rulings:
    return find_rulings(ink, max(8, round(body * _LENGTH)), max(4, round(body * _THICKNESS)))


def _wordless(grey: Grey, ink: Mask) -> PageParts | None:
    """Find the pictures of a page without letters: a photograph, a drawing; `None` for a blank one."""
    body = max(1.0, _LINE_SHARE * min(ink.shape))
    none = np.zeros((0, 4), np.int32)
    pictures = find_pictures(grey, find_words(ink, body), none, body)
    sides = pictures[:, 2:] - pictures[:, :2]
    pictures = pictures[(sides >= _PICTURE_SHARE * np.asarray([ink.shape[1], ink.shape[0]])).all(axis=1)]
    if not len(pictures):
        return None
    words = Words(none, np.zeros(0, np.int32), np.zeros_like(ink))
    return PageParts(words, none, (), pictures, none, none, Strokes.measure(ink), body, np.zeros(len(pictures)))


def _within(boxes: Boxes, holders: Boxes) -> NDArray[np.bool_]:
    """Return for each box whether its middle is in one of the holders."""
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    inside = np.zeros(len(boxes), np.bool_)
    for holder in holders:
        inside |= ((middle >= holder[:2]) & (middle < holder[2:])).all(axis=1)
    return inside


def _outside(boxes: Boxes, holders: Boxes) -> Boxes:
    return boxes[~_within(boxes, holders)]


def _underlines(rules: Boxes, words: Boxes, body: float) -> NDArray[np.bool_]:
    """Say which level lines are drawn under words, and so belong to their line."""
    found = np.zeros(len(rules), np.bool_)
    for place, (x0, y0, x1, _) in enumerate(rules):
        near = (words[:, 3] > y0 - _UNDER * body) & ((words[:, 1] + words[:, 3]) / 2 < y0)
        over = words[near & (words[:, 0] < x1) & (words[:, 2] > x0)]
        if len(over) and over[:, 0].min() > x0 - body:
            inked = np.minimum(over[:, 2], x1) - np.maximum(over[:, 0], x0)
            found[place] = inked.sum() > _UNDERLINED * (x1 - x0)
    return found

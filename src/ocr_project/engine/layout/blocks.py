"""Lines to blocks: what is read in one go, because it stands together and is of one size."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ocr_project.domain.types import Box
from ocr_project.engine.imaging.ink import Boxes
from ocr_project.engine.imaging.text_lines import TextLine

# Set by hand; what they give on the shared pages is in docs/log.md.
# A new block begins where the white between two lines is this much more than is usual in the column, in body
# heights, or where the heights of two lines differ by this factor.
_EXTRA_GAP = 0.55
_RATIO = 1.45
# A line shorter than this (in body heights) may be all low letters: another factor.
_SHORT, _SHORT_RATIO = 6.0, 1.9
# Widths, in body heights, of a number or bullet and of the text after it.
_LABEL, _TEXT = 4.0, 8.0
# Words of a line with wider white between them, in body heights, are cells of a table.
_CELL_GAP = 1.5
_TABLE_ROWS = 3
_ROW_GAP = 2.5  # body heights of white between two rows of one table
_BLANK_GAP = 2.5  # body heights of white above a blank to fill in that has a line of its own


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that are read together.

    Attributes:
        lines: From top to bottom.
        box: Hull of their words.
        table: Whether its lines are rows of cells.
    """

    lines: tuple[TextLine, ...]
    box: Box
    table: bool = False

    @property
    def height(self) -> float:
        """Return the median height of its lines."""
        return float(np.median([line.height for line in self.lines]))


@dataclass(frozen=True, slots=True, eq=False)
class Walls:
    """What no block of text reaches across.

    Attributes:
        solid: Shape (n, 4): tables and pictures.
        rules: Shape (n, 4): level rules; rows of cells may have them between.
        blanks: Shape (n, 4): blanks to fill in, which part nothing: one that has a line of its own belongs to the one
            above.
    """

    solid: Boxes
    rules: Boxes
    blanks: Boxes


def find_blocks(lines: list[TextLine], walls: Walls, body: float) -> list[Block]:
    """Part the lines of a column into blocks.

    Args:
        lines: From top to bottom.
        walls: Tables, pictures and rules of the page.
        body: Height of a line of body text in pixels.
    """
    if not lines:
        return []
    usual = _usual_gap(lines)
    rows = [_cells(line, body) > 1 for line in lines]
    blanks = {tuple(box) for box in walls.blanks.tolist()}
    goes_on = [all(tuple(box) in blanks for box in line.boxes.tolist()) for line in lines] if blanks else []
    tabular = _tabular(rows)
    parts: list[list[int]] = [[0]]
    for place in range(1, len(lines)):
        above, below = lines[place - 1], lines[place]
        most = _ROW_GAP * body if tabular[place] else usual + _EXTRA_GAP * body
        together = (
            tabular[place] == tabular[place - 1]
            and (tabular[place] or _alike(above, below, body))
            and below.top - above.bottom <= most
            and not _walled(above, below, walls.solid)
            and (tabular[place] or not _walled(above, below, walls.rules))
        )
        if goes_on and goes_on[place]:
            together = below.top - above.bottom <= _BLANK_GAP * body
        if together:
            parts[-1].append(place)
        else:
            parts.append([place])
    return _parted([_block([lines[place] for place in part], tabular[part[0]]) for part in parts])


def _parted(blocks: list[Block]) -> list[Block]:
    """End blocks where the next begins: letters that touch those of the line below would have it read twice."""
    found = []
    for block, below in zip(blocks, [*blocks[1:], None], strict=True):
        bottom = block.box.y1
        if below is not None and bottom > below.lines[0].top and below.lines[0].top >= block.lines[-1].middle:
            bottom = below.lines[0].top
        found.append(replace(block, box=Box(block.box.x0, block.box.y0, block.box.x1, bottom)))
    return found


def _block(lines: list[TextLine], table: bool) -> Block:
    hulls = np.asarray([line.hull for line in lines], np.float64)
    return Block(tuple(lines), Box(*hulls[:, :2].min(axis=0).tolist(), *hulls[:, 2:].max(axis=0).tolist()), table)


def _usual_gap(lines: list[TextLine]) -> float:
    gaps = [below.top - above.bottom for above, below in pairwise(lines)]
    gaps = [gap for gap in gaps if gap > 0]
    return float(np.percentile(gaps, 35)) if gaps else 0.0


def _alike(above: TextLine, below: TextLine, body: float) -> bool:
    """Return whether two lines are of one size; a short line may lack tall letters."""
    low, high = sorted((above.height, below.height))
    short = min(line.hull[2] - line.hull[0] for line in (above, below)) < _SHORT * body
    return high <= (_SHORT_RATIO if short else _RATIO) * max(1.0, low)


def _walled(above: TextLine, below: TextLine, walls: Boxes) -> bool:
    """Return whether something stands between two lines."""
    if not len(walls):
        return False
    middle = (walls[:, 1] + walls[:, 3]) / 2
    between = (middle > (above.top + above.bottom) / 2) & (middle < (below.top + below.bottom) / 2)
    left, right = min(above.hull[0], below.hull[0]), max(above.hull[2], below.hull[2])
    return bool((between & (walls[:, 0] < right) & (walls[:, 2] > left)).any())


def _cells(line: TextLine, body: float) -> int:
    """Count the parts of a line that wide white parts; a number or bullet before a text is not a cell."""
    own = line.boxes
    reach = np.maximum.accumulate(own[:, 2])
    wide = np.nonzero(own[1:, 0] - reach[:-1] > _CELL_GAP * body)[0]
    if len(wide) == 1:
        label, text = reach[wide[0]] - own[0, 0], reach[-1] - own[wide[0] + 1, 0]
        if label <= _LABEL * body and text >= _TEXT * body:
            return 1
    return 1 + len(wide)


def _tabular(rows: list[bool]) -> list[bool]:
    """Return for each line whether it is in a run of rows of cells; one line of a single cell may stand between."""
    marks: NDArray[np.bool_] = np.asarray(rows)
    table = np.zeros(len(marks), np.bool_)
    start: int | None = None
    for place in range(len(marks) + 1):
        inside = place < len(marks) and (marks[place] or (place + 1 < len(marks) and marks[place + 1]))
        if inside and start is None and marks[place]:
            start = place
        if not inside and start is not None:
            if marks[start:place].sum() >= _TABLE_ROWS:
                table[start:place] = True
            start = None
    return [bool(value) for value in table]

"""Drawn lines, and what they enclose."""

from __future__ import annotations

import numpy as np
import pytest

from ocr_project.engine.imaging.ink import Mask
from ocr_project.engine.imaging.rulings import enclosed_cells, find_rulings, framed, hull_of, widened, without

LENGTH, THICKNESS = 40, 9


def blank() -> Mask:
    return np.zeros((200, 300), np.uint8)


def grid() -> Mask:
    ink = blank()
    for y in (20, 80, 140):
        ink[y : y + 2, 30:252] = 255
    for x in (30, 140, 250):
        ink[20:142, x : x + 2] = 255
    return ink


def test_lines_of_both_directions_are_found_where_they_are() -> None:
    rulings = find_rulings(grid(), LENGTH, THICKNESS)
    assert rulings.horizontal.tolist() == [[30, 20, 252, 22], [30, 80, 252, 82], [30, 140, 252, 142]]
    assert sorted(rulings.vertical.tolist()) == [[30, 20, 32, 142], [140, 20, 142, 142], [250, 20, 252, 142]]
    assert hull_of(rulings.mask).tolist() == [29, 19, 253, 143], "a pixel wider than the lines"


@pytest.mark.parametrize(
    ("rows", "columns"),
    [(slice(50, 52), slice(30, 60)), (slice(50, 62), slice(30, 200))],
    ids=["as short as a stroke", "as thick as a fill"],
)
def test_strokes_and_fills_are_no_lines(rows: slice, columns: slice) -> None:
    ink = blank()
    ink[rows, columns] = 255
    rulings = find_rulings(ink, LENGTH, THICKNESS)
    assert not rulings.mask.any()
    assert len(rulings.horizontal) == len(rulings.vertical) == 0
    assert hull_of(rulings.mask).tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(("bridge", "lines"), [(1, 2), (6, 1)])
def test_a_bridge_joins_what_is_broken(bridge: int, lines: int) -> None:
    ink = blank()
    ink[50:52, 30:100] = 255
    ink[50:52, 104:180] = 255
    assert len(find_rulings(ink, LENGTH, THICKNESS, bridge).horizontal) == lines


def test_a_bridge_makes_no_line_of_letters() -> None:
    ink = blank()
    for x in range(30, 250, 12):
        ink[50:52, x : x + 8] = 255  # strokes of letters
    assert not find_rulings(ink, LENGTH, THICKNESS, 6).mask.any()


def test_the_cells_that_lines_enclose() -> None:
    mask = find_rulings(grid(), LENGTH, THICKNESS).mask
    x0, y0, x1, y1 = hull_of(mask)
    cells = enclosed_cells(mask[y0:y1, x0:x1], 8, 0.88)
    assert len(cells) == 4
    assert sorted((cells + np.asarray((x0, y0, x0, y0))).tolist())[0] == [33, 23, 139, 79]
    assert len(enclosed_cells(mask[y0:y1, x0:x1], 60, 0.88)) == 0, "too low"


def test_a_side_that_is_not_drawn_is_closed_by_the_edge() -> None:
    ink = grid()
    ink[:, 250:252] = 0
    mask = find_rulings(ink, LENGTH, THICKNESS).mask
    x0, y0, x1, y1 = hull_of(mask)
    assert len(enclosed_cells(mask[y0:y1, x0:x1], 8, 0.88)) == 4


def test_lines_are_painted_over_and_nothing_else() -> None:
    grey = np.full((200, 300), 230, np.uint8)
    grey[grid() > 0] = 40
    grey[100:110, 60:70] = 10
    rulings = find_rulings(grid(), LENGTH, THICKNESS)
    cleaned = without(grey, rulings.mask)
    assert (cleaned[grid() > 0] == 230).all()
    assert (cleaned[100:110, 60:70] == 10).all()
    assert (grey[grid() > 0] == 40).all(), "the crop itself is left as it is"


def test_a_frame_covers_slivers_along_the_edges() -> None:
    mask = np.zeros((60, 90), np.uint8)
    mask[:, 2] = 255
    closed = framed(mask, 3)
    assert enclosed_cells(closed, 1, 0.9).tolist() == [[3, 3, 87, 57]]
    assert len(enclosed_cells(mask, 1, 0.9)) == 2
    assert framed(np.zeros((4, 4), np.uint8), 3).all(), "too small to have an inside"


@pytest.mark.parametrize(
    ("reach", "hull"), [(0, [29, 19, 253, 143]), (1, [29, 19, 253, 143]), (3, [27, 17, 255, 145])]
)
def test_lines_are_widened_on_every_side(reach: int, hull: list[int]) -> None:
    assert hull_of(widened(find_rulings(grid(), LENGTH, THICKNESS), reach)).tolist() == hull

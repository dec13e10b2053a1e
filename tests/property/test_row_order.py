"""Reading order holds for any boxes: nothing is lost, and it does not depend on how they came."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from ocr_project.domain.types import Box
from ocr_project.engine.layout.row_order import row_order

WIDTH, HEIGHT = 1000, 1400


@st.composite
def any_box(draw: st.DrawFn) -> Box:
    x0, y0 = draw(st.integers(0, WIDTH - 1)), draw(st.integers(0, HEIGHT - 1))
    return Box(x0, y0, draw(st.integers(x0 + 1, WIDTH)), draw(st.integers(y0 + 1, HEIGHT)))


@st.composite
def stacked(draw: st.DrawFn, x0: float, x1: float, least: int = 1) -> list[Box]:
    """Draw `least` boxes or more of one column, from top to bottom, each over more than half of its width."""
    gaps = draw(st.lists(st.tuples(st.integers(1, 40), st.integers(60, 200)), min_size=least, max_size=6))
    found, y = [], 0
    for gap, height in gaps:
        ends = sorted(draw(st.tuples(st.floats(0, 0.2), st.floats(0.8, 1))))
        found.append(Box(x0 + ends[0] * (x1 - x0), y + gap, x0 + ends[1] * (x1 - x0), y + gap + height))
        y += gap + height
    return found


@given(boxes=st.lists(any_box(), max_size=14))
@settings(max_examples=40, deadline=None)
def test_every_box_is_read_once(boxes: list[Box]) -> None:
    assert sorted(row_order(boxes)) == list(range(len(boxes)))


@given(boxes=st.lists(any_box(), max_size=10, unique=True), seed=st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_is_that_of_the_places_and_not_of_the_input(boxes: list[Box], seed: Random) -> None:
    shuffled = list(boxes)
    seed.shuffle(shuffled)
    assert [shuffled[place] for place in row_order(shuffled)] == [boxes[place] for place in row_order(boxes)]


@given(boxes=stacked(0, WIDTH), seed=st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_a_single_column_is_read_from_top_to_bottom(boxes: list[Box], seed: Random) -> None:
    shuffled = list(boxes)
    seed.shuffle(shuffled)
    assert [shuffled[place] for place in row_order(shuffled)] == boxes

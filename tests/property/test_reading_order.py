"""Reading order holds for any boxes: nothing is lost, and it does not depend on how they came."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocr_project.domain.types import Box
from ocr_project.engine.layout.reading_order import reading_order, row_order

WIDTH, HEIGHT = 1000, 1400
Order = Callable[[list[Box]], list[int]]


def by_page(boxes: list[Box]) -> list[int]:
    return reading_order(boxes, WIDTH, HEIGHT)


ORDERS = pytest.mark.parametrize("order", [by_page, row_order])


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


@ORDERS
@given(boxes=st.lists(any_box(), max_size=14))
@settings(max_examples=40, deadline=None)
def test_every_box_is_read_once(order: Order, boxes: list[Box]) -> None:
    assert sorted(order(boxes)) == list(range(len(boxes)))


@ORDERS
@given(boxes=st.lists(any_box(), max_size=10, unique=True), seed=st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_is_that_of_the_places_and_not_of_the_input(order: Order, boxes: list[Box], seed: Random) -> None:
    shuffled = list(boxes)
    seed.shuffle(shuffled)
    assert [shuffled[place] for place in order(shuffled)] == [boxes[place] for place in order(boxes)]


@ORDERS
@given(boxes=stacked(0, WIDTH), seed=st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_a_single_column_is_read_from_top_to_bottom(order: Order, boxes: list[Box], seed: Random) -> None:
    shuffled = list(boxes)
    seed.shuffle(shuffled)
    assert [shuffled[place] for place in order(shuffled)] == boxes


@given(left=stacked(0, 480, 2), right=stacked(520, WIDTH, 2), seed=st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_two_columns_are_read_left_before_right(left: list[Box], right: list[Box], seed: Random) -> None:
    shuffled = [*left, *right]
    seed.shuffle(shuffled)
    assert [shuffled[place] for place in by_page(shuffled)] == [*left, *right]


@given(boxes=st.lists(any_box(), max_size=10), rules=st.lists(any_box(), max_size=3))
@settings(max_examples=40, deadline=None)
def test_separators_are_not_read(boxes: list[Box], rules: list[Box]) -> None:
    assert sorted(reading_order(boxes, WIDTH, HEIGHT, rules)) == list(range(len(boxes)))

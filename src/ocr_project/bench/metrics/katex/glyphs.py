"""Whether a formula stands within another one as it is drawn: olmOCR-bench's comparison.

Rule of `compare_rendered_equations` in `olmocr/bench/katex/render.py` of allenai/olmocr (v0.4.27).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_NEAR = 5.0  # pixels by which a neighbour's centre may lie off the row or the column
_MOST_STEPS = 200_000  # of the search for a matching; a page's formula takes as many as it has symbols
_ZERO_WIDTH = "\u200b"
ABSENT = -1


@dataclass(frozen=True, slots=True)
class Glyphs:
    """A formula as KaTeX draws it.

    Attributes:
        mathml: Its MathML, without white space and without the LaTeX that it was made of.
        symbols: Characters that leave ink, in the order of the page.
        centres: Shape (n, 2): x and y of each symbol's centre, pixels at a font size of 24 px.
        error: KaTeX's complaint; a formula that it cannot draw has no symbols.
    """

    mathml: str
    symbols: tuple[str, ...]
    centres: NDArray[np.float64]
    error: str = ""


def spread(texts: list[str], boxes: list[list[float]]) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Part the texts of spans into characters, which share the width of the span.

    Args:
        texts: Of each span.
        boxes: Left, top, width and height of each, pixels.

    Returns:
        The symbols, and the centres of their parts of the boxes.
    """
    symbols: list[str] = []
    centres: list[tuple[float, float]] = []
    for text, (left, top, width, height) in zip(texts, boxes, strict=True):
        if text == _ZERO_WIDTH:
            continue
        share = width / len(text)
        symbols += text
        centres += [(left + share * place + share / 2, top + height / 2) for place in range(len(text))]
    return tuple(symbols), np.array(centres, np.float64).reshape(-1, 2)


def stands_within(reference: Glyphs, hypothesis: Glyphs) -> bool:
    """Say whether a formula is a part of another one.

    It is where its MathML is a part of the other's, or where each of its symbols has one of its own in the other
    that has the same nearest neighbours above, below, left and right, as far as it has neighbours itself.

    Args:
        reference: The formula that is looked for; KaTeX could draw it.
        hypothesis: Where it is looked for.
    """
    if hypothesis.error:
        return False
    if reference.mathml in hypothesis.mathml:
        return True
    if Counter(reference.symbols).keys() - Counter(hypothesis.symbols).keys():
        return False
    return _can_match(reference, hypothesis)


def neighbours(centres: NDArray[np.float64]) -> NDArray[np.intp]:
    """Find the nearest symbol in each direction.

    Args:
        centres: Shape (n, 2).

    Returns:
        Shape (n, 4): above, below, left, right; -1 where there is none.
    """
    found = np.full((len(centres), 4), ABSENT, np.intp)
    if len(centres) < 2:
        return found
    across = centres[None, :, 0] - centres[:, None, 0]
    down = centres[None, :, 1] - centres[:, None, 1]
    column, row = np.abs(across) <= _NEAR, np.abs(down) <= _NEAR
    for place, (distance, beside) in enumerate(((-down, column), (down, column), (-across, row), (across, row))):
        far = np.where(beside & (distance > 0), distance, np.inf)
        nearest = far.argmin(axis=1)
        found[:, place] = np.where(np.isfinite(far.min(axis=1)), nearest, ABSENT)
    return found


def _can_match(reference: Glyphs, hypothesis: Glyphs) -> bool:
    """Search for a matching, symbol by symbol, taking back what leads nowhere."""
    wanted, there = neighbours(reference.centres).tolist(), neighbours(hypothesis.centres).tolist()
    places: dict[str, list[int]] = {}
    for place, symbol in enumerate(hypothesis.symbols):
        places.setdefault(symbol, []).append(place)
    choices = [places[symbol] for symbol in reference.symbols]
    taken: list[int] = []  # by symbol of the reference
    used = [False] * len(hypothesis.symbols)
    tried = [0] * len(choices)
    for _ in range(_MOST_STEPS):
        depth = len(taken)
        if depth == len(choices):
            return True
        if tried[depth] < len(choices[depth]):
            place = choices[depth][tried[depth]]
            tried[depth] += 1
            if not used[place] and _fits(depth, place, (wanted, there), (reference, hypothesis), taken):
                taken.append(place)
                used[place] = True
        elif depth:
            tried[depth] = 0
            used[taken.pop()] = False
        else:
            return False
    return False


def _fits(
    symbol: int,
    place: int,
    around: tuple[list[list[int]], list[list[int]]],
    formulas: tuple[Glyphs, Glyphs],
    taken: list[int],
) -> bool:
    """Say whether a symbol's neighbours are there: those that are matched already, others by what they are."""
    for mine, other in zip(around[0][symbol], around[1][place], strict=True):
        if mine == ABSENT:
            continue
        if other == ABSENT:
            return False
        matched = place if mine == symbol else (taken[mine] if mine < len(taken) else ABSENT)
        if matched != ABSENT:
            if matched != other:
                return False
        elif formulas[1].symbols[other] != formulas[0].symbols[mine]:
            return False
    return True

"""Which piece of an answer stands for which block of the reference: OmniDocBench's quick match.

github.com/opendatalab/OmniDocBench, evaluator of v1.5, `match_gt2pred_quick`, on texts in their normal form. In short:

1. Pairs closer than a quarter are left alone; for every other block of the reference, pieces that follow each other
   are joined as long as that brings them closer (a paragraph that the answer has cut).
2. The cheapest assignment of blocks to pieces (Hungarian); pairs further apart than 0.7 are dissolved.
3. Blocks without a piece that are found within a piece join it (paragraphs that the answer has merged).
4. What is left on both sides is assigned to each other at any distance.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cdist

_SURE = 0.25  # closer pairs are not questioned
_JOINED = 0.6  # how far a piece may be from its part of a block
_WITHIN = 0.4  # how far a block may be from its part of a piece
_APART = 0.7  # a pair further apart is none


@dataclass(frozen=True, slots=True)
class Match:
    """Blocks and pieces that stand for each other, by their places in the lists that were matched.

    Attributes:
        blocks: At least one, in order.
        pieces: In order; empty where nothing stands for the blocks.
        edit: How far they are apart; 1 for what was left on both sides.
    """

    blocks: tuple[int, ...]
    pieces: tuple[int, ...]
    edit: float = field(default=1.0, compare=False)


def distances(left: Sequence[str], right: Sequence[str]) -> NDArray[np.float64]:
    """Compare all texts with all: edits over the longer length.

    Returns:
        Shape (len(left), len(right)).
    """
    if not left or not right:
        return np.zeros((len(left), len(right)))
    edits = cdist(left, right, scorer=Levenshtein.distance, dtype=np.int32)
    lengths = np.maximum(np.array([len(text) for text in left])[:, None], [len(text) for text in right])
    return np.asarray(edits / np.maximum(lengths, 1), np.float64)


def assign(costs: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Find the cheapest assignment of rows to columns."""
    from scipy.optimize import linear_sum_assignment  # a tenth of a second to import

    rows, columns = linear_sum_assignment(costs)
    return list(zip(rows.tolist(), columns.tolist(), strict=True))


def match(blocks: Sequence[str], pieces: Sequence[str], alone: Collection[int] = ()) -> list[Match]:
    """Match the blocks of a page with the pieces of an answer.

    Args:
        blocks: Texts of the reference in reading order, none empty.
        pieces: Texts of the answer in order, none empty.
        alone: Blocks that are not looked for within pieces.

    Returns:
        Each block in exactly one match; pieces that stand for nothing in none.
    """
    if not blocks:
        return []
    if len(blocks) == len(pieces) == 1:
        return [Match((0,), (0,), _rate(blocks[0], pieces[0]))]
    groups = _join_pieces(distances(blocks, pieces), blocks, pieces)
    joined = [" ".join(pieces[place] for place in group) for group in groups]
    costs = distances(blocks, joined)
    near = {row: groups[column] for row, column in assign(costs) if costs[row, column] <= _APART}
    found: dict[tuple[int, ...], list[int]] = {}
    for block, group in near.items():
        found.setdefault(group, []).append(block)
    lost = [block for block in range(len(blocks)) if block not in near and block not in alone]
    for place, piece in enumerate(pieces):
        within = [block for block in lost if holds(piece, blocks[block], _WITHIN, strict=True)]
        if within:  # a piece whose blocks all went to earlier ones is not given to others either
            new = [block for block in within if block not in near]
            found.setdefault((place,), []).extend(new)
            near.update(dict.fromkeys(new, (place,)))
    pairs = [
        Match(tuple(sorted(some)), group, _apart(some, group, blocks, pieces)) for group, some in found.items() if some
    ]
    return pairs + _rest(blocks, pieces, set(near), {place for group in found for place in group})


def _apart(some: Sequence[int], group: Sequence[int], blocks: Sequence[str], pieces: Sequence[str]) -> float:
    """Measure a match; of several blocks against the first piece, as the evaluator does."""
    if len(some) > 1:
        return _rate("".join(blocks[block] for block in sorted(some)), pieces[group[0]])
    return _rate(blocks[some[0]], " ".join(pieces[place] for place in group))


def _rest(blocks: Sequence[str], pieces: Sequence[str], matched: set[int], used: set[int]) -> list[Match]:
    """Assign what is left on both sides; blocks beyond that stand alone."""
    # Sets, not lists in order: among assignments of equal cost the evaluator takes the first in the order of its sets.
    alone, free = list(set(range(len(blocks))) - matched), list(set(range(len(pieces))) - used)
    pairs = assign(distances([blocks[block] for block in alone], [pieces[place] for place in free]))
    given = {alone[row]: (free[column],) for row, column in pairs}
    return [
        *(Match((block,), group) for block, group in given.items()),
        *(Match((block,), ()) for block in sorted(alone) if block not in given),
    ]


def _join_pieces(costs: NDArray[np.float64], blocks: Sequence[str], pieces: Sequence[str]) -> list[tuple[int, ...]]:
    """Group pieces that follow each other and are parts of one block.

    Returns:
        All pieces in order, each in one group, most of them alone.
    """
    sure_blocks, sure_pieces = (set(side.tolist()) for side in np.nonzero(costs < _SURE))
    options: list[tuple[tuple[int, ...], float]] = []
    for block, text in enumerate(blocks):
        if block in sure_blocks:
            continue
        runs = [_grow(text, pieces, place, sure_pieces) for place in range(len(pieces)) if place not in sure_pieces]
        if runs:
            rates = [_rate(text, " ".join(pieces[place] for place in run)) for run in runs]
            best = int(np.argmin(rates))
            options.append((runs[best], rates[best]))
    groups = {run[0]: run for run in _choose(options)}
    members = {place for run in groups.values() for place in run}
    return [groups.get(place, (place,)) for place in range(len(pieces)) if place in groups or place not in members]


def _grow(block: str, pieces: Sequence[str], first: int, sure: set[int]) -> tuple[int, ...]:
    """Join the following pieces to one while each is part of the block and brings the whole no further from it."""
    last = first
    while last + 1 < len(pieces) and last + 1 not in sure:
        now = " ".join(pieces[first : last + 1])
        longer = f"{now} {pieces[last + 1]}"
        if _rate(block, longer) > _rate(block, now):
            break
        if not all(holds(block, piece, _JOINED, strict=False) for piece in pieces[first : last + 1]):
            break
        if not holds(block, pieces[last + 1], _JOINED, strict=True):
            break
        last += 1
        if len(longer) > len(block):
            break
    return tuple(range(first, last + 1))


def _choose(options: Sequence[tuple[tuple[int, ...], float]]) -> list[tuple[int, ...]]:
    """Choose among runs that overlap: of the ways to take runs without an overlap, the one of least mean cost."""
    groups: list[list[tuple[tuple[int, ...], float]]] = []
    for option in sorted(options, key=lambda option: option[0][0]):
        if groups and any(set(option[0]) & set(other) for other, _ in groups[-1]):
            groups[-1].append(option)
        else:
            groups.append([option])
    return [run for group in groups for run in _cheapest(group)]


def _cheapest(group: list[tuple[tuple[int, ...], float]]) -> list[tuple[int, ...]]:
    paths: list[list[tuple[tuple[int, ...], float]]] = []
    for run, cost in group:
        placed = False
        for path in paths:
            same = [place for place, (other, _) in enumerate(path) if other == run]
            if same and path[same[0]][1] > cost:
                path.append((run, cost))
                path.pop(same[0])
            if not any(set(run) & set(other) for other, _ in path):
                path.append((run, cost))
                placed = True
            placed = placed or bool(same)
        if not placed:
            paths.append([(run, cost)])
    best = min(paths, key=lambda path: sum(cost for _, cost in path) / len(path))
    return [run for run, _ in best]


def _rate(left: str, right: str) -> float:
    return float(Levenshtein.distance(left, right)) / max(len(left), len(right))


@lru_cache(maxsize=4096)
def holds(text: str, part: str, limit: float, *, strict: bool) -> bool:
    """Tell whether a stretch of a text, as long as the part, is within the limit of edits a character of the part.

    Args:
        text: Where to look.
        part: What to look for; never found where it is longer, or empty.
        limit: Edits for each character of the part.
        strict: The limit itself is too far.
    """
    length = len(part)
    if not 0 < length <= len(text):
        return False
    allowed = int(limit * length) + 1
    while not _within(allowed / length, limit, strict):
        allowed -= 1
    place = 0
    while place + length <= len(text):
        edits = Levenshtein.distance(text[place : place + length], part)
        if edits <= allowed:
            return True
        place += max(1, (edits - allowed + 1) // 2)  # a step to the right changes the distance by two at most
    return False


def _within(rate: float, limit: float, strict: bool) -> bool:
    return rate < limit if strict else rate <= limit

"""The cheapest alignment in order of two rows of formulas, where several of the answer may be one of the reference."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

import numpy as np
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cdist

from ocr_project.bench.testsets.omnidocbench_v1_5.rules.elements import FORMULA, INLINE

_ALIKE = 1e-12
_State = tuple[float, int, int, int]  # rates summed, edits, length, inline formulas
_Step = tuple[int, int, tuple[int, ...] | None]  # where from, and which pieces stand for the block passed


def align(
    references: Sequence[str],
    hypotheses: Sequence[str],
    kinds: Sequence[str],
    sources: Sequence[Hashable],
    *,
    gaps: bool,
    rescued: bool,
) -> list[tuple[int, ...]] | None:
    """Align formulas in order.

    Args:
        references: Normal forms.
        hypotheses: The same of the answer.
        kinds: What the pieces of the answer are.
        sources: Which formula a piece is a line of.
        gaps: Whether a piece may be passed over within one that is joined.
        rescued: Whether some of the pieces were found in text.

    Returns:
        For each reference the pieces that stand for it; None where one side is empty.
    """
    rows, columns = len(references), len(hypotheses)
    if not rows or not columns:
        return None
    runs = [
        run
        for start in range(columns)
        for run in _runs(start, columns, _longest(rows, columns), _skips(rows, columns, rescued) if gaps else 0, gaps)
        if _is_one(run, kinds, sources)
    ]
    joined = [" ".join(hypotheses[number] for number in run).strip() for run in runs]
    edits = cdist(references, joined, scorer=Levenshtein.distance, dtype=np.int32)
    starting: list[list[int]] = [[] for _ in range(columns)]
    for number, run in enumerate(runs):
        starting[run[0]].append(number)
    best: dict[tuple[int, int], _State] = {(0, 0): (0.0, 0, 0, 0)}
    steps: dict[tuple[int, int], _Step] = {}

    def offer(to: tuple[int, int], state: _State, step: _Step) -> None:
        if to not in best or _is_better(state, best[to]):
            best[to], steps[to] = state, step

    for row in range(rows + 1):
        for column in range(columns + 1):
            rate, errors, length, inline = best[row, column]
            alone = (rate + 1.0, errors, length, inline)
            if column < columns:
                offer((row, column + 1), alone, (row, column, None))
            if row == rows:
                continue
            offer((row + 1, column), alone, (row, column, ()))
            for number in starting[column] if column < columns else ():
                run, longer = runs[number], max(len(references[row]), len(joined[number]))
                found = int(edits[row, number])
                more = len(run) == 1 and kinds[run[0]] == INLINE
                state = (rate + found / longer, errors + found, length + longer, inline + more)
                offer((row + 1, run[-1] + 1), state, (row, column, run))
    return _walk_back(steps, rows, columns)


def _walk_back(steps: dict[tuple[int, int], _Step], row: int, column: int) -> list[tuple[int, ...]]:
    found: list[tuple[int, ...]] = []
    while row or column:
        row, column, run = steps[row, column]
        if run is not None:
            found.append(run)
    return found[::-1]


def _longest(rows: int, columns: int) -> int:
    """Return how many pieces may be one."""
    if rows <= 1:
        return min(columns, 10)
    return min(columns, 12 if abs(rows - columns) >= 2 else 10)


def _skips(rows: int, columns: int, rescued: bool) -> int:
    if abs(rows - columns) >= 3:
        return 2
    return int(rows != columns or rescued or columns >= 4)


def _runs(start: int, columns: int, longest: int, skips: int, gaps: bool) -> Iterator[tuple[int, ...]]:
    """Yield the pieces that may be one, the shorter before those that go on from them."""
    end = min(columns, start + (min(columns, longest + 2) if gaps else longest))

    def go_on(run: tuple[int, ...], left: int) -> Iterator[tuple[int, ...]]:
        yield run
        if len(run) < longest:
            for following in range(run[-1] + 1, min(end, run[-1] + 2 + left)):
                yield from go_on((*run, following), left - (following - run[-1] - 1))

    return go_on((start,), skips)


def _is_one(run: tuple[int, ...], kinds: Sequence[str], sources: Sequence[Hashable]) -> bool:
    """Tell whether pieces may be joined: lines of one formula, or displayed formulas next to each other."""
    if len({sources[number] for number in run}) == 1:
        return True
    return run[-1] - run[0] + 1 == len(run) and all(kinds[number] == FORMULA for number in run)


def _is_better(state: _State, best: _State) -> bool:
    if abs(state[0] - best[0]) > _ALIKE:
        return state[0] < best[0]
    if state[2] and best[2]:
        ours, theirs = state[1] * best[2], best[1] * state[2]
        if ours != theirs:
            return ours < theirs
    elif state[2] or best[2]:
        return bool(state[2])
    return state[3] < best[3]

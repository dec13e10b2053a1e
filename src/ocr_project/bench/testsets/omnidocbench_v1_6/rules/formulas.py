"""Displayed formulas matched apart from the text, in several ways: the way with the least edits counts.

The ways: as the page's matching left them; quick matching of formulas alone; the cheapest assignment in which any
formula may stay alone; the cheapest alignment in order, where pieces that follow each other may be one (with and
without pieces passed over); assignment and alignment with the lines of the answer's formulas apart; and all of it once
more with `cases` written as arrays behind a brace.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product

import numpy as np

from ocr_project.bench.testsets.omnidocbench_v1_5.rules.elements import FORMULA, INLINE, Element
from ocr_project.bench.testsets.omnidocbench_v1_5.rules.matching import assign, distances
from ocr_project.bench.testsets.omnidocbench_v1_5.rules.pairing import Forms, Pair, pair_up
from ocr_project.bench.testsets.omnidocbench_v1_5.rules.truth import TruthBlock
from ocr_project.bench.testsets.omnidocbench_v1_6.rules.alignment import align
from ocr_project.bench.testsets.omnidocbench_v1_6.rules.normal import DELIMITERS
from ocr_project.bench.testsets.omnidocbench_v1_6.rules.rows import split_blocks, split_elements, straighten
from ocr_project.engine.metrics.text import ned

_RESCUED = frozenset(("text_formula", "image_formula", "formula_rescue", "table_formula_rescue"))
_MOST_WAYS = 128  # to part the formulas of an answer into lines
_MOST_LINES = 8
_ALIKE = 1e-12


@dataclass(frozen=True, slots=True)
class Piece:
    """A formula of the answer, or a line of one, and the whole formula that it comes from."""

    element: Element
    source: Element

    @property
    def kind(self) -> str:
        kind = self.element.fine or self.element.kind
        return FORMULA if kind in _RESCUED else kind


@dataclass(frozen=True, slots=True)
class _Way:
    """A way to match the formulas of a page.

    Attributes:
        rows: One for each block.
        pieces: By which the numbers of the rows are looked up.
        formulas: How many the answer has.
        straightened: How many of them were written otherwise.
    """

    rows: list[Pair]
    pieces: list[Piece]
    formulas: int
    straightened: int = 0


class _Sides:
    """The formulas of both sides, those without a normal form left out; owners are taken by number, as in the text."""

    def __init__(self, blocks: Sequence[TruthBlock], pieces: Sequence[Piece], forms: Forms) -> None:
        self.blocks, self.pieces, self.forms = list(blocks), list(pieces), forms
        lines = [(block.content, form) for block in blocks if (form := forms.formula(block.content))]
        readings = [(content, form) for piece in pieces if (form := forms.formula(content := piece.element.content))]
        self.references, self.normal_references = _columns(lines)
        self.hypotheses, self.normal_hypotheses = _columns(readings)

    def pair(self, block: int, numbers: Sequence[int] = ()) -> Pair:
        owner = self.blocks[block]
        form = " ".join(self.normal_hypotheses[number] for number in numbers).strip()
        parts = [self.hypotheses[number] for number in numbers]
        first = self.pieces[numbers[0]] if numbers else None
        kind = "" if first is None else FORMULA if len(numbers) > 1 else first.kind
        return Pair(
            FORMULA,
            self.references[block],
            merge(parts, self.forms) if len(parts) > 1 else "".join(parts),
            self.normal_references[block],
            form,
            kind,
            (owner.order,) if owner.order else (),
            None if first is None else first.element.start,
            (owner.attributes,),
            (block,),
            tuple(numbers),
            ned(self.normal_references[block], form).rate if form else 1.0,
        )


def match_formulas(
    blocks: Sequence[TruthBlock], elements: Sequence[Element], current: Sequence[Pair], forms: Forms
) -> list[Pair]:
    """Match the displayed formulas of a page.

    Args:
        blocks: Formulas of the reference, not split.
        elements: Formulas of the answer, inline ones and rescued ones with them, not split.
        current: How the matching of the whole page left the formulas.
        forms: Of the version.

    Returns:
        One pair for each line of the reference's formulas.
    """
    if not blocks:
        return []
    lines = split_blocks(blocks)
    pieces = [Piece(element, element) for element in dict.fromkeys(elements)]
    ordered = sorted(pieces, key=_order)
    sides = _Sides(lines, ordered, forms)
    ways = [_Way(list(current), ordered, len(ordered))] if _is_complete(current, sides) else []
    ways += _whole_ways(blocks, pieces, sides)
    ways += [*_parted_ways(lines, pieces, forms), *_split_ways(lines, pieces, forms)]
    straight = [replace(piece, element=_straightened(piece.element)) for piece in pieces]
    changed = sum(one.element != other.element for one, other in zip(pieces, straight, strict=True))
    if changed:
        again = _whole_ways(blocks, straight, _Sides(lines, sorted(straight, key=_order), forms))
        again += [*_parted_ways(lines, straight, forms), *_split_ways(lines, straight, forms)]
        ways += [replace(way, straightened=changed) for way in again]
    best: tuple[_Way, tuple[float, ...]] | None = None
    for way in ways:
        cost = _cost(way)
        if best is None or _is_less(cost, best[1]):
            best = way, cost
    return best[0].rows if best else []


def merge(parts: Sequence[str], forms: Forms) -> str:
    """Write several formulas as the lines of an array; one alone stays as it is, without its delimiters."""
    bare = [text for part in parts if (text := forms.bare(part))]
    return forms.join(bare, formula=True)


def _columns(pairs: Sequence[tuple[str, str]]) -> tuple[list[str], list[str]]:
    return [left for left, _ in pairs], [right for _, right in pairs]


def _order(piece: Piece) -> tuple[int, bool, int]:
    return piece.element.start, piece.kind == INLINE, piece.element.end


def _straightened(element: Element) -> Element:
    return replace(element, content=straighten(element.content))


def _whole_ways(blocks: Sequence[TruthBlock], pieces: Sequence[Piece], sides: _Sides) -> list[_Way]:
    """Match without parting the formulas of the answer."""
    elements = sorted((piece.element for piece in pieces), key=lambda one: (one.fine == INLINE, one.start))
    quick = [
        replace(pair, hypothesis_kind=FORMULA) if pair.hypothesis_kind in _RESCUED else pair
        for pair in pair_up(split_blocks(blocks), elements, sides.forms)
    ]
    found = [quick, _assigned(sides), _aligned(sides, gaps=False), _aligned(sides, gaps=True)]
    return [_Way(rows, sides.pieces, len(sides.pieces)) for rows in found if rows and _is_complete(rows, sides)]


def _parted_ways(lines: Sequence[TruthBlock], pieces: Sequence[Piece], forms: Forms) -> Iterator[_Way]:
    """Assign, with the lines of each formula put together in every way that there is."""
    options: list[list[list[Piece]]] = []
    for piece in sorted(pieces, key=_order):
        parts = [Piece(element, piece.source) for element in split_elements([piece.element])]
        parted = 1 < len(parts) <= _MOST_LINES
        options.append(list(_partitions(parts, forms)) if parted else [[piece]])
    ways = int(np.prod([len(option) for option in options], dtype=object)) if options else 0
    if ways < 2 or ways > _MOST_WAYS:
        return
    for chosen in product(*options):
        ordered = sorted((piece for option in chosen for piece in option), key=_order)
        sides = _Sides(lines, ordered, forms)
        rows = _assigned(sides)
        if rows:
            yield _Way(rows, sides.pieces, len(pieces))


def _partitions(parts: Sequence[Piece], forms: Forms) -> Iterator[list[Piece]]:
    for cuts in range(1 << (len(parts) - 1)):
        ends = [0, *(place + 1 for place in range(len(parts) - 1) if cuts >> place & 1), len(parts)]
        yield [_put_together(parts[start:end], forms) for start, end in pairwise(ends)]


def _put_together(parts: Sequence[Piece], forms: Forms) -> Piece:
    if len(parts) == 1:
        return parts[0]
    content = merge([part.element.content for part in parts], forms).strip()
    if content and not any(content.startswith(left) and content.endswith(right) for left, right in DELIMITERS[:3]):
        content = f"\\[{content}\\]"
    end = parts[-1].element.end
    return Piece(replace(parts[0].element, content=content, end=end, fine=FORMULA), parts[0].source)


def _split_ways(lines: Sequence[TruthBlock], pieces: Sequence[Piece], forms: Forms) -> Iterator[_Way]:
    """Align, with every line of the answer's formulas apart."""
    ordered = sorted(pieces, key=_order)
    apart = [Piece(element, piece.source) for piece in ordered for element in split_elements([piece.element])]
    if len(apart) == len(ordered):
        return
    sides = _Sides(lines, apart, forms)
    for gaps in (False, True):
        rows = _aligned(sides, gaps=gaps)
        if rows:
            yield _Way(rows, apart, len(ordered))


def _assigned(sides: _Sides) -> list[Pair]:
    """Assign formulas to each other, where staying alone costs as much as having nothing in common."""
    left, right = len(sides.normal_references), len(sides.normal_hypotheses)
    costs = np.ones((left + right, left + right))
    costs[left:, right:] = 0.0
    if left and right:
        costs[:left, :right] = distances(sides.normal_references, sides.normal_hypotheses)
    given = {row: column for row, column in assign(costs) if row < left and column < right}
    return [sides.pair(row, [given[row]] if row in given else []) for row in range(left)]


def _aligned(sides: _Sides, *, gaps: bool) -> list[Pair] | None:
    kinds = [piece.kind for piece in sides.pieces]
    sources = [piece.source for piece in sides.pieces]
    rescued = sum((piece.element.fine or piece.element.kind) in _RESCUED for piece in sides.pieces)
    found = align(sides.normal_references, sides.normal_hypotheses, kinds, sources, gaps=gaps, rescued=rescued > 0)
    return None if found is None else [sides.pair(block, numbers) for block, numbers in enumerate(found)]


def _is_complete(rows: Sequence[Pair], sides: _Sides) -> bool:
    """Tell whether each block stands alone in one row, beside formulas."""
    expected = len(sides.references)
    if any(len(row.blocks) != 1 or row.hypothesis_kind not in ("", FORMULA, INLINE) for row in rows):
        return expected == 0
    return len(rows) == len({row.blocks for row in rows}) == expected


def _cost(way: _Way) -> tuple[float, ...]:
    """Return what the ways are compared by, in this order: fewer edits first."""
    matched = [row for row in way.rows if row.pieces]
    counts = [ned(row.normal_reference, row.normal_hypothesis) for row in matched]
    length = sum(count.denominator for count in counts)
    used = {way.pieces[number].source for row in matched for number in row.pieces if number < len(way.pieces)}
    edits = sum(row.edit for row in way.rows)
    return (
        edits,
        sum(count.numerator for count in counts) / length if length else 0.0,
        max(0, way.formulas - len(used)),
        edits / len(way.rows) if way.rows else np.inf,
        -way.straightened,
        len(way.rows) - len(matched),
    )


def _is_less(cost: Sequence[float], best: Sequence[float]) -> bool:
    for one, other in zip(cost, best, strict=True):
        if abs(one - other) > _ALIKE:
            return one < other
    return False

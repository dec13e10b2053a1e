"""Titles and paragraphs that were matched badly, looked for once more beside their place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ocr_project.bench.testsets.omnidocbench_v1_5.rules.elements import FORMULA, INLINE, TEXT, Element
from ocr_project.bench.testsets.omnidocbench_v1_5.rules.pairing import Pair
from ocr_project.bench.testsets.omnidocbench_v1_6.rules.normal import (
    normal_text,
    normal_text_by_formula,
    show_inline,
    strip_delimiters,
)
from ocr_project.engine.metrics.text import ned

_BAD = 0.45  # what is nearer is left as it is
_LONG = 80  # letters of a paragraph that is looked for without a formula in it
_AROUND = 8  # pieces on either side
_GAIN = 0.2
_ALIKE = 1e-12
_MATHS = re.compile(r"\$[^$]+\$|\\\([^)]*\\\)")
_COMMANDS = (r"\frac", r"\sum", r"\int", r"\sqrt", r"\left", r"\right")


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Pieces that follow each other, and what they read like."""

    first: int
    last: int
    form: str
    edit: float
    away: int

    @property
    def pieces(self) -> range:
        return range(self.first, self.last + 1)


def rate(left: str, right: str) -> float:
    """Measure edits against the longer one; 1 where one of the two is empty, 0 where both are."""
    return ned(left, right).rate if left or right else 0.0


def as_text(content: str, formula: bool) -> str:
    """Write a text, or a formula as a text, with its inline formulas as characters."""
    return show_inline(strip_delimiters(content) if formula else content)


def look_nearby(pairs: Sequence[Pair], pieces: Sequence[Element], noise: set[int]) -> list[Pair]:
    """Replace what stands for badly matched titles and paragraphs by free pieces that are nearer to them.

    Args:
        pairs: As matched.
        pieces: Of the answer in matching order, formulas not split.
        noise: Pieces that headers and captions hold.
    """
    owned = [_owned(pair, pieces) for pair in pairs]
    found: list[tuple[int, _Stretch]] = []
    for place, pair in enumerate(pairs):
        if _is_looked_for(pair):
            held = noise.union(*(owned[other] for other in range(len(pairs)) if other != place))
            best = _best(pair, pieces, owned[place], held)
            if best is not None:
                found.append((place, best))
    changed, used = list(pairs), set[int]()
    for place, best in sorted(found, key=lambda one: pairs[one[0]].edit - one[1].edit, reverse=True):
        if used.isdisjoint(best.pieces):
            used.update(best.pieces)
            changed[place] = replace(
                pairs[place],
                hypothesis="".join(pieces[number].content for number in best.pieces),
                normal_hypothesis=best.form,
                hypothesis_kind="text_block",
                start=pieces[best.first].start,
                pieces=tuple(best.pieces),
                edit=best.edit,
            )
    return changed


def _is_looked_for(pair: Pair) -> bool:
    if pair.edit <= _BAD or pair.category not in ("title", "text_block"):
        return False
    return pair.category == "title" or _has_formula(pair.reference) or len(pair.normal_reference) >= _LONG


def _has_formula(text: str) -> bool:
    if _MATHS.search(text) or any(command in text for command in _COMMANDS):
        return True
    return ("^" in text or "_" in text) and ("$" in text or "\\" in text)


def _owned(pair: Pair, pieces: Sequence[Element]) -> set[int]:
    """Number the pieces of a pair among those that are not split."""
    known = {number for number in pair.pieces if number < len(pieces)}
    if known or pair.start is None:
        return known
    return {number for number, piece in enumerate(pieces) if piece.start <= pair.start <= piece.end}


def _best(pair: Pair, pieces: Sequence[Element], owned: set[int], held: set[int]) -> _Stretch | None:
    with_formula = _has_formula(pair.reference)
    form = normal_text_by_formula(pair.reference) if with_formula else normal_text(show_inline(pair.reference))
    if not form:
        return None
    low, high = (max(0, min(owned) - _AROUND), max(owned) + _AROUND) if owned else (0, len(pieces))
    kinds = (TEXT, FORMULA) if with_formula else (TEXT,)
    open_ones = [low <= n <= high and n not in held and piece.kind in kinds for n, piece in enumerate(pieces)]
    best: _Stretch | None = None
    for first in range(len(pieces)):
        texts = ""
        for last in range(first, min(len(pieces), first + (8 if with_formula else 4))):
            if not open_ones[last]:
                break
            texts += as_text(pieces[last].content, pieces[last].kind == FORMULA)
            read = normal_text(texts)
            if read:
                away = abs(first - min(owned)) if owned else 0
                one = _Stretch(first, last, read, rate(form, read), away)
                best = one if best is None or _is_nearer(one, best) else best
    least = pair.edit - _GAIN
    return best if best and best.edit < least and best.edit <= (0.45 if with_formula else 0.35) else None


def _is_nearer(one: _Stretch, best: _Stretch) -> bool:
    if abs(one.edit - best.edit) > _ALIKE:
        return one.edit < best.edit
    return (len(one.pieces), one.away) < (len(best.pieces), best.away)


def is_inline_or_displayed(kind: str) -> bool:
    """Tell whether a kind of piece is a formula that stands in the answer as one."""
    return kind in (FORMULA, INLINE)

"""Blocks of the reference and pieces of the answer that stand for each other, in their normal forms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ocr_project.bench.testsets.omnidocbench_v1_5.rules.elements import FORMULA, Element
from ocr_project.bench.testsets.omnidocbench_v1_5.rules.matching import assign, distances, match
from ocr_project.bench.testsets.omnidocbench_v1_5.rules.truth import IGNORED, TruthBlock

_SURE = 0.25  # a piece closer to an ignored block than this is that block


@dataclass(frozen=True, slots=True)
class Forms:
    """How a version of the evaluator writes what it compares.

    Attributes:
        text: Normal form of text.
        formula: Of formulas.
        bare: A formula without its delimiters, to be joined with others.
        alone: Whether formulas are looked for as a piece of their own only, and not within others.
    """

    text: Callable[[str], str]
    formula: Callable[[str], str]
    bare: Callable[[str], str]
    alone: bool = False

    def of(self, content: str, formula: bool) -> str:
        """Bring a text or a formula into its normal form."""
        return self.formula(content) if formula else self.text(content)

    def join(self, parts: Sequence[str], formula: bool) -> str:
        """Join what was matched as one: formulas become the lines of an array."""
        if not formula or len(parts) < 2:
            return "".join(parts)
        lines = " \\\\ ".join(f"{{{self.bare(part)}}}" for part in parts)
        return f"\\begin{{array}}{{l}} {lines} \\end{{array}}"


@dataclass(frozen=True, slots=True)
class Pair:
    """What was matched, before it is scored.

    Attributes:
        category: Of the blocks: what most of them are.
        reference: As it was written.
        hypothesis: The same of the answer.
        normal_reference: In its normal form.
        normal_hypothesis: The same of the answer.
        hypothesis_kind: Of the first piece; empty where there is none.
        places: In the reading order.
        start: Of the first piece.
        attributes: Of each block.
        blocks: Their numbers among those that have a normal form.
        pieces: The same of the answer.
        edit: How far the two are apart as they were matched; 1 for what was left on both sides.
    """

    category: str
    reference: str
    hypothesis: str
    normal_reference: str
    normal_hypothesis: str
    hypothesis_kind: str
    places: tuple[float, ...]
    start: float | None
    attributes: tuple[Any, ...]
    blocks: tuple[int, ...] = ()
    pieces: tuple[int, ...] = ()
    edit: float = 1.0


def pair_up(blocks: Sequence[TruthBlock], pieces: Sequence[Element], forms: Forms) -> Iterator[Pair]:
    """Match texts and formulas; those that are not scored are matched first, and take their pieces with them.

    Args:
        blocks: In reading order.
        pieces: In the order of the answer, inline formulas last.
        forms: Of the version.
    """
    lines = [(block, form) for block in blocks if (form := forms.of(block.content, block.category == FORMULA))]
    readings = [(piece, form) for piece in pieces if (form := forms.of(piece.content, piece.kind == FORMULA))]
    gone = set(np.nonzero(_near(lines, readings).any(axis=0))[0].tolist())
    # Blocks and pieces without a letter are left out of the lists, and the evaluator then takes places, attributes and
    # kinds by number from the full lists: here too, or its reading order cannot be reproduced.
    placed = [(number, *line) for number, line in enumerate(lines) if line[0].category not in IGNORED]
    kept = [(number, *reading) for number, reading in enumerate(readings) if number not in gone]
    alone = {place for place, (_, block, _) in enumerate(placed) if forms.alone and block.category == FORMULA}
    for found in match([form for *_, form in placed], [form for *_, form in kept], alone):
        ours, theirs = [placed[place] for place in found.blocks], [kept[place] for place in found.pieces]
        category = Counter(block.category for _, block, _ in ours).most_common(1)[0][0]
        first = pieces[theirs[0][0]] if theirs else None
        kind = (first.fine or first.kind) if first else ""
        yield Pair(
            category,
            forms.join([block.content for _, block, _ in ours], category == FORMULA),
            forms.join([piece.content for _, piece, _ in theirs], "equation" in kind),
            "".join(form for *_, form in ours),
            "".join(form for *_, form in theirs),
            kind,
            tuple(order for number, *_ in ours if (order := blocks[number].order)),
            first.start if first else None,
            tuple(blocks[number].attributes for number, *_ in ours),
            tuple(number for number, *_ in ours),
            tuple(number for number, *_ in theirs),
            found.edit,
        )


def taken_by_noise(blocks: Sequence[TruthBlock], pieces: Sequence[Element], forms: Forms) -> set[int]:
    """Find the pieces that the blocks that are not scored hold; a block of several near pieces holds the last."""
    lines = [(block, form) for block in blocks if (form := forms.of(block.content, block.category == FORMULA))]
    readings = [(piece, form) for piece in pieces if (form := forms.of(piece.content, piece.kind == FORMULA))]
    noise = [form for block, form in lines if block.category in IGNORED]
    hits = [(int(block), int(piece)) for block, piece in np.argwhere(_near(lines, readings))]
    chosen = {block: number for number, (block, _) in enumerate(hits)}
    alone = [block for block in range(len(noise)) if block not in chosen]
    spare = [number for number in range(len(hits)) if number not in chosen.values()]
    costs = distances([noise[block] for block in alone], [readings[hits[number][1]][1] for number in spare])
    return {hits[number][1] for number in [*chosen.values(), *(spare[column] for _, column in assign(costs))]}


def _near(lines: Sequence[tuple[TruthBlock, str]], readings: Sequence[tuple[Element, str]]) -> np.ndarray[Any, Any]:
    noise = [form for block, form in lines if block.category in IGNORED]
    return np.asarray(distances(noise, [form for _, form in readings]) < _SURE)

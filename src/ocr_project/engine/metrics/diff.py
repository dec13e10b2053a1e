"""Where two texts differ, in pieces that a person can read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from rapidfuzz.distance import Levenshtein

from ocr_project.engine.metrics.normalize import normalize

Op: TypeAlias = Literal["equal", "insert", "delete", "replace"]

# Equal text shorter than this between two differences is shown as part of one difference: chance
# agreements of a letter or a space would split a wrong word into many pieces.
_ISLAND = 3


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of an alignment of two texts; joined in order, the spans give both texts again.

    Attributes:
        op: How the reference becomes the hypothesis.
        reference: Text of the reference; empty for `insert`.
        hypothesis: Text of the hypothesis; the same for `equal`, empty for `delete`.
    """

    op: Op
    reference: str
    hypothesis: str


def diff(reference: str, hypothesis: str) -> list[Span]:
    """Find the differences between two texts after `normalize`, white space kept.

    Returns:
        Spans in order of reading; no two equal ones and no two differences stand next to each
        other. A span joins neighbouring edits, so its length can exceed the CER's edits.
    """
    expected, got = normalize(reference), normalize(hypothesis)
    opcodes = Levenshtein.opcodes(expected, got)
    return _merge(
        [(expected[code.src_start : code.src_end], got[code.dest_start : code.dest_end]) for code in opcodes]
    )


def _merge(pieces: list[tuple[str, str]]) -> list[Span]:
    """Join neighbouring differences, and the small islands of equal text between them."""
    spans: list[Span] = []
    expected = got = ""
    last = len(pieces) - 1
    for place, (left, right) in enumerate(pieces):
        island = len(left) < _ISLAND and 0 < place < last
        if left != right or island:
            expected, got = expected + left, got + right
            continue
        spans += _difference(expected, got)
        spans.append(Span("equal", left, right))
        expected = got = ""
    return [*spans, *_difference(expected, got)]


def _difference(expected: str, got: str) -> Iterable[Span]:
    if expected and got:
        yield Span("replace", expected, got)
    elif expected:
        yield Span("delete", expected, "")
    elif got:
        yield Span("insert", "", got)

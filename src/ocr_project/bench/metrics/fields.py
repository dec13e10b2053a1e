"""Key information: which fields are right, field by field.

Counts add up over fields (micro-average) and over documents.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ocr_project.bench.metrics.canonical import loose


@dataclass(frozen=True, slots=True)
class FieldCounts:
    """How often a field is right.

    Attributes:
        exact: Values given that equal the truth's.
        normalized: Values given that equal it but for case, white space, punctuation and marks.
        expected: Values that the truth has; an empty one is none.
        got: Values given; an empty one is none.
    """

    exact: int = 0
    normalized: int = 0
    expected: int = 0
    got: int = 0

    def __add__(self, other: FieldCounts) -> FieldCounts:
        return FieldCounts(
            self.exact + other.exact,
            self.normalized + other.normalized,
            self.expected + other.expected,
            self.got + other.got,
        )


def field_f1(truth: Mapping[str, Any], hypothesis: Mapping[str, Any]) -> dict[str, FieldCounts]:
    """Count the fields of one document: SROIE, CORD, Nanonets-KIE, OCRBench v2's extraction.

    A field may hold a value, a list of values, or dicts of fields again (CORD): its name is then the path
    of names (`menu.nm`), and its values are compared as a multiset, whatever their order, as in Donut's F1.

    Args:
        truth: Name to value.
        hypothesis: The same; a field that the truth has not counts as got.

    Returns:
        Counts by name: the truth's fields in their order, then those it has not. Their sum (from
        `FieldCounts()`) is the micro-average.
    """
    expected, got = _values(truth), _values(hypothesis)
    return {name: _count(expected.get(name, []), got.get(name, [])) for name in (*expected, *_only(got, expected))}


def _only(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    return [name for name in one if name not in other]


def _values(fields: Mapping[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {name: [] for name in fields if not isinstance(fields[name], Mapping | list)}
    for name, value in _flatten("", fields):
        found.setdefault(name, []).append(value)
    return found


def _flatten(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flatten(f"{path}.{name}" if path else str(name), inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _flatten(path, inner)
    elif value is not None and str(value).strip():
        yield path, str(value).strip()


def _count(expected: list[str], got: list[str]) -> FieldCounts:
    return FieldCounts(
        _common(expected, got),
        _common([loose(value) for value in expected], [loose(value) for value in got]),
        len(expected),
        len(got),
    )


def _common(left: list[str], right: list[str]) -> int:
    return (Counter(left) & Counter(right)).total()

"""Nested fields (CORD's receipts) compared as trees, and fields read from a model's answer."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rapidfuzz.distance import Levenshtein

_FENCED = re.compile(r"```(?:\w+)?\s*([\s\S]*?)```")
_BRACED = re.compile(r"\{[\s\S]*\}")
_PAIR = re.compile(r""""([^"\n]+)"\s*:\s*"([^"\n]*)\"""")  # of JSON that was cut
_LINE = re.compile(r"^[\s*|-]*([^:=|*\n]{1,60}?)[\s*]*[:=|][\s*]*(.*?)[\s*|,]*$", re.MULTILINE)


@dataclass(slots=True)
class _Node:
    """A name, or a value: `leaf` says which."""

    name: str
    leaf: bool = False
    children: list[_Node] = field(default_factory=list)


def tree_accuracy(truth: Any, hypothesis: Any) -> float:
    """Score nested fields by Donut's accuracy: 1 - tree edit distance / distance from nothing to the truth.

    Kim et al., 2022, "OCR-free Document Understanding Transformer" (`JSONParseEvaluator`): names in the
    order of their length, values compared character by character, a name costs 1 and a value its length.

    Args:
        truth: Dicts and lists of values.
        hypothesis: The same.

    Returns:
        0 to 1; 1 where both are empty.
    """
    expected, got = _tree(_tidy(truth), "<root>"), _tree(_tidy(hypothesis), "<root>")
    nothing = _distance(_Node("<root>"), expected)
    if not nothing:
        return float(not got.children)
    return max(0.0, 1.0 - _distance(got, expected) / nothing)


def read_fields(answer: str) -> dict[str, Any]:
    """Find the fields in a model's answer: JSON (fenced or among other text), a Python dict, else pairs.

    Pairs are those of JSON that was cut, or lines `name: value`.

    Returns:
        Names to values, nested ones too; empty where there are none.
    """
    fenced = _FENCED.search(answer)
    text = fenced.group(1) if fenced else answer
    braced = _BRACED.search(text)
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(braced.group() if braced else text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue  # not in this notation: the next one is tried
        if isinstance(found, dict):
            return {str(name): value for name, value in found.items()}
    return dict(_PAIR.findall(text) or [pair for pair in _LINE.findall(text) if all(pair)])


def _tidy(data: Any) -> Any:
    """Sort names by length, make each value a list of texts, and leave out what is empty."""
    if isinstance(data, Mapping):
        tidied = {str(name): _tidy(data[name]) for name in sorted(data, key=lambda name: (len(str(name)), str(name)))}
        return {name: value if isinstance(value, list) else [value] for name, value in tidied.items() if value}
    if isinstance(data, list | tuple):
        if all(isinstance(item, Mapping) for item in data):
            return [tidied for item in data if (tidied := _tidy(item))]
        return [str(item).strip() for item in data if isinstance(item, str | int | float) and str(item).strip()]
    return [] if data is None or not str(data).strip() else [str(data).strip()]


def _tree(data: Any, name: str) -> _Node:
    node = _Node(name)
    if isinstance(data, dict):
        node.children = [_tree(value, inner) for inner, value in data.items()]
    elif all(isinstance(item, dict) for item in data):
        node.children = [_tree(item, "<subtree>") for item in data]
    else:
        node.children = [_Node(str(item), leaf=True) for item in data]
    return node


def _distance(left: _Node, right: _Node) -> float:
    from apted import APTED, Config

    class Costs(Config):  # type: ignore[misc]  # apted has no types
        def delete(self, node: _Node) -> int:
            return len(node.name) if node.leaf else 1

        insert = delete

        def rename(self, one: _Node, other: _Node) -> int:
            if one.leaf and other.leaf:
                return int(Levenshtein.distance(one.name, other.name))
            if one.leaf or other.leaf:
                return 1 + len(one.name if one.leaf else other.name)
            return int(one.name != other.name)

        def children(self, node: _Node) -> list[_Node]:
            return node.children

    return float(APTED(left, right, Costs()).compute_edit_distance())

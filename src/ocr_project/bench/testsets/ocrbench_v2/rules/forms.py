"""OCRBench v2: key information, name by name."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

_FENCED = re.compile(r"```(?:python|json)?\n(.*?)\n```", re.DOTALL | re.IGNORECASE)
_PAIR = re.compile(r"""["']?([\w\s]+)["']?\s*[:=]\s*["']?([^\n,"'{}]+)["']?""")
_UNREADABLE = (ValueError, TypeError, SyntaxError, MemoryError, RecursionError)


def form_score(truth: str, hypothesis: str) -> float:
    """Return the share of names whose value is right, of those that the truth or the answer has.

    Case, spaces and line ends do not count. The authors take an F-measure of each name, which is 0 or 1, and the
    best of all combinations of accepted values, whose names do not depend on each other.

    Args:
        truth: A dict as JSON or Python: a value, or a list of accepted ones, by name.
        hypothesis: The answer given.

    Raises:
        ValueError: The truth is not a dict.
    """
    accepted, said = read_form(truth), read_flat_form(hypothesis)
    if any(not values for values in accepted.values()):  # no value is accepted, hence no combination of them
        return 0.0
    # A name without a value, of which nothing is said, is not a name.
    names = [name for name in accepted if name in said or None not in accepted[name]]
    right = sum(
        name in said and any(value is not None and _folded(said[name]) == _folded(value) for value in accepted[name])
        for name in names
    )
    count = len(names) + len(said.keys() - accepted.keys())
    return right / count if count else 0.0


def read_form(truth: str) -> dict[str, list[Any]]:
    """Read the accepted values by name.

    Raises:
        ValueError: It is not a dict.
    """
    text = truth.strip('"')
    found = _first_parsed(text, json.loads, ast.literal_eval)
    if isinstance(found, str):
        found = _first_parsed(found, ast.literal_eval)
    if not isinstance(found, Mapping):
        raise ValueError(f"the answer is not a dict: {truth[:80]!r}")
    return {str(name): value if isinstance(value, list) else [value] for name, value in found.items()}


def read_flat_form(answer: str) -> dict[str, str]:
    """Find names and values in an answer: JSON or a Python dict (fenced or alone), else pairs `name: value`.

    Returns:
        Values as text, inner lists and dicts as Python writes them; empty where a list or the like was given.
    """
    fenced = _FENCED.search(answer)
    text = fenced.group(1) if fenced else answer.strip()
    found = _first_parsed(text, json.loads, ast.literal_eval)
    if found is None:
        found = {name.strip(): value.strip() for name, value in _PAIR.findall(text)}
    if not isinstance(found, Mapping) or not all(isinstance(name, str) for name in found):
        return {}
    return {name.strip(): str(value).strip() for name, value in found.items()}


def _first_parsed(text: str, *readers: Callable[[str], Any]) -> Any:
    for read in readers:
        try:
            return read(text)
        except _UNREADABLE:
            continue  # not in this notation: the next one is tried
    return None


def _folded(value: Any) -> str:
    return str(value).lower().strip().replace("\n", " ").replace(" ", "")

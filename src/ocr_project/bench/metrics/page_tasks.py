"""Kinds of pages and the order of pages: answers to classes and orders, and how good they are.

The official readings and metrics are those of VLMHyperBench's programs (`check_classification.py`,
`check_page_sorting.py`, `bench_utils.metrics`).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

_FENCED = re.compile(r"```(?:json)?\s*\n(.*?)\n```", re.DOTALL)
_BRACED = re.compile(r"\{.*\}", re.DOTALL)
_LIST = re.compile(r"\[[\d\s,]+\]")
_NUMBER = re.compile(r"\d+")
_MOST_DIGITS = 9  # of a number in an answer: a longer one numbers nothing, and is slow to convert


def official_class(answer: str, classes: Sequence[str]) -> str:
    """Return the class whose number an answer is, and nothing else; empty: none."""
    said = answer.strip().strip('"')
    if not (said.isascii() and said.isdigit()) or len(said) > _MOST_DIGITS or int(said) >= len(classes):
        return ""
    return classes[int(said)]


def canonical_class(answer: str, titles: Mapping[str, str]) -> str:
    """Return the class that an answer names, by number, folder or title; empty: none, or more than one.

    Args:
        answer: With or without words around what is said.
        titles: Of the classes, by their folders, in the order of their numbers.
    """
    if official := official_class(answer, list(titles)):
        return official
    low = " ".join(answer.casefold().split())
    named = {name for name, title in titles.items() if _stands_in(title, low) or _stands_in(name, low)}
    # a title may be a part of another: the longer one is meant
    longest = {one for one in named if not any(_within(titles[one], titles[other]) for other in named if other != one)}
    if not longest:
        numbers = {int(number) for number in _NUMBER.findall(low) if len(number) <= _MOST_DIGITS}
        longest = {name for place, name in enumerate(titles) if place in numbers}
    return longest.pop() if len(longest) == 1 else ""


def official_order(answer: str) -> list[int]:
    """Return the order in an answer: `ordered_pages` of its JSON, else its first list, else its first four digits."""
    found = _FENCED.search(answer) or _BRACED.search(answer)
    text = found[found.re.groups] if found else answer.strip()
    try:
        said: Any = json.loads(text)
    except (ValueError, RecursionError):
        said = None
    pages = said.get("ordered_pages") if isinstance(said, dict) else None
    if pages and isinstance(pages, list) and all(type(page) is int for page in pages):
        return pages
    if listed := _LIST.search(answer):
        return _numbers(listed[0])
    return [int(digit) for digit in re.findall(r"\b[1-9]\b", answer)[:4]]


def canonical_order(answer: str, pages: int) -> list[int]:
    """Return the last numbers of an answer that are an order of so many pages; empty: there are none."""
    numbers = _numbers(answer)
    for end in range(len(numbers), pages - 1, -1):
        if is_order(numbers[end - pages : end], pages):
            return numbers[end - pages : end]
    return []


def is_order(order: Sequence[int], pages: int) -> bool:
    """Say whether each page is there once."""
    return sorted(order) == list(range(1, pages + 1))


def kendall_tau(truth: Sequence[int], order: Sequence[int]) -> float:
    """Return Kendall's tau of two orders of the same pages: pairs in the right order minus those in the wrong one.

    Kendall, 1938, "A New Measure of Rank Correlation", Biometrika 30; there are no ties.

    Returns:
        -1 (upside down) to 1; NaN of fewer than two pages.
    """
    if len(truth) < 2:
        return math.nan
    places = {page: place for place, page in enumerate(truth)}
    ranks = [places[page] for page in order]
    signs = [1 if before < after else -1 for before, after in combinations(ranks, 2)]
    return sum(signs) / len(signs)


def spearman_rho(truth: Sequence[int], order: Sequence[int]) -> float:
    """Return Spearman's rho of two orders of the same pages: how far pages are from their places, squared.

    Spearman, 1904; without ties 1 - 6 sum(d^2) / (n (n^2 - 1)). VLMHyperBench correlates the lists of page numbers in
    place of the places of pages, which is something else unless one of both lists is 1, 2, 3, …

    Returns:
        -1 to 1; NaN of fewer than two pages.
    """
    count = len(truth)
    if count < 2:
        return math.nan
    places = {page: place for place, page in enumerate(truth)}
    squares = sum((places[page] - place) ** 2 for place, page in enumerate(order))
    return 1 - 6 * squares / (count * (count**2 - 1))


def right_places(truth: Sequence[int], order: Sequence[int]) -> float:
    """Return the share of pages that are where they belong."""
    return sum(one == other for one, other in zip(truth, order, strict=True)) / len(truth)


def _numbers(text: str) -> list[int]:
    return [int(number) for number in _NUMBER.findall(text) if len(number) <= _MOST_DIGITS]


def _stands_in(name: str, text: str) -> bool:
    """Say whether a name stands in a text, not as a part of a longer word; `_` and a blank are the same."""
    words = r"[\s_]+".join(re.escape(word) for word in name.casefold().replace("_", " ").split())
    return bool(words and re.search(rf"(?<!\w){words}(?!\w)", text))


def _within(title: str, other: str) -> bool:
    return title.casefold() != other.casefold() and title.casefold() in other.casefold()

"""Answers to questions: ANLS, ANLS*, and the rules of OCRBench.

A question has one or several accepted answers; the best of them counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from rapidfuzz.distance import Levenshtein

_THRESHOLD = 0.5
_SHORT_WORDS = 5  # OCRBench v2: a shorter English answer must be contained, a longer one be similar
_SHORT_CHINESE = 4  # the same for Chinese, in parts between commas
_TEXT = re.compile(r"\\text\{([^{}]*)\}")


def anls(answers: Sequence[str], hypothesis: str) -> float:
    """Score an answer by Average Normalized Levenshtein Similarity, threshold 0.5.

    Biten et al., 2019, "Scene Text Visual Question Answering", with the details of DocVQA's own code:
    small letters, white space of any length as one space, and 0 where the similarity is below 0.5.

    Args:
        answers: The accepted ones; the best counts.
        hypothesis: The answer given.

    Returns:
        0 to 1; 0 where nothing is accepted. Of a set, the mean is its ANLS.
    """
    return max((_similarity(_folded(answer), _folded(hypothesis)) for answer in answers), default=0.0)


def anls_star(truth: Any, hypothesis: Any) -> float:
    """Score nested answers (dicts, lists, values) by ANLS*, as the library `anls-star` defines it.

    Peer et al., 2024, "ANLS*: A Universal Document Processing Metric" (arXiv 2402.03848).

    Args:
        truth: Dicts and lists of values; a tuple holds alternatives of which one is right.
        hypothesis: The same without tuples.

    Returns:
        0 to 1.
    """
    from anls_star import anls_score

    score: Any = anls_score(truth, hypothesis)
    return float(score)


def contains_answer(answers: Iterable[str], hypothesis: str, *, formula: bool = False) -> bool:
    """Say whether an accepted answer is part of the text: the rule of OCRBench v1 for all of its tasks.

    Args:
        answers: The accepted ones.
        hypothesis: The text given, of any length.
        formula: Whether it is a formula (v1: HME100k): all spaces go, and case counts.
    """
    fold = _without_spaces if formula else _lowered
    got = fold(hypothesis)
    return any(fold(answer) in got for answer in answers)


def contains_or_similar(
    answers: Iterable[str], hypothesis: str, *, case: bool = False, chinese: bool = False
) -> float:
    """Score an answer by OCRBench v2's rule for questions: a short one is contained, a long one similar.

    Args:
        answers: The accepted ones.
        hypothesis: The text given.
        case: Whether case counts (its `case sensitive` items).
        chinese: Whether spaces go, and length is counted in parts between commas.

    Returns:
        1 for a short answer that is contained (under 5 words, or 4 parts); the ANLS for a long one.
    """
    best = 0.0
    for answer in answers:
        wanted, got = (_v2_form(text, case, chinese) for text in (answer, hypothesis))
        short = len(wanted.split(",")) < _SHORT_CHINESE if chinese else len(wanted.split()) < _SHORT_WORDS
        best = max(best, float(wanted in got) if short else _similarity(wanted, got))
    return best


def choice_matches(answer: str, hypothesis: str) -> bool:
    """Say whether the letters of the hypothesis are the letter asked for: OCRBench v2, `multiple choice`."""
    return "".join(sign for sign in hypothesis if sign.isalpha()) == answer


def count_score(answers: Iterable[str], hypothesis: str) -> float:
    """Score a number by how near it is: OCRBench v2, text counting by `regression`.

    Returns:
        1 - ``|number - truth|`` / truth, or 0 where that is 0.5 or less, or there is no number; the first
        number of the text counts.
    """
    found = re.search(r"\d+", hypothesis)
    if found is None:
        return 0.0
    given, best = int(found.group()), 0.0
    for answer in answers:
        truth = int(answer)
        near = 1.0 - abs(given - truth) / truth if truth and given else 0.0
        best = max(best, near if near > _THRESHOLD else 0.0)
    return best


def formula_contained(answers: Iterable[str], hypothesis: str, *, chinese: bool = False) -> bool:
    r"""Say whether the formula is part of the text: OCRBench v2; in Chinese ones `\text{…}` is opened first."""
    opened = [_TEXT.sub(r"\1", text) if chinese else text for text in (hypothesis, *answers)]
    return contains_answer(opened[1:], opened[0], formula=True)


def _folded(text: str) -> str:
    return " ".join(text.lower().split())


def _lowered(text: str) -> str:
    return text.lower().strip().replace("\n", " ")


def _without_spaces(text: str) -> str:
    return text.strip().replace("\n", " ").replace(" ", "")


def _v2_form(text: str, case: bool, chinese: bool) -> str:
    kept = text.strip().replace("\n", " ") if case else _lowered(text)
    return kept.replace(" ", "") if chinese else kept


def _similarity(wanted: str, got: str) -> float:
    if not wanted and not got:
        return 1.0
    value = Levenshtein.normalized_similarity(wanted, got)
    return float(value) if value >= _THRESHOLD else 0.0

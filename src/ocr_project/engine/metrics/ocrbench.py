"""OCRBench v2: the score of an item by its type.

Rules of `OCRBench_v2/eval_scripts` in Yuliang-Liu/MultimodalOCR. Left out, as `None`: full-page and
fine-grained text, translation and short answers in handwriting (their score averages METEOR, which needs
WordNet's files), text spotting, grounding and questions with positions (boxes), charts, and tables and
documents (trees: `teds` scores those).
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

from ocr_project.engine.metrics.answers import (
    choice_matches,
    contains_answer,
    contains_or_similar,
    count_score,
    formula_contained,
)
from ocr_project.engine.metrics.field_trees import read_fields

_QUESTIONS = frozenset(
    {
        "APP agent",
        "ASCII art classification",
        "math QA",
        "reasoning VQA",
        "science QA",
        "text recognition",
        "document classification",
        "cognition VQA",
        "diagram QA",
    }
)
_EXTRACTION = frozenset({"key information extraction", "key information mapping"})
_JOINTS = ("", ".", ". ", ",", ", ", "、", ";", "; ", " ", "和")


def score_ocrbench_v2(
    kind: str, answers: Sequence[Any], hypothesis: str, rule: str = "", question: str = ""
) -> float | None:
    """Score one item.

    Args:
        kind: The item's `type`, language last: `math QA en`.
        answers: Its `answers`: texts, or for extraction one dict (or its text) of lists of accepted values.
        hypothesis: The answer given.
        rule: The item's `eval`: `multiple choice`, `case sensitive`, `exact match`, `regression`, or empty.
        question: Its `question`: tells short answers in handwriting (`简答`) from the letters of a choice.

    Returns:
        0 to 1; `None` for a type that this does not score (see the head of this module).
    """
    task, _, language = kind.rpartition(" ")
    chinese = language == "cn"
    texts = [str(answer) for answer in answers]
    if task in _QUESTIONS:
        if rule == "multiple choice":
            return float(choice_matches(texts[0], hypothesis))
        return contains_or_similar(
            texts, hypothesis, case=rule == "case sensitive", chinese=chinese and rule != "case sensitive"
        )
    if task == "formula recognition":
        return float(formula_contained(texts, hypothesis, chinese=chinese))
    if task == "text counting":
        return count_score(texts, hypothesis) if rule == "regression" else float(contains_answer(texts, hypothesis))
    if task in _EXTRACTION:
        return _extraction(answers[0], hypothesis)
    if task == "handwritten answer extraction" and "简答" not in question:
        return float(any(joint.join(texts[0]) in hypothesis for joint in _JOINTS))
    return None


def _extraction(accepted: Any, hypothesis: str) -> float:
    """Return the share of fields that are right, of those that the truth or the answer has; case and spaces go."""
    truth = ast.literal_eval(accepted) if isinstance(accepted, str) else accepted
    if not isinstance(truth, Mapping):
        raise ValueError(f"the answer of an extraction is no dict: {accepted!r}")
    got = {name: _folded(value) for name, value in read_fields(hypothesis).items()}
    names = truth.keys() | got.keys()
    right = sum(name in got and got[name] in _accepted(truth[name]) for name in truth)
    return right / len(names) if names else 0.0


def _accepted(value: Any) -> list[str]:
    return [_folded(one) for one in value] if isinstance(value, list) else [_folded(value)]


def _folded(value: Any) -> str:
    return str(value).lower().strip().replace("\n", " ").replace(" ", "")

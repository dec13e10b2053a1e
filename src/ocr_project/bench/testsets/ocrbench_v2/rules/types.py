"""OCRBench v2: which rule a type has."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from ocr_project.bench.metrics.answers import choice_matches, contains_or_similar, count_score, formula_contained
from ocr_project.bench.testsets.ocrbench_v2.rules.forms import form_score
from ocr_project.bench.testsets.ocrbench_v2.rules.markup import chart_score, document_score, table_score
from ocr_project.bench.testsets.ocrbench_v2.rules.passages import passage_score
from ocr_project.bench.testsets.ocrbench_v2.rules.places import (
    answer_with_place_score,
    last_box,
    overlap,
    spotting_score,
)

Item: TypeAlias = Mapping[str, Any]

_JOINTS = ("", ".", ". ", ",", ", ", "、", ";", "; ", " ", "和")
_SHORT_ANSWER = "简答"  # in the question of an answer in handwriting: a text, and not the letters of a choice
_LANGUAGES = ("en", "cn")


def answered_in_words(kind: str) -> bool:
    """Say whether answers of a type are plain text, and not boxes, forms or markup."""
    return _RULES.get(kind.rpartition(" ")[0]) in _IN_WORDS


def score_ocrbench_v2(item: Item, hypothesis: str) -> float:
    """Score one item by the rule of its type.

    Args:
        item: `type`, language last (`math QA en`), `question`, `answers` (texts; a form or a chart is JSON or a
            Python dict in the first), `eval` (`multiple choice`, `case sensitive`, `exact match`, `regression`, or
            empty); for questions with positions `bbox`, for spotting `bbox_list` and `content`.
        hypothesis: The answer given.

    Returns:
        0 to 1; NaN where the authors leave the item out of their means.

    Raises:
        MissingWords: The type needs nltk, jieba or WordNet, and it is not there.
        ValueError: The type is unknown, or the item is damaged.
    """
    task, _, language = item["type"].rpartition(" ")
    rule = _RULES.get(task)
    if rule is None or language not in _LANGUAGES:
        raise ValueError(f"unknown type of item: {item['type']!r}")
    return rule(item, hypothesis)


def _texts(item: Item) -> list[str]:
    return [str(answer) for answer in item["answers"]]


def _first(item: Item) -> str:
    if not item["answers"]:
        raise ValueError("the item has no answer")
    return str(item["answers"][0])


def _chinese(item: Item) -> bool:
    return str(item["type"]).endswith(" cn")


def _question(item: Item, hypothesis: str) -> float:
    way = item.get("eval")
    if way == "multiple choice":
        return float(choice_matches(_first(item), hypothesis))
    case = way == "case sensitive"
    return contains_or_similar(_texts(item), hypothesis, case=case, chinese=_chinese(item) and not case)


def _formula(item: Item, hypothesis: str) -> float:
    return float(formula_contained(_texts(item), hypothesis, chinese=_chinese(item)))


def _counting(item: Item, hypothesis: str) -> float:
    if item.get("eval") == "regression":
        return count_score(_texts(item), hypothesis)
    return float(any(answer.lower().strip().replace("\n", " ") in hypothesis for answer in _texts(item)))


def _handwriting(item: Item, hypothesis: str) -> float:
    if _SHORT_ANSWER in item.get("question", ""):
        return passage_score(_first(item), hypothesis)
    return float(any(joint.join(_first(item)) in hypothesis for joint in _JOINTS))


def _passage(item: Item, hypothesis: str) -> float:
    return passage_score(_first(item), hypothesis)


def _translation(item: Item, hypothesis: str) -> float:
    if hypothesis and not _first(item):
        return math.nan
    return passage_score(_first(item), hypothesis)


def _grounding(item: Item, hypothesis: str) -> float:
    return overlap(last_box(hypothesis), _box(item["answers"]))


def _placed_answer(item: Item, hypothesis: str) -> float:
    return answer_with_place_score(_texts(item), _box(item.get("bbox") or ()), hypothesis)


def _spotting(item: Item, hypothesis: str) -> float:
    return spotting_score(item.get("bbox_list") or (), item.get("content") or (), hypothesis)


def _box(values: Sequence[Any]) -> list[int]:
    if len(values) < 4:
        raise ValueError(f"the item's box has {len(values)} coordinates")
    return [int(value) for value in values]


def _table(item: Item, hypothesis: str) -> float:
    markdown = not _chinese(item) and "html" not in item.get("question", "").lower()
    return table_score(_first(item), hypothesis, markdown=markdown)


def _chart(item: Item, hypothesis: str) -> float:
    return chart_score(_first(item), hypothesis)


def _document(item: Item, hypothesis: str) -> float:
    return document_score(_first(item), hypothesis)


def _form(item: Item, hypothesis: str) -> float:
    return form_score(_first(item), hypothesis)


_RULES: Mapping[str, Callable[[Item, str], float]] = {
    **dict.fromkeys(
        (
            "APP agent",
            "ASCII art classification",
            "math QA",
            "reasoning VQA",
            "science QA",
            "text recognition",
            "document classification",
            "cognition VQA",
            "diagram QA",
        ),
        _question,
    ),
    "formula recognition": _formula,
    "text counting": _counting,
    "handwritten answer extraction": _handwriting,
    "full-page OCR": _passage,
    "fine-grained text recognition": _passage,
    "text translation": _translation,
    "text grounding": _grounding,
    "VQA with position": _placed_answer,
    "text spotting": _spotting,
    "table parsing": _table,
    "chart parsing": _chart,
    "document parsing": _document,
    "key information extraction": _form,
    "key information mapping": _form,
}
_IN_WORDS = (_question, _formula, _counting, _handwriting, _passage, _translation)

"""OCRBench v2: 10,000 items of 30 tasks in English and Chinese; each task has its own way of being scored.

Parquet of the Hub: id, dataset_name, question, type, answers, image, and, for some, eval, bbox, bbox_list, content.
Forms and charts are JSON in the first answer, numbers are texts, and what is missing in `eval` is the word `None`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ocr_project.bench.testsets.item import Item, OpenedSet
from ocr_project.bench.testsets.ocrbench_v2.card import CARD
from ocr_project.bench.testsets.parquet import ParquetSet, Row, image_bytes, parquet_files
from ocr_project.domain.types import Label, TruthKind

# By the beginning of `type`, which ends with the language (" en", " cn"): what any recognizer does unasked.
_READ = {
    "text recognition": Label.TEXT,
    "formula recognition": Label.FORMULA,
    "table parsing": Label.TABLE,
    "full-page OCR": Label.PAGE,
    "document parsing": Label.PAGE,
}
_LANGUAGES = {"en": "English", "cn": "Chinese"}
# The eight groups of the paper (Fu et al., arXiv 2501.00321), of which Chinese has five; `get_score.py`.
_GROUPS: Mapping[str, tuple[str, ...]] = {
    "text recognition": ("text recognition", "fine-grained text recognition", "full-page OCR"),
    "text detection": ("text grounding", "VQA with position"),
    "text spotting": ("text spotting",),
    "relationship extraction": (
        "key information extraction",
        "key information mapping",
        "handwritten answer extraction",
    ),
    "element parsing": ("document parsing", "chart parsing", "table parsing", "formula recognition"),
    "mathematical calculation": ("math QA", "text counting"),
    "visual text understanding": ("document classification", "cognition VQA", "diagram QA"),
    "knowledge reasoning": (
        "reasoning VQA",
        "science QA",
        "APP agent",
        "ASCII art classification",
        "text translation",
    ),
}
_GROUP_OF = {task: group for group, tasks in _GROUPS.items() for task in tasks}
_KEPT = ("eval", "question", "bbox", "bbox_list", "content")  # what some types are scored by, besides their answers


def group_of(kind: str) -> tuple[str, str] | None:
    """Return language and group of a type: `math QA en` is in `English`, `mathematical calculation`.

    The total of a language is the mean over its groups, and a group's score the mean over its items.

    Returns:
        `None` for a type that the set does not have.
    """
    task, _, language = kind.rpartition(" ")
    if task not in _GROUP_OF or language not in _LANGUAGES:
        return None
    return _LANGUAGES[language], _GROUP_OF[task]


def open_set(root: Path) -> OpenedSet:
    """Open the Parquet files of the Hub."""
    return ParquetSet(CARD, parquet_files(root, "**/test-*.parquet", "**/*.parquet"), _item, "image")


def _item(index: int, row: Row) -> Item:
    kind = row["type"]
    given = next((label for start, label in _READ.items() if kind.startswith(start)), None)
    language, group = group_of(kind) or ("", "")
    return Item(
        index=index,
        document=str(row.get("id", index)),
        image=image_bytes(row.get("image")),
        truths=tuple(_truths(kind, row)),
        given=given,
        question="" if given else row["question"],
        slices=(
            ("task", kind),
            ("dataset", row["dataset_name"] or ""),
            ("language", "zh" if kind.endswith(" cn") else "en"),
            *(((f"{language} group", group),) if group else ()),
        ),
    )


def _truths(kind: str, row: Row) -> Iterator[tuple[TruthKind, dict[str, Any]]]:
    """Yield the truths of tables and pages, which people see and other metrics need, and the official one last."""
    answers = [str(answer) for answer in row["answers"] or ()]
    more = {name: row[name] for name in _KEPT if row.get(name)}
    if kind.startswith("table parsing") and answers and "<table" in answers[0].lower():
        yield TruthKind.TABLE, {"html": answers[0]}
    if kind.startswith("full-page OCR") and answers:
        yield TruthKind.TEXT, {"text": answers[0]}
    yield TruthKind.ANSWERS, {"answers": answers, "type": kind, **more}

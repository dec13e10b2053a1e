"""OCRBench v2: 10,000 items of 30 tasks in English and Chinese; each task has its own way of being scored.

Parquet of the Hub: id, dataset_name, question, type, answers, image, and, for some, eval, bbox, bbox_list, content.
Tasks whose answer is a place, a chart or a translation have no score here: their rows say so.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ocr_project.domain.types import Label, TruthKind
from ocr_project.engine.testsets.card import Card, Hub
from ocr_project.engine.testsets.item import Item, OpenedSet
from ocr_project.engine.testsets.parquet import ParquetSet, Row, image_bytes, parquet_files

CARD = Card(
    name="ocrbench_v2",
    title="OCRBench v2",
    licence="MIT as its card says; the images are those of some 80 sets, each with its own terms",
    commercial=None,
    homepage="https://github.com/Yuliang-Liu/MultimodalOCR",
    metrics=("accuracy", "teds", "teds_s", "cer", "ned"),
    hub=Hub("ling99/OCRBench_v2", None, ("data/test-*.parquet",)),
)
# By the beginning of `type`, which ends with the language (" en", " cn"): what any recognizer does unasked.
_READ = {
    "text recognition": Label.TEXT,
    "formula recognition": Label.FORMULA,
    "table parsing": Label.TABLE,
    "full-page OCR": Label.PAGE,
}


def open_set(root: Path) -> OpenedSet:
    """Open the Parquet files of the Hub."""
    return ParquetSet(CARD, parquet_files(root, "**/test-*.parquet", "**/*.parquet"), _item, "image")


def _item(index: int, row: Row) -> Item:
    kind, answers = row["type"], [str(answer) for answer in row["answers"] or ()]
    given = next((label for start, label in _READ.items() if kind.startswith(start)), None)
    return Item(
        index=index,
        document=str(row.get("id", index)),
        image=image_bytes(row.get("image")),
        truths=(_truth(kind, answers, row.get("eval") or ""),),
        given=given,
        question="" if given else row["question"],
        slices=(
            ("task", kind),
            ("dataset", row["dataset_name"] or ""),
            ("language", "zh" if kind.endswith(" cn") else "en"),
        ),
    )


def _truth(kind: str, answers: list[str], way: str) -> tuple[TruthKind, dict[str, Any]]:
    first = answers[0] if answers else ""
    if kind.startswith("table parsing") and "<table" in first.lower():
        return TruthKind.TABLE, {"html": first}
    if kind.startswith("full-page OCR"):
        return TruthKind.TEXT, {"text": first}
    return TruthKind.ANSWERS, {"answers": answers, "rule": "ocrbench_v2", "type": kind, "eval": way}

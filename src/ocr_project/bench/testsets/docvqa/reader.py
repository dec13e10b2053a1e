"""DocVQA, single pages, validation split: 5,349 questions about scanned documents.

Read from the Hub (Parquet: questionId, question, question_types, image, docId, answers, …) or as the challenge gives
it (`val_v1.0….json` with `data: [{questionId, question, image, docId, answers, …}]`, images in `documents/`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ocr_project.bench.testsets.docvqa.card import CARD
from ocr_project.bench.testsets.file_sets import ListedSet, fingerprint_of, read_json
from ocr_project.bench.testsets.item import Item, OpenedSet
from ocr_project.bench.testsets.parquet import ParquetSet, Row, image_bytes, parquet_files
from ocr_project.bench.testsets.prompts import SHORT_ANSWER
from ocr_project.domain.types import TruthKind


def open_set(root: Path) -> OpenedSet:
    """Open the set in whichever of its forms is there."""
    if found := sorted(root.rglob("val_v1.0*.json")):
        return _from_json(found[0])
    return ParquetSet(CARD, parquet_files(root, "**/validation-*.parquet", "**/*.parquet"), _from_row, "image")


def _from_row(index: int, row: Row) -> Item:
    return _item(index, row, image_bytes(row.get("image")))


def _from_json(path: Path) -> OpenedSet:
    entries = read_json(path)["data"]

    def make(index: int, entry: Mapping[str, Any], images: bool) -> Item:
        return _item(index, entry, path.parent / entry["image"] if images else None)

    return ListedSet(CARD, entries, make, fingerprint_of([path]))


def _item(index: int, entry: Mapping[str, Any], image: bytes | Path | None) -> Item:
    kinds = entry.get("question_types") or []
    return Item(
        index=index,
        document=str(entry["docId"]),
        name=str(entry["questionId"]),
        image=image,
        truths=((TruthKind.ANSWERS, {"answers": list(entry["answers"] or ())}),),
        question=f"{entry['question']}\n{SHORT_ANSWER}",
        slices=tuple(("question_type", kind) for kind in kinds),
    )

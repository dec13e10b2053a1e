"""Nanonets-KIE: 987 receipts with eight fields each.

Parquet of the Hub: `image` (bytes) and `annotations` (a struct of strings), as docext's benchmark reads them.
"""

from __future__ import annotations

from pathlib import Path

from ocr_project.bench.testsets.item import Item, OpenedSet
from ocr_project.bench.testsets.nanonets_kie.card import CARD
from ocr_project.bench.testsets.parquet import ParquetSet, Row, image_bytes, parquet_files
from ocr_project.bench.testsets.prompts import fields_question
from ocr_project.domain.types import TruthKind


def open_set(root: Path) -> OpenedSet:
    """Open the Parquet files of the Hub."""
    return ParquetSet(CARD, parquet_files(root, "**/test-*.parquet", "**/*.parquet"), _item, "image")


def _item(index: int, row: Row) -> Item:
    fields = {name: value or "" for name, value in row["annotations"].items()}
    return Item(
        index=index,
        document=str(index),
        image=image_bytes(row.get("image")),
        truths=((TruthKind.FIELDS, {"fields": fields}),),
        question=fields_question(fields),
    )

"""IAM lines: 2,915 lines of English handwriting, the test split of Teklia's edition.

Parquet of the Hub: `image` and `text`.
"""

from __future__ import annotations

from pathlib import Path

from ocr_project.bench.testsets.iam_lines.card import CARD
from ocr_project.bench.testsets.item import Item, OpenedSet
from ocr_project.bench.testsets.parquet import ParquetSet, Row, image_bytes, parquet_files
from ocr_project.domain.types import Label, TruthKind


def open_set(root: Path) -> OpenedSet:
    """Open the Parquet file of the Hub."""
    return ParquetSet(CARD, parquet_files(root, "**/test*.parquet", "**/*.parquet"), _item, "image")


def _item(index: int, row: Row) -> Item:
    return Item(
        index=index,
        document=str(index),
        image=image_bytes(row.get("image")),
        truths=((TruthKind.TEXT, {"text": row["text"]}),),
        given=Label.TEXT,
    )

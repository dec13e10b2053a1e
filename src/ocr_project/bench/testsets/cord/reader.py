"""CORD v2, test split: 100 Indonesian receipts with nested fields.

Parquet of the Hub: `image` and `ground_truth`, a JSON string whose `gt_parse` is what is asked for.
"""

from __future__ import annotations

import json
from pathlib import Path

from ocr_project.bench.testsets.cord.card import CARD
from ocr_project.bench.testsets.item import Item, OpenedSet
from ocr_project.bench.testsets.parquet import ParquetSet, Row, image_bytes, parquet_files
from ocr_project.bench.testsets.prompts import fields_question
from ocr_project.domain.types import TruthKind


def open_set(root: Path) -> OpenedSet:
    """Open the Parquet file of the Hub."""
    return ParquetSet(CARD, parquet_files(root, "**/test-*.parquet", "**/*.parquet"), _item, "image")


def _item(index: int, row: Row) -> Item:
    fields = json.loads(row["ground_truth"])["gt_parse"]
    return Item(
        index=index,
        document=str(index),
        image=image_bytes(row.get("image")),
        truths=((TruthKind.FIELDS, {"fields": fields}),),
        question=fields_question(fields),
    )

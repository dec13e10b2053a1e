"""Nanonets-KIE: 987 receipts with eight fields each.

Parquet of the Hub: `image` (bytes) and `annotations` (a struct of strings), as docext's benchmark reads them.
"""

from __future__ import annotations

from pathlib import Path

from ocr_project.bench.testsets.card import Card, Hub
from ocr_project.bench.testsets.item import Item, OpenedSet
from ocr_project.bench.testsets.parquet import ParquetSet, Row, image_bytes, parquet_files
from ocr_project.bench.testsets.prompts import fields_question
from ocr_project.domain.types import TruthKind

CARD = Card(
    name="nanonets_kie",
    title="Nanonets-KIE",
    licence="Apache-2.0 as a list of sets says; look at its card",
    commercial=None,
    homepage="https://huggingface.co/datasets/nanonets/key_information_extraction",
    metrics=("kie_f1", "anls_star"),
    hub=Hub("nanonets/key_information_extraction", None, ("**/test-*.parquet",)),
)


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

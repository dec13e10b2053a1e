"""Handwritten-KIE: death certificates, forms filled in by hand; "Handwritten Forms" of the IDP leaderboard.

Parquet of the Hub: `image` and `ground_truth`, a JSON string whose `gt_parse` has person, person_data and relation.
As the leaderboard does, two fields with many wrong annotations (dates of death and birth) are left out, and the
others are renamed to say what they are.
"""

from __future__ import annotations

import json
from pathlib import Path

from ocr_project.bench.testsets.handwritten_kie.card import CARD
from ocr_project.bench.testsets.item import Item, OpenedSet
from ocr_project.bench.testsets.parquet import ParquetSet, Row, image_bytes, parquet_files
from ocr_project.bench.testsets.prompts import fields_question
from ocr_project.domain.types import TruthKind

_FIELDS = {
    ("person", "State file #"): "State file #",
    ("person", "county"): "place_of_death_county",
    ("person", "city"): "place_of_death_city",
    ("person", "name"): "name_of_deceased",
    ("person_data", "Gender"): "deceased_gender",
    ("person_data", "Race"): "deceased_race",
    ("person_data", "status"): "deceased_status",
    ("person_data", "Age"): "deceased_age",
    ("person_data", "birth_place"): "birth_place",
    ("relation", "Father"): "father_name",
    ("relation", "Mother"): "mother_name",
}


def open_set(root: Path) -> OpenedSet:
    """Open the Parquet files of the Hub."""
    return ParquetSet(CARD, parquet_files(root, "**/val*.parquet", "**/*.parquet"), _item, "image")


def _item(index: int, row: Row) -> Item:
    parts = json.loads(row["ground_truth"])["gt_parse"]
    fields = {
        name: str(parts[part][key] or "") for (part, key), name in _FIELDS.items() if key in (parts.get(part) or {})
    }
    return Item(
        index=index,
        document=str(index),
        image=image_bytes(row.get("image")),
        truths=((TruthKind.FIELDS, {"fields": fields}),),
        question=fields_question(fields),
    )

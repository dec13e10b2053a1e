"""OCRBench v1: 1,000 questions, scored by whether the output contains an accepted answer.

Read as the Hub has it (Parquet: dataset, question, question_type, answer, image), as the authors' repository does
(`OCRBench.json` or `FullTest.json` beside the images) and as VLMEvalKit does (`OCRBench.tsv`, images in base64).
"""

from __future__ import annotations

import ast
import base64
import csv
import io
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ocr_project.bench.testsets.file_sets import ListedSet, fingerprint_of, read_json
from ocr_project.bench.testsets.item import Item, OpenedSet
from ocr_project.bench.testsets.ocrbench.card import CARD
from ocr_project.bench.testsets.parquet import ParquetSet, Row, image_bytes, parquet_files
from ocr_project.domain.types import Label, TruthKind
from ocr_project.storage.given_text import read_given

# What these types ask is what any recognizer does unasked: the text of the image, or its formula.
_READ = {
    "Regular Text Recognition": Label.TEXT,
    "Irregular Text Recognition": Label.TEXT,
    "Artistic Text Recognition": Label.TEXT,
    "Handwriting Recognition": Label.TEXT,
    "Digit String Recognition": Label.TEXT,
    "Non-Semantic Text Recognition": Label.TEXT,
    "Handwritten Mathematical Expression Recognition": Label.FORMULA,
}


def open_set(root: Path) -> OpenedSet:
    """Open the set in whichever of its forms is there."""
    if tables := sorted(root.rglob("*.tsv")):
        rows = _tsv(tables[0])
        return ListedSet(CARD, rows, _from_tsv, fingerprint_of(tables[:1]))
    for name in ("OCRBench.json", "FullTest.json"):
        if found := sorted(root.rglob(name)):
            return _from_json(found[0])
    return ParquetSet(CARD, parquet_files(root, "**/test-*.parquet", "**/*.parquet"), _from_row, "image")


def _from_row(index: int, row: Row) -> Item:
    return _item(index, row["dataset"], row["question_type"], row["question"], row["answer"], row.get("image"))


def _from_json(path: Path) -> OpenedSet:
    entries = read_json(path)
    folder = next((f for f in (path.parent / "OCRBench_Images", path.parent) if f.is_dir()), path.parent)

    def make(index: int, entry: Mapping[str, Any], images: bool) -> Item:
        image = folder / entry["image_path"] if images else None
        return _item(index, entry["dataset_name"], entry["type"], entry["question"], entry["answers"], image)

    return ListedSet(CARD, entries, make, fingerprint_of([path], (folder / e["image_path"] for e in entries)))


def _tsv(path: Path) -> list[dict[str, str]]:
    csv.field_size_limit(sys.maxsize)
    return list(csv.DictReader(io.StringIO(read_given(path), newline=""), delimiter="\t"))


def _from_tsv(index: int, row: Mapping[str, str], images: bool) -> Item:
    answers = ast.literal_eval(row["answer"]) if row["answer"].startswith("[") else row["answer"]
    image = base64.b64decode(row["image"]) if images else None
    return _item(index, row.get("dataset", ""), row["category"], row["question"], answers, image)


def _item(index: int, dataset: str, kind: str, question: str, answers: str | Sequence[str], image: Any) -> Item:
    accepted = [answers] if isinstance(answers, str) else [str(answer) for answer in answers]
    given = _READ.get(kind)
    return Item(
        index=index,
        document=str(index),
        image=image if isinstance(image, Path) else image_bytes(image),
        truths=((TruthKind.ANSWERS, {"answers": accepted, "dataset": dataset}),),
        given=given,
        question="" if given else question,
        slices=(("task", kind), ("dataset", dataset)),
    )

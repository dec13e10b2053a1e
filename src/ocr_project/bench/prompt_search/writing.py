"""A search's prompts in VLMHyperBench's own format: `prompt;doc_class_question_type;cer`, UTF-8.

    prompts.csv   the chosen prompt of each field: what `fields.prompts` takes
    kept.csv      all that were good enough on the documents searched on, the best of each field first

`cer` is a fraction. That of `prompts.csv` was measured on the documents reported on, which neither the search nor the
choice has seen; that of `kept.csv` on those searched on, and flatters.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from ocr_project.bench.fields.prompts import key_of
from ocr_project.bench.prompt_search.tables import Found
from ocr_project.bench.prompt_search.tried import Tried
from ocr_project.domain.types import Prompt

PROMPTS, KEPT = "prompts.csv", "kept.csv"
_HEAD = ("prompt", "doc_class_question_type", "cer")


def write_collection(folder: Path, found: Sequence[Found]) -> list[str]:
    """Write both files.

    Returns:
        The fields that have no prompt that is good enough, and so are in neither file: `fields.prompts` refuses the
        collection for them.
    """
    _write(folder / PROMPTS, (one.chosen for one in found if one.chosen is not None))
    _write(folder / KEPT, (kept for one in found for kept in one.kept))
    return [_key(one.first) for one in found if one.chosen is None]


def _write(path: Path, prompts: Iterable[Tried]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\n")
        writer.writerow(_HEAD)
        writer.writerows((one.prompt, _key(one), f"{one.cer:.4f}") for one in prompts)


def _key(one: Tried) -> str:
    return key_of(Prompt(one.doc_type, one.field, one.prompt))

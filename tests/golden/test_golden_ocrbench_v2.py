"""OCRBench v2: every type against values of the authors' own scripts (`ocrbench_v2.json` names their commits)."""

import json
from pathlib import Path
from typing import Any

import pytest

from ocr_project.bench.testsets.ocrbench_v2.reader import group_of
from ocr_project.bench.testsets.ocrbench_v2.rules import MissingWords, score_ocrbench_v2
from ocr_project.bench.testsets.ocrbench_v2.rules.passages import passage_score

GOLDEN = json.loads(Path(__file__).with_name("ocrbench_v2.json").read_text("utf-8"))
PASSAGES = ("full-page OCR", "fine-grained text recognition", "text translation")


def without_words() -> str:
    """Return why passages cannot be scored on this machine."""
    try:
        passage_score("北京 a", "北京 b")
    except MissingWords as error:
        return str(error)
    return ""


def is_passage(item: dict[str, Any]) -> bool:
    return item["type"].startswith(PASSAGES) or "简答" in item.get("question", "")


def compare(passages: bool) -> set[str]:
    seen = set()
    for item, said, score in GOLDEN["cases"]:
        if is_passage(item) == passages:
            seen.add(item["type"])
            assert score_ocrbench_v2(item, said) == pytest.approx(score, abs=1e-9), (item, said)
    return seen


def test_the_authors_values() -> None:
    assert len(compare(passages=False)) == 26


@pytest.mark.skipif(bool(without_words()), reason=f"pages and translations were NOT compared: {without_words()}")
def test_the_authors_values_of_long_texts() -> None:
    assert len(compare(passages=True)) == 5


def test_every_type_is_here_and_in_a_group() -> None:
    kinds = {item["type"] for item, _, _ in GOLDEN["cases"]}
    assert len(kinds) == 30
    groups = [group_of(kind) for kind in kinds]
    assert None not in groups
    assert len(set(groups)) == 8 + 5

"""Types and order of pages: their folders, what is asked, and how answers are counted."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from PIL import Image

from ocr_project.bench.results.score_tables import tabulate_test_sets
from ocr_project.bench.rules.outcome import Outcome
from ocr_project.bench.scoring.scorer import Scorer
from ocr_project.bench.testsets import Item, open_test_set, page_id, truths_of
from ocr_project.domain.errors import SourceError
from ocr_project.domain.options import TestsetsOptions
from ocr_project.domain.schemas import to_frame
from ocr_project.domain.types import Recognition, Score, TextFormat, Transcript, Truth
from ocr_project.testing.fakes import page
from tests import testset_files as files


def opened(name: str, folder: Path) -> list[Item]:
    files.WRITERS[name](folder / name)
    return items_of(name, folder)


def items_of(name: str, folder: Path) -> list[Item]:
    one = open_test_set(name, TestsetsOptions(folder=folder))
    return one.read(range(len(one)))


def scored(name: str, items: list[Item], answers: list[str]) -> tuple[list[Score], list[Truth]]:
    outcomes = []
    for item, answer in zip(items, answers, strict=True):
        known = truths_of(name, item)
        shown = page(item.index + 1, page_id=page_id(name, item))
        said = Recognition(shown.page_id, 0, answer, TextFormat.TEXT)
        text = Transcript(shown.page_id, shown.doc_id, shown.path, shown.group, shown.number, answer, answer)
        outcomes.append(Outcome(shown, [said], text, known))
    return Scorer(cdm=False).score(outcomes), [truth for one in outcomes for truth in one.truths]


def rate(rows: list[Score], metric: str) -> float:
    mine = [row for row in rows if row.metric == metric]
    return sum(row.numerator for row in mine) / sum(row.denominator for row in mine)


def table_of(rows: list[Score], truths: list[Truth]) -> pd.DataFrame:
    return tabulate_test_sets(to_frame(rows, Score), to_frame(truths, Truth))


def test_types_are_numbered_as_their_titles_are(tmp_path: Path) -> None:
    items = opened("page_types", tmp_path)
    assert len(items) == 8
    assert {item.question for item in items} == {
        "Which of these types of documents does the image show?\n0: INN, old form\n1: SNILS\n2: Contract\n"
        "Answer with its number and nothing else."
    }
    by_name = {item.name: item for item in items}
    snils = by_name["snils/images/blur/1"]
    assert snils.truths[0][1]["answers"] == ["1"]
    assert snils.slices == (("type", "snils"), ("subset", "blur"))
    assert snils.document == by_name["snils/images/clean/1"].document == "snils/1"
    assert by_name["contract/images/clean/7/0"].document == "contract/7"


def test_without_titles_types_are_called_as_their_folders(tmp_path: Path) -> None:
    files.page_types(tmp_path / "page_types")
    (tmp_path / "page_types/classes.json").unlink()
    assert "0: contract\n1: snils\n2: tin_old" in items_of("page_types", tmp_path)[0].question


@pytest.mark.parametrize(
    ("titles", "message"),
    [
        ({"snils": "SNILS", "tin_old": "INN"}, "no title for contract"),
        ({"snils": "a", "tin_old": "b", "contract": "c", "passport": "d"}, "no folder passport/images"),
        (["snils"], r"is not \{"),
    ],
)
def test_titles_that_do_not_fit_the_folders_are_refused(titles: Any, message: str, tmp_path: Path) -> None:
    files.page_types(tmp_path / "page_types")
    (tmp_path / "page_types/classes.json").write_text(json.dumps(titles))
    with pytest.raises(SourceError, match=message):
        items_of("page_types", tmp_path)


def test_f1_macro_counts_types_alike_and_an_answer_without_a_type_as_wrong(tmp_path: Path) -> None:
    items = opened("page_types", tmp_path)
    numbers = {"tin_old": "0", "snils": "1", "contract": "2"}
    answers = [numbers[dict(item.slices)["type"]] for item in items]
    rows, _ = scored("page_types", items, answers)
    assert rate(rows, "accuracy/official") == 1
    wrong = {"snils/images/clean/0": "0", "contract/images/blur/7/0": "I cannot tell"}
    answers = [wrong.get(item.name, answer) for item, answer in zip(items, answers, strict=True)]
    rows, truths = scored("page_types", items, answers)
    assert rate(rows, "accuracy/official") == 6 / 8
    # tin_old: 2 right, 1 false; snils: 3 right, 1 missed; contract: 1 right, 1 missed
    f1 = {"tin_old": 4 / 5, "snils": 6 / 7, "contract": 2 / 3}
    assert {name: rate(rows, f"type_f1/official {name}") for name in f1} == pytest.approx(f1)
    table = table_of(rows, truths)
    (macro,) = table[(table["metric"] == "f1_macro/official") & (table["value"] == "all")]["rate"]
    assert macro == pytest.approx(sum(f1.values()) / 3)


def test_a_document_is_one_image_of_numbered_pages(tmp_path: Path) -> None:
    three, four = opened("page_order", tmp_path)
    assert (three.document, three.name, three.slices) == ("0", "clean/0", (("pages", "3"), ("subset", "clean")))
    assert three.truths[0][1]["order"] == [3, 1, 2]
    assert '{"ordered_pages": [1, 2, 3]}' in three.question
    assert isinstance(three.image, bytes)
    assert isinstance(four.image, bytes)
    widths = [Image.open(BytesIO(image)).width for image in (three.image, four.image)]
    assert widths == [2400, 3200]


def test_pages_without_a_subset_are_read_too(tmp_path: Path) -> None:
    root = tmp_path / "page_order"
    files.page_order(root)
    (root / "images/clean/0").rename(root / "images/0")
    assert [(item.name, item.slices) for item in items_of("page_order", tmp_path)] == [
        ("0", (("pages", "3"),)),
        ("clean/11", (("pages", "4"), ("subset", "clean"))),
    ]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"contract": [1, 2, 3]}, "has 0 orders"),
        ({"contract": [0, 1, 2], "copy": [0, 1, 2]}, "has 2 orders"),
        ({"contract": [0, 1]}, r"orders the images \[0, 1\]"),
    ],
)
def test_orders_that_do_not_fit_the_pages_are_refused(fields: Any, message: str, tmp_path: Path) -> None:
    files.page_order(tmp_path / "page_order")
    (tmp_path / "page_order/jsons/0.json").write_text(json.dumps({"fields": fields}))
    with pytest.raises(SourceError, match=message):
        items_of("page_order", tmp_path)


def test_an_answer_that_is_no_order_counts_as_zero(tmp_path: Path) -> None:
    items = opened("page_order", tmp_path)
    rows, truths = scored("page_order", items, ['{"ordered_pages": [3, 1, 2]}', "I cannot tell"])
    for metric in ("kendall_tau", "spearman", "accuracy", "exact"):
        assert rate(rows, f"{metric}/official") == 0.5
    assert [row.reason for row in rows if row.metric == "exact/official"] == ["", "not an order of 4 pages: []"]
    rows, truths = scored("page_order", items, ['{"ordered_pages": [2, 1, 3]}', "[1, 2, 4, 3]"])
    assert rate(rows, "kendall_tau/official") == pytest.approx((-1 + 1) / 2)
    table = table_of(rows, truths)
    (tau,) = table[(table["metric"] == "kendall_tau/official") & (table["value"] == "all")]["rate"]
    assert tau == 0

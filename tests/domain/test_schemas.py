"""The twins stay twins."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from ocr_project.domain.causes import Cause
from ocr_project.domain.schemas import (
    SCHEMAS,
    current_names,
    from_frame,
    from_table,
    stored_columns,
    to_frame,
    to_table,
)
from ocr_project.domain.types import (
    Answer,
    Box,
    Document,
    DoubtfulPlace,
    Embedding,
    HeldOut,
    Label,
    Page,
    PageConfidence,
    PageFacts,
    Prompt,
    Question,
    Ranked,
    Recognition,
    Region,
    Score,
    Split,
    Status,
    Task,
    TextFormat,
    TrainingSample,
    Transcript,
    Truth,
    TruthKind,
    Word,
)
from ocr_project.testing.fakes import page

EXAMPLES = [
    Document("d", "a/b.pdf", "a", "application/pdf", 3, 1000, "/x/a/b.pdf", Status.FAILED, "broken: …"),
    page(1, image=b"x", text_layer="가", text_layer_words=(Word("가", Box(0, 1, 2, 3)),)),
    Region("p", 0, Label.TABLE, "Table", Box(0, 1, 2, 3), (0.0, 1.0, 2.0, 1.0, 2.0, 3.0, 0.0, 3.0), 0.5),
    Region("p", 0, Label.PAGE, "", Box(0, 1, 2, 3)),
    Region("p", 0, Label.TABLE, "", Box(0, 1, 2, 3), cells=(0.0, 0.5, 1.0, 2.0)),
    Recognition("p", 0, "<table></table>", TextFormat.HTML, (Word("a", Box(0, 0, 1, 1), 0.25, 1),), 0.5),
    Transcript("p", "d", "a", "", 1, "text", "# text"),
    Score("p", "d", "", "cer", 1.0, 10.0),
    Ranked("fusion", "q", "p", 1, 0.5),
    Truth("p", "pubtabnet", TruthKind.TABLE, '{"html": ""}', (("language", "en"), ("spans", "yes")), "d"),
    page(1, image=b"x", given=Label.TABLE, question="Which?"),
    Question(0, "p", "images/1.jpg", "1", "passport", "Имя", "clean", "Напиши Имя", "Анна"),
    Question(1, "p", "1.jpg", "1", "snils", "Пол", "", "", "", Box(0, 0.5, 1, 2), (("damage", "glare"),)),
    Prompt("passport", "Имя", "Напиши имя.", 0.25),
    Prompt("passport", "Пол", "Напиши пол."),
    Answer(0, "p", "Анна", seconds=0.5, prompt_tokens=300, tokens=4),
    Answer(1, "p", "", Status.FAILED, "timeout: …", Cause.CIRCUMSTANCE, attempts=3),
    TrainingSample(
        *("s", "olmocr:mix", "a", "a-1.md", Split.VALID, Task.TEXT, True, "", b"x", 3, 4, "# 가", TextFormat.MARKDOWN),
        *(PageFacts(None, False, 270, True, True), Status.SKIPPED, "rotated", "it stands on its side"),
    ),
    TrainingSample(
        *("s", "folder:mine", "a", "a.png", Split.TRAIN, Task.TABLE, False, "", None, 0, 0, "", TextFormat.HTML),
    ),
    DoubtfulPlace("d.pdf", 1, -1, -1, "", 0.1, 0.0, 9.5, 9.0, "글", None, None, "not read", "d.gt.txt", "p"),
    PageConfidence("p", "d.pdf", 1, 0.975, 3),
    HeldOut("p", "sroie", "receipts", "f" * 64, ""),
]


@pytest.mark.parametrize("row_type", SCHEMAS, ids=lambda row_type: row_type.__name__)
def test_schema_and_dataclass_have_the_same_fields_in_the_same_order(row_type: type) -> None:
    assert [field.name for field in fields(row_type)] == SCHEMAS[row_type].names


@pytest.mark.parametrize("row", EXAMPLES, ids=lambda row: type(row).__name__)
def test_rows_survive_the_way_to_a_table_and_back(row: object) -> None:
    assert list(from_table(to_table([row], type(row)), type(row))) == [row]


def test_a_shard_from_before_regions_had_cells_is_read() -> None:
    region = Region("p", 0, Label.TABLE, "", Box(0, 1, 2, 3), cells=(0.0, 0.5, 1.0, 2.0))
    older = to_table([region], Region).drop_columns(["cells"])
    (read,) = from_table(older, Region)
    assert read.cells is None


def test_rows_survive_the_way_to_a_frame_and_back() -> None:
    rows = [row for row in EXAMPLES if isinstance(row, Document)]
    assert from_frame(to_frame(rows, Document), Document) == rows


def test_vectors_survive() -> None:
    vector = np.asarray([0.5, 0.25], np.float32)
    table = to_table([Embedding("p", "page", "text", vector)], Embedding)
    (row,) = from_table(table, Embedding)
    assert np.array_equal(row.vector, vector)


def test_no_rows_are_a_table_too() -> None:
    assert to_table([], Page).schema == SCHEMAS[Page]


SCORE = Score("p", "d", "", "cer", 1.0, 10.0)


def test_scores_have_their_old_names_beside_the_new_ones() -> None:
    table = to_table([SCORE], Score)
    assert table.select(["numerator", "denominator", "errors", "total"]).to_pylist() == [
        {"numerator": 1.0, "denominator": 10.0, "errors": 1.0, "total": 10.0}
    ]
    assert stored_columns(Score)[-2:] == ["errors", "total"]


def test_scores_of_earlier_runs_are_read() -> None:
    old = to_table([SCORE], Score).drop_columns(["numerator", "denominator"])
    assert list(from_table(old, Score)) == [SCORE]
    assert from_frame(old.to_pandas(), Score) == [SCORE]
    assert current_names(old.to_pandas(), Score)["denominator"].tolist() == [10.0]


def test_halves_of_surrogate_pairs_are_replaced() -> None:
    box = Box(0, 0, 1, 1)
    read = Recognition("p", 0, "\ud800가", words=(Word("\udc00b", box, 1.0, 0),), reason="x\ud83d")
    (kept,) = from_table(to_table([read], Recognition), Recognition)
    assert (kept.text, kept.words[0].text, kept.reason) == ("�가", "�b", "x�")

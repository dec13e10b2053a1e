"""Answers that are there already: how they are found, and what becomes of a page without one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ocr_project.checks.preflight import require_whole_pages
from ocr_project.domain.errors import BackendError, OptionError
from ocr_project.domain.options import GivenOptions, LayoutOptions, RecognitionOptions
from ocr_project.domain.types import Box, Label, Page, Recognition, Region, Status, TextFormat
from ocr_project.engine.recognition.given import NOT_READ, GivenRecognizer
from ocr_project.testing.fakes import page as fake_page


def page_of(path: str, number: int = 1, **changes: Any) -> Page:
    one = fake_page(number, "d", image=b"", group=path.rpartition("/")[0].partition("/")[0])
    return replace(one, path=path, width=100, height=100, **changes)


def read(recognizer: GivenRecognizer, page: Page, label: Label = Label.PAGE) -> Recognition:
    region = Region(page.page_id, 0, label, label.value, Box(0, 0, 100, 100))
    (row,) = recognizer.recognize(page, [region])
    return row


def given(folder: Path, files: dict[str, str]) -> GivenRecognizer:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return GivenRecognizer(GivenOptions(folder=folder))


def test_the_longer_name_is_taken_first(tmp_path: Path) -> None:
    recognizer = given(tmp_path, {"cord/7.txt": "of CORD", "7.md": "of any set"})
    assert read(recognizer, page_of("cord/7", 8)).text == "of CORD"
    assert read(recognizer, page_of("iam_lines/7", 8)).text == "of any set"


def test_the_suffix_says_the_format_and_a_formula_is_latex(tmp_path: Path) -> None:
    recognizer = given(
        tmp_path, {"s/a.md": "# A", "s/b.txt": "B", "s/c.html": "<table></table>", "s/d.json": "{}", "s/e.png": "no"}
    )
    found = {name: read(recognizer, page_of(f"s/{name}")).format for name in "abcd"}
    assert found == {"a": TextFormat.MARKDOWN, "b": TextFormat.TEXT, "c": TextFormat.HTML, "d": TextFormat.TEXT}
    assert read(recognizer, page_of("s/b"), Label.FORMULA).format is TextFormat.LATEX
    assert read(recognizer, page_of("s/e")).status is Status.SKIPPED


def test_pages_of_a_pdf_are_named_by_their_numbers(tmp_path: Path) -> None:
    recognizer = given(tmp_path, {"a.md": "first", "a_pg2.md": "second"})
    assert [read(recognizer, page_of("a.pdf", number)).text for number in (1, 2)] == ["first", "second"]
    third = read(recognizer, page_of("a.pdf", 3))
    assert third.status is Status.SKIPPED
    assert third.reason.startswith(NOT_READ)
    assert "a_pg3" in third.reason


def test_lines_of_a_file_are_found_by_id_and_forms_stay_json(tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    rows = [{"id": "s/1", "text": "one"}, {"id": 2, "text": {"total": "9"}}, {"id": "s/3", "text": " "}]
    file.write_text("\n".join(map(json.dumps, rows)))
    recognizer = GivenRecognizer(GivenOptions(file=file))
    one, two, three, four = (read(recognizer, page_of(f"s/{name}", question="?")) for name in range(1, 5))
    assert (one.text, one.format, two.text) == ("one", TextFormat.TEXT, '{"total": "9"}')
    assert (three.status, four.status) == (Status.EMPTY, Status.SKIPPED), "said nothing, and not asked"


def test_the_identity_is_that_of_the_answers(tmp_path: Path) -> None:
    first = given(tmp_path / "a", {"x.md": "one"}).identity
    assert given(tmp_path / "b", {"x.md": "one"}).identity == first
    assert given(tmp_path / "b", {"x.md": "other"}).identity != first
    assert given(tmp_path / "c", {"y.md": "one"}).identity != first
    assert given(tmp_path / "d", {"x.txt": "one"}).identity != first


@pytest.mark.parametrize(
    "line", ["no json", '{"id": "a"}', "[1]", "[" * 100_000], ids=["text", "no text", "list", "deep"]
)
def test_a_damaged_line_is_named(line: str, tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    file.write_text('{"id": "a", "text": "b"}\n' + line)
    with pytest.raises(BackendError, match="line 2"):
        GivenRecognizer(GivenOptions(file=file))


def test_answers_that_cannot_be_told_apart_or_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="two answers called 'a'"):
        given(tmp_path, {"a.md": "one", "a.txt": "other"})
    (tmp_path / "empty").mkdir()
    with pytest.raises(BackendError, match="not one answer"):
        GivenRecognizer(GivenOptions(folder=tmp_path / "empty"))
    with pytest.raises(BackendError, match="is not a folder"):
        GivenRecognizer(GivenOptions(folder=tmp_path / "nowhere"))
    with pytest.raises(BackendError, match=r"needs recognition\.given\.folder"):
        GivenRecognizer(GivenOptions())


def test_a_link_out_of_the_folder_is_no_answer(tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("secret")
    folder = tmp_path / "answers"
    folder.mkdir()
    (folder / "a.md").symlink_to(tmp_path / "secret.md")
    recognizer = given(folder, {"b.md": "mine"})
    assert read(recognizer, page_of("s/a")).status is Status.SKIPPED


def test_regions_of_a_page_are_refused_and_a_run_is_before_it_begins(tmp_path: Path) -> None:
    recognizer = given(tmp_path, {"a.md": "one"})
    page = page_of("a")
    regions = [Region(page.page_id, index, Label.TEXT, "text", Box(0, 0, 50, 50)) for index in range(2)]
    rows = recognizer.recognize(page, regions)
    assert {row.status for row in rows} == {Status.FAILED}
    assert "layout.backend=whole_page" in rows[0].reason
    recognition = RecognitionOptions.model_validate({"backend": "given", "given": {"folder": tmp_path}})
    with pytest.raises(OptionError, match=r"layout\.backend=whole_page"):
        require_whole_pages({"layout": LayoutOptions(), "recognition": recognition})
    whole = LayoutOptions.model_validate({"backend": "whole_page"})
    require_whole_pages({"layout": whole, "recognition": recognition})

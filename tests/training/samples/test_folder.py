"""A folder of your own, and the pages of the project's own corpus."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ocr_project.domain.errors import OptionError, SourceError
from ocr_project.domain.types import PageFacts, ShardInfo, Status, Task, TextFormat
from ocr_project.testing.fakes import MemoryShards, page
from tests.sample_files import front_matter, picture, samples_of


def test_suffixes_say_what_an_answer_is(tmp_path: Path) -> None:
    answers = {
        "a.txt": "두 줄\n둘째",
        "b.gt.txt": "gold",
        "c.md": "# Page",
        "d.md": front_matter(primary_language="ko") + "# 제목",
        "e.html": "<table><tr><td>1</td></tr></table>\n",
        "f.gt.tex": "$$x^2$$\n",
        "g_p3.txt": "of a document",
    }
    for name, text in answers.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        (tmp_path / f"{name.partition('.')[0]}.png").write_bytes(picture(name))
    rows = samples_of(f"folder:{tmp_path}")
    assert [(row.task, row.whole_page, row.answer, row.format) for row in rows] == [
        (Task.TEXT, False, "두 줄\n둘째", TextFormat.TEXT),
        (Task.TEXT, False, "gold", TextFormat.TEXT),
        (Task.TEXT, True, "# Page", TextFormat.MARKDOWN),
        (Task.TEXT, True, "# 제목", TextFormat.MARKDOWN),
        (Task.TABLE, False, "<table><tr><td>1</td></tr></table>", TextFormat.HTML),
        (Task.FORMULA, False, "x^2", TextFormat.LATEX),
        (Task.TEXT, False, "of a document", TextFormat.TEXT),
    ]
    assert rows[3].facts == PageFacts("ko")
    assert [row.document for row in rows] == [*"abcdef", "g"]


def test_halves_of_a_pair_are_rows(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture())
    (tmp_path / "b.txt").write_text("text")
    (tmp_path / "c.txt").write_bytes("한글".encode("cp949"))
    (tmp_path / "c.png").write_bytes(picture())
    (tmp_path / "d.html").write_text("no table")
    (tmp_path / "d.png").write_bytes(picture())
    rows = samples_of(f"folder:{tmp_path}")
    assert [(row.place, row.rule) for row in rows] == [
        ("a.png", "no_answer"),
        ("b.txt", "no_image"),
        ("c.txt", "not_utf_8"),
        ("d.html", "no_table"),
    ]


def test_a_link_that_leads_out_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/a.txt").symlink_to(tmp_path / "secret.txt")
    (tmp_path / "mine/a.png").write_bytes(picture())
    (row,) = samples_of(f"folder:{tmp_path / 'mine'}")
    assert (row.rule, row.answer) == ("outside", "")


def test_the_finished_pages_of_the_corpus(tmp_path: Path) -> None:
    (tmp_path / "b.gt.txt").write_text("corrected by a person\n")
    (tmp_path / "a.p002.gt.txt").write_text("second page")
    pages = [
        replace(page(1, "a"), image=picture("1"), width=160, height=48),
        replace(page(2, "a"), image=picture("2"), width=160, height=48),
        replace(page(1, "b"), image=picture("3"), width=160, height=48),
        replace(page(1, "c"), status=Status.FAILED, reason="broken: cut"),
    ]
    shards = MemoryShards({"s": (ShardInfo("s", "key", "a.pdf#00001", 4), pages)})
    rows = samples_of(f"corpus:{tmp_path}", pages=shards)
    assert [(row.place, row.status, row.answer) for row in rows] == [
        ("a.pdf#00001", Status.EMPTY, ""),
        ("a.pdf#00002", Status.OK, "second page"),
        ("b.pdf#00001", Status.OK, "corrected by a person"),
        ("c.pdf#00001", Status.EMPTY, ""),
    ]
    assert {row.document for row in rows} == {"a.pdf", "b.pdf", "c.pdf"}
    with pytest.raises(SourceError, match="no pages yet"):
        samples_of(f"corpus:{tmp_path}")


def test_the_own_text_of_a_page_is_its_answer_where_it_is_preferred_to_ocr(tmp_path: Path) -> None:
    (tmp_path / "c.gt.txt").write_text("corrected by a person")
    own = {"image": picture(), "width": 160, "height": 48, "text_layer_healthy": True, "text_layer_preferred": True}
    pages = [
        replace(page(1, "a"), **own, text_layer="제12조 영업정지\n"),
        replace(page(1, "b"), **own | {"text_layer_preferred": False}, text_layer="of a PDF, kept beside the page"),
        replace(page(1, "c"), **own, text_layer="of the file"),
        replace(page(1, "d"), **own | {"text_layer_healthy": False}, text_layer="a part of what is seen"),
    ]
    shards = MemoryShards({"s": (ShardInfo("s", "key", "a.hwp#00001", 4), pages)})
    rows = samples_of(f"corpus:{tmp_path}", pages=shards)
    assert [(row.status, row.answer) for row in rows] == [
        (Status.OK, "제12조 영업정지"),
        (Status.EMPTY, ""),
        (Status.OK, "corrected by a person"),
        (Status.EMPTY, ""),
    ]


def test_no_source_and_no_folder_are_said(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"training_data\.sources is empty"):
        samples_of()
    with pytest.raises(SourceError, match="does not exist"):
        samples_of(f"folder:{tmp_path / 'nothing'}")
    with pytest.raises(SourceError, match="holds no image"):
        samples_of(f"folder:{tmp_path}")

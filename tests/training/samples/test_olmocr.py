"""olmOCR's data: front matter as its own parser reads it, its filters by name, pages that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ocr_project.domain.errors import SourceError
from ocr_project.domain.types import PageFacts, Status, Task, TextFormat
from ocr_project.training.samples.front_matter import split_front_matter
from ocr_project.training.samples.olmocr_rules import RULES, formulas_of, markdown_styles, refusal_of
from ocr_project.training.samples.source import Refused
from tests.sample_files import front_matter, picture, samples_of, write_olmocr


def test_a_page_is_a_sample(tmp_path: Path) -> None:
    write_olmocr(tmp_path, {"ab/cd-3": front_matter(primary_language="ko") + "# 제목\n\nText\n"})
    (row,) = samples_of(f"olmocr:{tmp_path}")
    assert (row.status, row.rule, row.answer, row.format) == (Status.OK, "", "# 제목\n\nText", TextFormat.MARKDOWN)
    assert (row.task, row.whole_page, row.question, row.facts) == (Task.TEXT, True, "", PageFacts("ko"))
    assert (row.width, row.height) == (996, 1288), "letter, as pdftoppm draws it at 1,288 along the longer side"
    assert (row.document, row.place) == ("ab/cd", "ab/cd-3.md")


def test_a_blank_page_is_something_to_learn(tmp_path: Path) -> None:
    write_olmocr(tmp_path, {"blank": front_matter(primary_language="None").removesuffix("\n")})
    (row,) = samples_of(f"olmocr:{tmp_path}")
    assert (row.status, row.answer, row.facts) == (Status.OK, "", PageFacts(None))


def test_pages_of_one_url_are_one_document(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_olmocr(tmp_path, {"ab/cd": front_matter() + "a", "ef": front_matter() + "b"})
    (tmp_path / "urls.jsonl").write_text('{"id": "abcd", "url": "u"}\nno json\n{"id": "ef", "url": "u"}\n')
    assert [row.document for row in samples_of(f"olmocr:{tmp_path}")] == ["u", "u"]
    assert "1 of 3 lines do not name a page and its URL" in caplog.text


@pytest.mark.parametrize(
    ("written", "read"),
    [("no", None), ("None", None), ("null", None), ("", None), ("ko", "ko"), ("'no'", "no"), ("en  # English", "en")],
)
def test_languages_are_read_as_olmocr_reads_them(written: str, read: str | None) -> None:
    facts, text = split_front_matter(front_matter(primary_language=written) + "text")
    assert (facts.language, text) == (read, "text")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("# no front matter", "does not begin with front matter"),
        ("---\nprimary_language: en\n", "does not begin"),
        (front_matter(is_table=None), "is_table is missing"),
        (front_matter(natural_text="x"), "natural_text is not one of olmOCR's names"),
        (front_matter(rotation_correction="45"), "rotation_correction is 45"),
        (front_matter(rotation_correction="True"), "rotation_correction is True"),
        (front_matter(is_diagram="7"), "is_diagram is 7"),
        (front_matter(is_table="maybe"), "is_table is 'maybe'"),
        (front_matter(primary_language="90"), "primary_language is 90"),
        (front_matter(primary_language="[en]"), "which names no language"),
        ("---\n- a list\n---\n", "not `name: value`"),
    ],
)
def test_front_matter_that_cannot_be_read_is_refused_and_not_raised(content: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=said):
        split_front_matter(content)
    write_olmocr(tmp_path, {"page": content})
    (row,) = samples_of(f"olmocr:{tmp_path}")
    assert (row.status, row.rule) == (Status.SKIPPED, "front_matter")
    assert said in row.reason


SCALARS = ("no", "No", "yes", "on", "OFF", "true", "null", "~", "", "en", "zh-cn", "'no'", '"ko"', "n", "y")


@pytest.mark.parametrize("scalar", SCALARS)
def test_scalars_are_those_of_yaml(scalar: str) -> None:
    """The official parser is PyYAML behind a table of types; this one has no parser for YAML behind it."""
    found = yaml.safe_load(f"x: {scalar}\n")["x"]
    expected = found if isinstance(found, str) and found else None
    assert split_front_matter(front_matter(primary_language=scalar))[0].language == expected


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("markdown_table", "| a | b |\n|---|---|\n| 1 | 2 |"),
        ("html_table", "<table><tr><td>1</td></tr>"),
        ("html_table", "</table><table>"),
        ("html_table", "<table><tr><td>1</td></b></tr></table>"),
        ("html_table", "<table><tr><td><b>1<td>2</td></tr><table></table></table></table>"),
        ("math_symbols", "so x ∈ A"),
        ("latex_outside_formulas", r"see \cite{a}"),
        ("latex_outside_formulas", r"\today is found by \to, as in the official filter"),
        ("latex_table", r"$$ \begin{Table} $$"),
    ],
)
def test_each_filter_refuses_by_its_name(rule: str, text: str, tmp_path: Path) -> None:
    found = refusal_of(text)
    assert found is not None
    assert found[0] == rule
    write_olmocr(tmp_path, {"page": front_matter() + text})
    (row,) = samples_of(f"olmocr:{tmp_path}")
    assert (row.status, row.rule, row.image) == (Status.SKIPPED, rule, None)
    assert row.answer == text, "what was refused can be looked at"
    (row,) = samples_of(f"olmocr:{tmp_path}", rules=False)
    assert row.status is Status.OK


@pytest.mark.parametrize(
    "text",
    [
        "plain | text | with bars",
        "</table> without a beginning",
        "<table><tr><td>∈ within a cell<br>two</td></tr></table>",
        r"a formula \(\frac{1}{2}\) and \[\sum\] and $$\int$$",
        "",
    ],
)
def test_what_the_filters_let_pass(text: str) -> None:
    assert refusal_of(text) is None
    assert set(RULES) == {"markdown_table", "html_table", "math_symbols", "latex_outside_formulas", "latex_table"}


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        (r"\textbf{a} and \textit{b {c} d}", "**a** and *b {c} d*"),
        (r"\textbf{a \textit{b}}", "**a *b***"),
        (r"\textbf{never closed", r"\textbf{never closed"),
        (r"\(\textbf{x}\) \textbf{y} $$\textit{z}$$", r"\(\textbf{x}\) **y** $$\textit{z}$$"),
        (r"\( a $$\textbf{b}$$ \)", r"\( a $$\textbf{b}$$ \)"),
    ],
)
def test_bold_and_italic_become_markdown_outside_of_formulas(text: str, changed: str) -> None:
    assert markdown_styles(text) == changed


@given(st.text("a\\textbfi{}$()[] \n\U000f0000", max_size=60))
def test_restyling_never_loses_a_letter(text: str) -> None:
    kept = markdown_styles(text)
    assert [c for c in kept if c == "a"] == [c for c in text if c == "a"]


def test_formulas_that_cannot_be_rendered_refuse_their_page(tmp_path: Path) -> None:
    pages = {"good": r"\(x\)", "bad": r"$$ \oops $$ and \(x\)", "none": "text"}
    write_olmocr(tmp_path, {name: front_matter() + text for name, text in pages.items()})
    asked: list[set[str]] = []

    def unrenderable(formulas: set[str]) -> set[str]:
        asked.append(set(formulas))
        return {formula for formula in formulas if "oops" in formula}

    rows = {row.place: row for row in samples_of(f"olmocr:{tmp_path}", unrenderable=unrenderable)}
    assert asked == [{"x", r"\oops"}], "one call for all pages of a batch"
    assert (rows["bad.md"].rule, rows["bad.md"].reason) == ("formula", r"KaTeX cannot render \oops")
    assert rows["good.md"].status is rows["none.md"].status is Status.OK
    assert formulas_of(r"\(a\) $b$ \[ c \] $$ $$") == ["a", "c"]


def test_pages_that_cannot_be_used_are_rows(tmp_path: Path) -> None:
    write_olmocr(tmp_path, {"turned": front_matter(is_rotation_valid="False", rotation_correction="90") + "a"})
    write_olmocr(tmp_path, {"two": front_matter() + "a"}, sheets=2)
    write_olmocr(tmp_path, {"cut": front_matter() + "a"})
    (tmp_path / "cut.pdf").write_bytes((tmp_path / "cut.pdf").read_bytes()[:300])
    (tmp_path / "alone.md").write_text(front_matter() + "a")
    (tmp_path / "scan.md").write_text(front_matter() + "a")
    (tmp_path / "scan.png").write_bytes(picture())
    (tmp_path / "korean.md").write_bytes("---\n한글".encode("cp949"))
    (tmp_path / "korean.png").write_bytes(picture())
    rows = {row.place.removesuffix(".md"): (row.status, row.rule) for row in samples_of(f"olmocr:{tmp_path}")}
    assert rows == {
        "turned": (Status.SKIPPED, "rotated"),
        "two": (Status.SKIPPED, "pages"),
        "cut": (Status.FAILED, "broken"),
        "alone": (Status.SKIPPED, "no_image"),
        "scan": (Status.OK, ""),
        "korean": (Status.FAILED, "not_utf_8"),
    }


def test_a_link_to_a_pdf_is_followed(tmp_path: Path) -> None:
    """prepare_olmocrmix.py links to where the tarballs were extracted."""
    write_olmocr(tmp_path / "extracted", {"page": front_matter() + "a"})
    folder = tmp_path / "processed"
    folder.mkdir()
    (folder / "page.md").write_text(front_matter() + "a")
    (folder / "page.pdf").symlink_to(tmp_path / "extracted/page.pdf")
    (row,) = samples_of(f"olmocr:{folder}")
    assert row.status is Status.OK


def test_a_folder_without_markdown_ends_the_run_with_a_message(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"holds no \.md file"):
        samples_of(f"olmocr:{tmp_path}")

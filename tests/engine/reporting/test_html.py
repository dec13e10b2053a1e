"""The report as a whole: safe, self-contained, complete, written atomically and page by page."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import math
import os
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from ocr_project.domain.types import Box, Label, Region
from ocr_project.engine.imaging.pixels import encode
from ocr_project.engine.metrics import Span
from ocr_project.engine.reporting import (
    Difference,
    FailureRow,
    GroupRow,
    PageCard,
    PagePoint,
    Rate,
    Report,
    Retrieval,
    RetrievalRow,
    StageRow,
    write_report,
)
from tests.whole_job import ROOT

EVIL = "</pre><script>alert('가')</script><img src=x onerror=alert(1)>\"' onload=\"x"
VOID = {"meta", "input", "img", "br", "link", "hr"}


class Tree(HTMLParser):
    """Collects elements and text; fails where an element is closed that is not open."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("script", "style"):
            self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def parse(path: Path) -> Tree:
    tree = Tree()
    tree.feed(path.read_text(encoding="utf-8"))
    tree.close()
    assert tree.open == []
    return tree


def make_card(**changes: object) -> PageCard:
    image = encode(np.full((1200, 1000, 3), 250, np.uint8))
    region = Region("a_00001", 0, Label.TEXT, EVIL, Box(10, 20, 300, 400), score=0.9)
    card = PageCard(
        page_id="a_00001", path=f"law/{EVIL}.pdf", number=1, group="law", width=1000, height=1200, image=image,
        regions=[region], reference="가나 다", hypothesis=EVIL,
        spans=[Span("equal", "가나", "가나"), Span("replace", " 다", EVIL)],
        cer_no_space=0.25, confidence=0.9, status="ok", reason=EVIL, reference_kind="gold",
    )  # fmt: skip
    return dataclasses.replace(card, **changes)  # type: ignore[arg-type]


RETRIEVAL = {"retrieval-runs", "retrieval-parts", "retrieval-differences", "recognizer-rows"}


def make_retrieval() -> Retrieval:
    rate = Rate(0.5, 0.4, 0.6, math.nan, math.nan)
    difference = Difference(EVIL, EVIL, EVIL, 0.1, -0.1, 0.3, 0.8, 9)
    rows = [RetrievalRow(EVIL, part, 9, {EVIL: rate, "cer_no_space": rate}, {EVIL: difference}) for part in ("", EVIL)]
    return Retrieval(searches=rows, differences=[difference], recognizers=rows[:1])


def make_report(**changes: object) -> Report:
    rate = Rate(0.0312, 0.02, 0.05, 312, 10_000)
    alone = Rate(0.5, math.nan, math.nan, 1, 2)
    report = Report(
        title=EVIL, created=EVIL, facts={EVIL: EVIL}, parameters={EVIL: EVIL},
        stages=[StageRow(EVIL, EVIL, 2, 40, 400, 1, 10.0, 4.0, 19.0, 1.0)],
        totals={"documents": 3, "pages": 40, "regions": 400, "failures": 1, EVIL: 7},
        overall={"cer_no_space": rate, "cer": rate, "word_f1": rate, "wer": rate, "ned": rate},
        groups=[GroupRow(EVIL, 40, 3, {"cer_no_space": rate}, "gold")],
        documents=[GroupRow(EVIL, 1, 1, {"cer_no_space": alone}, EVIL), GroupRow("b.pdf", 2, 1, {}, "none")],
        failures=[FailureRow(EVIL, EVIL, f"broken: {EVIL}", EVIL), FailureRow("x", "ingest", EVIL)],
        retrieval=make_retrieval(), pages=iter([make_card()]), points=[PagePoint(0.25, 0.9)],
    )  # fmt: skip
    return dataclasses.replace(report, **changes)  # type: ignore[arg-type]


def test_text_of_documents_never_becomes_markup(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_report(path, make_report())
    tree = parse(path)
    assert len(tree.all("script")) == 1
    assert [a["src"][:22] for a in tree.all("img") if a["src"]] == ["data:image/webp;base64"]
    assert not [a for _, a in tree.elements if any(name.startswith("on") for name in a)]
    assert "".join(tree.text).count("<script>alert('가')</script>") >= 15  # every place shows it as text


def test_the_head_says_what_was_read_and_by_which_profile(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_report(path, make_report(source="papers/2026", profile="h200"))
    assert "papers/2026 · profile h200 · 40 pages" in " ".join("".join(parse(path).text).split())


def test_a_page_leads_to_its_files_and_silver_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    files = {"pdf": "../../exports/pdf/a%20b.pdf", "markdown": "../../exports/markdown/a%20b.md"}
    silver = [GroupRow("a", 1, 1, {"cer_no_space": Rate(0.1, math.nan, math.nan, 1, 10)}, "silver")]
    write_report(path, make_report(pages=iter([make_card(files=files, word_f1=0.5)]), groups=silver))
    tree = parse(path)
    assert [a["href"] for _, a in tree.elements if (a.get("href") or "").startswith("..")] == list(files.values())
    assert "compared with the text that the PDF itself holds" in "".join(tree.text)
    write_report(path, make_report())
    assert "compared with the text that the PDF itself holds" not in "".join(parse(path).text)


def test_a_page_of_text_takes_less_than_100_kb(tmp_path: Path) -> None:
    photo = (ROOT / "samples" / "documents" / "ko" / "minutes.jpg").read_bytes()
    path = tmp_path / "report.html"
    write_report(path, make_report(pages=iter([])))
    empty = path.stat().st_size
    write_report(path, make_report(pages=iter([make_card(image=photo)])))
    assert path.stat().st_size - empty < 100_000


def test_nothing_is_loaded_from_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_report(path, make_report())
    tree = parse(path)
    addresses = [a[key] or "" for _, a in tree.elements for key in ("src", "href", "srcset", "action") if key in a]
    assert all(address.startswith(("#", "data:image/")) for address in addresses)
    assert "link" not in {tag for tag, _ in tree.elements}
    style = re.search(r"<style>(.*?)</style>", path.read_text(encoding="utf-8"), re.DOTALL)
    assert style
    assert "url(" not in style[1]
    assert "@import" not in style[1]


def test_the_policy_allows_this_script_and_no_network(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_report(path, make_report())
    text = path.read_text(encoding="utf-8")
    policy = next(a["content"] for a in parse(path).all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    script = re.search(r"<script>(.*?)</script>\s*</body>", text, re.DOTALL)
    assert script
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    assert policy
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy


def test_a_report_says_what_it_was_given(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_report(path, make_report(title="Run 7"))
    tree = parse(path)
    text = re.sub(r"\s+", " ", "".join(tree.text))
    for part in (
        "Run 7",
        "3.12 %",
        "95 % interval 2.00 – 5.00 over 3 documents",
        "312 of 10,000 characters",
        "Retrieval",
    ):
        assert part in text
    assert "get a fresh copy" in text  # what to do about `broken:`
    tables = {a["id"] for a in tree.all("table") if "id" in a}
    assert tables == {"stages", "group-rows", "document-rows", "failure-rows", *RETRIEVAL}
    assert "fewer than 3 documents, or all alike: no interval" in path.read_text(encoding="utf-8")


def test_an_empty_run_has_a_report_too(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "report.html"
    empty: dict[str, object] = {key: {} for key in ("facts", "parameters", "totals", "overall")}
    empty |= {"retrieval": Retrieval()}
    empty |= dict.fromkeys(("stages", "groups", "documents", "failures", "pages", "points"), ())
    write_report(path, make_report(**empty))
    text = "".join(parse(path).text)
    assert "Every document and page was read." in text
    assert "nothing was scored" in text
    assert "No page is shown." in text
    assert "Retrieval" not in text


def test_pages_are_taken_one_at_a_time_and_the_file_appears_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    sizes: list[int] = []

    def pages() -> Iterator[PageCard]:
        for number in range(1, 41):
            assert not path.exists()
            sizes.append(next(tmp_path.iterdir()).stat().st_size)
            noise = np.random.default_rng(number).integers(0, 256, (300, 300, 3), np.uint8)
            yield make_card(number=number, image=encode(noise))

    write_report(path, make_report(pages=pages()))
    assert sizes[-1] > sizes[10] > 0  # what was taken is on disk before the next is asked for
    assert [a["data-page"] for a in parse(path).all("article")] == [str(n) for n in range(1, 41)]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
def test_a_report_is_as_private_as_the_umask_says(mask: int, mode: int, tmp_path: Path) -> None:
    before = os.umask(mask)
    try:
        write_report(tmp_path / "report.html", make_report())
    finally:
        os.umask(before)
    assert (tmp_path / "report.html").stat().st_mode & 0o777 == mode


def test_a_fault_midway_leaves_the_report_that_was_there(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("the old one", encoding="utf-8")

    def pages() -> Iterator[PageCard]:
        yield make_card()
        raise RuntimeError("a shard is gone")

    with pytest.raises(RuntimeError, match="a shard is gone"):
        write_report(path, make_report(pages=pages()))
    assert path.read_text(encoding="utf-8") == "the old one"
    assert list(tmp_path.iterdir()) == [path]


def test_characters_that_utf8_cannot_hold_do_not_stop_the_report(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    card = make_card(hypothesis="a\ud800b\x00c\u202ed", reference=None)
    write_report(path, make_report(pages=[card]))
    assert "a\ufffdb\ufffdc\ufffdd" in "".join(parse(path).text)


TITLES = {
    "script": "</title><script>alert(1)</script>",
    "quotes": "\"onload=x' `y` & &amp; &lt;b&gt;",
    "placeholders": "{{ style }} {% raw %} {# gone? #} $facts ${style} %s {0}",
    "a very long word": "정보공개" * 5_000,
    "names of marks": "#1 -2 # -",
}


@pytest.mark.parametrize("title", TITLES.values(), ids=TITLES.keys())
def test_a_title_is_text_whatever_is_in_it(tmp_path: Path, title: str) -> None:
    path = tmp_path / "report.html"
    card = make_card(path=title, group=title, hypothesis=title, reference=None, status=title)
    rows = [GroupRow(title, 1, 1, {}, title)]
    write_report(path, make_report(title=title, groups=rows, pages=[card], facts={title: title}))
    tree = parse(path)
    assert len(tree.all("script")) == 1
    assert "".join(tree.text).count(title) >= 6
    (article,) = tree.all("article")
    assert (article["data-name"], article["data-group"], article["data-status"]) == (title, title, title)


def test_marks_that_turn_the_direction_of_text_are_shown_as_such(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    marks = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    title = f"report{marks}fdp.exe עברית"
    card = make_card(path=title, hypothesis=title, spans=[Span("replace", title, title + title)])
    write_report(path, make_report(title=title, pages=[card], facts={title: title}))
    text = path.read_text(encoding="utf-8")
    assert not set(marks) & set(text)
    assert text.count("report" + "\ufffd" * 9 + "fdp.exe עברית") >= 6

"""The report in a real browser: its script runs under its own policy, sorts, searches and filters.

Chromium is driven without a driver: the page is dumped as it stands after its script ran, and for
clicks a copy of the page gets a second script (and loses the policy that would forbid it).
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from ocr_project.domain.types import Box, Label, Region
from ocr_project.engine.imaging.pixels import encode
from ocr_project.engine.metrics import Span
from ocr_project.engine.reporting import (
    FailureRow,
    GroupRow,
    PageCard,
    PagePoint,
    Rate,
    Report,
    Retrieval,
    write_report,
)

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(
    CHROMIUM is None,
    reason="no Chromium on this machine, so the report was NOT looked at in a browser: apt-get install chromium",
)

ATTACK = (
    "<script>document.documentElement.dataset.ready='owned'</script><img src=x onerror=\"document.title='owned'\">"
)

CLICKS = """<script>
const seen = {};
const text = (nodes) => Array.from(nodes, (node) => node.textContent.trim());
const visible = (selector) => Array.from(document.querySelectorAll(selector)).filter((node) => node.checkVisibility());
const names = () => text(visible("#document-rows tbody th"));
const type = (id, value) => {
  const input = document.getElementById(id);
  input.value = value;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
};
const heads = document.querySelectorAll("#document-rows th button");
seen.start = names();
heads[3].click(); seen.falling = names(); seen.sorted = heads[3].parentNode.ariaSort;
heads[3].click(); seen.rising = names();
heads[0].click(); seen.named = names(); seen.unsorted = heads[3].parentNode.ariaSort;
seen.index = text(document.querySelectorAll("#page-index li"));
const press = (key) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
seen.walk = []; for (const key of "jjk") { press(key); seen.walk.push(location.hash); }
const search = document.querySelector("[data-search=document-rows]");
search.value = "문서"; search.dispatchEvent(new Event("input")); seen.found = names();
const pages = () => visible(".card").map((node) => node.dataset.rank);
seen.groups = text(document.getElementById("card-group").options);
type("card-group", "law"); seen.law = pages(); seen.count = document.getElementById("card-count").textContent;
type("card-search", "DOC2"); seen.both = pages(); type("card-search", ""); type("card-group", "");
type("card-status", "failed"); seen.failed = pages(); type("card-status", "");
type("card-order", "confidence"); seen.unsure = pages();
type("card-order", "name page"); seen.byName = pages();
const overlay = () => visible(".overlay").length;
seen.drawn = overlay();
document.querySelector("input.drawn").click(); seen.one = overlay();
document.getElementById("all-regions").click(); seen.none = overlay();
const spaces = () => getComputedStyle(document.querySelector("del.space")).display;
seen.hiddenSpaces = spaces(); document.getElementById("all-spaces").click(); seen.shownSpaces = spaces();
seen.wide = [document.documentElement.scrollWidth, document.documentElement.clientWidth];
document.body.innerHTML = ""; document.body.textContent = "SEEN" + JSON.stringify(seen) + "SEEN";
</script></body>"""


def card(rank: int, group: str, **changes: object) -> PageCard:
    region = Region("p", 0, Label.TEXT, "text", Box(10, 10, 200, 90))
    fields: dict[str, object] = {
        "page_id": f"p_{rank:05d}", "path": f"{group}/doc{rank}.pdf", "number": 12 - rank, "group": group,
        "width": 300, "height": 200, "image": encode(np.full((200, 300, 3), 255, np.uint8)), "regions": [region],
        "reference": "가 나", "hypothesis": "가나" + ATTACK, "cer_no_space": 0.5 / rank, "status": "ok", "reason": "",
        "spans": [
            Span("equal", "가", "가"), Span("delete", " ", ""), Span("equal", "나", "나"), Span("insert", "", ATTACK),
        ],
        "confidence": 0.5 + 0.1 * rank, "reference_kind": "gold",
    }  # fmt: skip
    return PageCard(**{**fields, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def row(name: str, value: float) -> GroupRow:
        return GroupRow(name, 1, 1, {"cer_no_space": Rate(value, math.nan, math.nan, 1, 9)}, "gold")

    path = tmp_path_factory.mktemp("report") / "report.html"
    pages = [
        card(1, "law"),
        card(2, "law", confidence=0.1),
        card(3, "gov", path="gov/doc3.pdf", status="failed", image=None, regions=[], reason="broken: x"),
    ]
    documents = [row("law/doc10.pdf", 0.09), row("문서/b.pdf", 0.2), row("law/doc9.pdf", 0.1), row("none", math.nan)]
    write_report(
        path,
        Report(
            title="A run " + ATTACK, created="today", facts={"commit": "0" * 40}, parameters={}, stages=[],
            totals={"pages": 3}, overall={}, groups=[row("law", 0.1)], documents=documents,
            failures=[FailureRow(ATTACK, "ingest", "broken: " + ATTACK, "3")], retrieval=Retrieval(),
            pages=iter(pages), points=[PagePoint(0.1, 0.9)],
        ),
    )  # fmt: skip
    return path


def dump(path: Path, width: int = 1300) -> str:
    """Return the document as it stands after its scripts ran."""
    assert CHROMIUM
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    command = [CHROMIUM, "--headless", *sandbox, "--disable-gpu", "--disable-quic", "--no-first-run"]
    command += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    command += [f"--user-data-dir={path.parent / 'profile'}", f"--window-size={width},1500", "--dump-dom"]
    done = subprocess.run([*command, path.as_uri()], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def seen(report: Path) -> dict[str, object]:
    page = report.read_text(encoding="utf-8")
    page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    copy = report.with_name("clicked.html")
    copy.write_text(page.replace("</body>", CLICKS), encoding="utf-8")
    match = re.search(r"SEEN(.*)SEEN", dump(copy, width=500), re.DOTALL)
    assert match, "the clicks did not run to their end"
    held: dict[str, object] = json.loads(match[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
    return held


def test_script_runs_under_its_policy_and_documents_text_does_not(report: Path) -> None:
    dom = dump(report)
    assert 'data-ready="yes"' in dom
    assert "<title>A run &lt;script" in dom
    assert '<span class="many" id="card-count" aria-live="polite">3</span>' in dom


def test_policy_stops_a_script_that_slips_in(report: Path) -> None:
    copy = report.with_name("injected.html")
    page = report.read_text(encoding="utf-8")
    copy.write_text(page.replace("</main>", "</main><script>document.title='owned'</script>"), encoding="utf-8")
    dom = dump(copy)
    assert 'data-ready="yes"' in dom
    assert "<title>owned" not in dom


def test_tables_sort_with_unknown_numbers_last(seen: dict[str, object]) -> None:
    assert seen["start"] == ["law/doc10.pdf", "문서/b.pdf", "law/doc9.pdf", "none"]
    assert seen["falling"] == ["문서/b.pdf", "law/doc9.pdf", "law/doc10.pdf", "none"]
    assert seen["rising"] == ["law/doc10.pdf", "law/doc9.pdf", "문서/b.pdf", "none"]
    assert (seen["sorted"], seen["unsorted"]) == ("descending", "none")
    assert seen["named"] == ["law/doc9.pdf", "law/doc10.pdf", "none", "문서/b.pdf"]  # 9 before 10


def test_search_finds_korean(seen: dict[str, object]) -> None:
    assert seen["found"] == ["문서/b.pdf"]


def test_keys_lead_from_page_to_page_and_an_index_names_them(seen: dict[str, object]) -> None:
    assert seen["walk"] == ["#page-1", "#page-2", "#page-1"]
    assert seen["index"] == [
        "law/doc1.pdf, page 11 50.00\u202f%", "law/doc2.pdf, page 10 25.00\u202f%",
        "gov/doc3.pdf, page 9 16.67\u202f%",
    ]  # fmt: skip


def test_pages_are_filtered_and_ordered(seen: dict[str, object]) -> None:
    assert seen["groups"] == ["all", "gov", "law"]
    assert (seen["law"], seen["count"]) == (["1", "2"], "2 of 3")
    assert seen["both"] == ["2"]
    assert seen["failed"] == ["3"]
    assert seen["unsure"] == ["2", "1", "3"]
    assert seen["byName"] == ["3", "1", "2"]


def test_regions_and_white_space_are_toggled(seen: dict[str, object]) -> None:
    assert (seen["drawn"], seen["one"], seen["none"]) == (2, 1, 0)
    assert (seen["hiddenSpaces"], seen["shownSpaces"]) == ("none", "inline")


def test_a_narrow_screen_does_not_scroll_sideways(seen: dict[str, object]) -> None:
    held = seen["wide"]
    assert isinstance(held, list)
    assert held[0] <= held[1]

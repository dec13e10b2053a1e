"""The report of test sets in a real browser, of one run and of two: sorts, filters, leads from dots to cards, prints.

Driven as in `test_report_browser.py`: dumped as it stands after its script ran, and for clicks a copy of the page gets
a second script (and loses the policy that would forbid it).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ocr_project.bench.report.from_records import Evidence, build_comparison, build_page, stand_side_by_side
from ocr_project.bench.report.report_rows import pair_runs
from ocr_project.bench.results.gate import give_verdicts
from ocr_project.bench.results.run_tables import tabulate_answers, tabulate_scores
from ocr_project.bench.scoring import LaneShards
from ocr_project.domain.options import RuntimeOptions, TestsetsOptions
from ocr_project.engine.metrics import Draws
from tests import two_records

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(
    CHROMIUM is None,
    reason="no Chromium on this machine, so the report was NOT looked at in a browser: apt-get install chromium",
)

OPTIONS = TestsetsOptions(resamples=500, report_pages=16)

CLICKS = """<script>
const seen = {};
const visible = (selector) => Array.from(document.querySelectorAll(selector)).filter((node) => node.checkVisibility());
const text = (nodes) => Array.from(nodes, (node) => node.textContent.trim());
const type = (node, value) => { node.value = value; node.dispatchEvent(new Event("input", { bubbles: true })); };
const cards = () => visible(".card").map((node) => node.dataset.rank);
const pick = (id, value) => type(document.getElementById(id), value);
const bar = document.querySelector("[data-filters=score-rows]");
seen.rows = visible("#score-rows tbody tr").length;
type(bar.querySelector("[data-key=set]"), "tables_ko"); seen.tables = visible("#score-rows tbody tr").length;
type(bar.querySelector("[data-key=slice]"), "language"); seen.languages = visible("#score-rows tbody tr").length;
type(bar.querySelector("input"), "mixed 정"); seen.nothing = visible("#score-rows tbody tr").length;
type(bar.querySelector("input"), ""); type(bar.querySelector("[data-key=set]"), "");
type(bar.querySelector("[data-key=slice]"), "");
const head = Array.from(document.querySelectorAll("#score-rows th button")).find((b) => b.textContent === "Items");
head.click(); seen.sorted = head.parentNode.ariaSort;
const chooser = document.querySelector(".chooses");
seen.choices = chooser.options.length; seen.plots = visible(".choice").length;
chooser.selectedIndex = 1; chooser.dispatchEvent(new Event("input")); seen.chosen = visible(".choice").length;
seen.all = cards().length;
pick("card-set", "texts_ko"); seen.texts = cards().length;
pick("card-search", "정보공개 청구인"); seen.korean = cards().length;
pick("card-search", "없는 말"); seen.none = [cards().length, visible("#none-fit").length];
const dot = document.querySelector("circle[data-item]");
seen.dot = Boolean(dot);
if (dot) {
  dot.dispatchEvent(new MouseEvent("click", { bubbles: true }));
  seen.target = document.querySelector(".item:target")?.id === "item-" + dot.dataset.item;
  seen.again = cards().length;
}
const mark = document.querySelector("[data-tip]");
mark.dispatchEvent(new PointerEvent("pointermove", { bubbles: true, clientX: 50, clientY: 50 }));
seen.tip = document.getElementById("tip").textContent;
const box = document.querySelector(".run-switch");
if (box) {
  const before = visible("#score-rows .run0").length;
  box.click(); seen.run = [before > 0, visible("#score-rows .run0").length, visible("#score-rows .run1").length > 0];
}
seen.wide = [document.documentElement.scrollWidth, innerWidth];
document.title = "SEEN" + JSON.stringify(seen) + "SEEN";
</script></body>"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("benchmark")
    images = two_records.pages(folder / "pages")
    records = [two_records.record("hasty", attack=two_records.ATTACK), two_records.record("careful")]
    names = ["hasty " + two_records.ATTACK, "careful"]
    runs = stand_side_by_side(records, names)
    pairs = pair_runs(records, names, Draws(OPTIONS.resamples, OPTIONS.seed))
    table, answers = tabulate_scores(records[0]), tabulate_answers(records[0])
    shards = LaneShards(images, images, images, images)
    evidence = Evidence(records[0], table, answers, give_verdicts())
    build_page(evidence, shards, OPTIONS, RuntimeOptions(workers=1))(folder / "one.html")
    build_comparison(runs, pairs, images, OPTIONS, 1)(folder / "two.html")
    return {"one": folder / "one.html", "two": folder / "two.html"}


def chromium(path: Path, *arguments: str) -> str:
    assert CHROMIUM
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    command = [CHROMIUM, "--headless", *sandbox, "--disable-gpu", "--disable-quic", "--no-first-run"]
    command += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    command += [f"--user-data-dir={path.parent / 'profile'}", *arguments]
    done = subprocess.run([*command, path.as_uri()], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def clicked(path: Path) -> dict[str, object]:
    page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", path.read_text(encoding="utf-8"))
    copy = path.with_name(f"clicked_{path.name}")
    copy.write_text(page.replace("</body>", CLICKS), encoding="utf-8")
    match = re.search(
        r"<title>SEEN(.*)SEEN</title>", chromium(copy, "--window-size=500,1500", "--dump-dom"), re.DOTALL
    )
    assert match, "the clicks did not run to their end"
    held: dict[str, object] = json.loads(match[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
    return held


@pytest.fixture(scope="module")
def seen(pages: dict[str, Path]) -> dict[str, dict[str, object]]:
    return {name: clicked(path) for name, path in pages.items()}


@pytest.mark.parametrize("name", ["one", "two"])
def test_script_runs_under_its_policy_and_answers_do_not(pages: dict[str, Path], name: str) -> None:
    dom = chromium(pages[name], "--dump-dom")
    assert 'data-ready="yes"' in dom
    assert "<title>Test sets" in dom
    assert "&lt;script&gt;document.title='owned'" in dom or "&lt;script&gt;document.title=&#x27;owned" in dom
    assert "onerror" not in re.sub(r">[^<]*<", "><", re.sub(r'"[^"]*"', "", dom))
    assert not re.search(r'(?:src|href)="(?!data:|#)', pages[name].read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["one", "two"])
def test_tables_filter_and_sort(seen: dict[str, dict[str, object]], name: str) -> None:
    held = seen[name]
    # two readings of a table and one of a text, each whole, by three languages and two layouts
    assert (held["rows"], held["tables"], held["languages"], held["nothing"]) == (18, 12, 6, 0)
    assert held["sorted"] == "descending"
    assert (held["choices"], held["plots"], held["chosen"]) == (4, 1, 1)


@pytest.mark.parametrize("name", ["one", "two"])
def test_items_filter_and_search_korean(seen: dict[str, dict[str, object]], name: str) -> None:
    held = seen[name]
    assert (held["all"], held["texts"], held["none"]) == (16, 8, [0, 1])
    assert held["korean"] == 8
    assert (held["dot"], held["target"], held["again"]) == (True, True, 16)
    assert "%" in str(held["tip"])


def test_a_run_is_hidden_by_its_switch(seen: dict[str, dict[str, object]]) -> None:
    assert seen["two"]["run"] == [True, 0, True]
    assert "run" not in seen["one"]


@pytest.mark.parametrize("name", ["one", "two"])
def test_a_narrow_screen_does_not_scroll_sideways(seen: dict[str, dict[str, object]], name: str) -> None:
    held = seen[name]["wide"]
    assert isinstance(held, list)
    assert held[0] <= held[1]


def test_prints(pages: dict[str, Path]) -> None:
    paper = pages["two"].with_suffix(".pdf")
    chromium(pages["two"], "--no-pdf-header-footer", f"--print-to-pdf={paper}")
    import pypdfium2

    document = pypdfium2.PdfDocument(paper)
    text = "".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    assert "정보공개" in text
    assert "Differences on the same items" in text

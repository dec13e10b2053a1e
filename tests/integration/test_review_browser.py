"""The review page in a real browser: its script runs under its policy and saves corrections; without it, it reads."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ocr_project.engine.reporting.review import review_pages, worst_first
from ocr_project.engine.reporting.review_page import ReviewFacts, write_review_page
from tests.engine.reporting.test_review import corpus, drawn

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(
    CHROMIUM is None,
    reason="no Chromium on this machine, so the review page was NOT looked at in a browser: apt-get install chromium",
)

ATTACK = "</textarea><script>document.title='owned'</script>"

CLICKS = """<script>
const seen = {};
const box = document.querySelector(".correct");
const area = box.querySelector("textarea");
const [saver, copier, restorer] = box.querySelectorAll("button");
seen.shown = saver.checkVisibility();
box.open = true;
seen.opened = saver.checkVisibility();
seen.text = area.value;
URL.createObjectURL = (blob) => { seen.size = blob.size; return "blob:none"; };
HTMLAnchorElement.prototype.click = function () { seen.name = this.download; };
area.value = "고친 글";
saver.click();
seen.said = box.querySelector(".said").textContent;
restorer.click();
seen.restored = area.value === seen.text;
const search = document.getElementById("review-search");
search.value = "e.pdf";
search.dispatchEvent(new Event("input", { bubbles: true }));
seen.found = Array.from(document.querySelectorAll(".card")).filter((card) => !card.hidden).length;
seen.wide = [document.documentElement.scrollWidth, innerWidth];
document.title = "SEEN" + JSON.stringify(seen) + "SEEN";
</script></body>"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = corpus(drawn(1, (ATTACK, 0.0), ("eee " * 40, 0.0)), drawn(1, ("wees", 0.0), doc_id="e"))
    rows = worst_first(review_pages(made, settled=()))
    path = tmp_path_factory.mktemp("review") / "review.html"
    corrections = {"d_00001": "law/d.p001.gt.txt", "e_00001": "e.gt.txt"}
    write_review_page(path, made, rows, corrections, ReviewFacts("today", 2, 0, 0, 3, 2, "beside the source"))
    return path


def chromium(path: Path, *arguments: str) -> str:
    assert CHROMIUM
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    command = [CHROMIUM, "--headless", *sandbox, "--disable-gpu", "--disable-quic", "--no-first-run"]
    command += ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--dump-dom"]
    command += [f"--user-data-dir={path.parent / 'profile'}", *arguments]
    done = subprocess.run([*command, path.as_uri()], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def seen(page: Path) -> dict[str, object]:
    copy = page.with_name("clicked.html")
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.read_text("utf-8"))
    copy.write_text(text.replace("</body>", CLICKS), encoding="utf-8")
    match = re.search(r"<title>SEEN(.*)SEEN</title>", chromium(copy, "--window-size=500,1500"), re.DOTALL)
    assert match, "the clicks did not run to their end"
    found: dict[str, object] = json.loads(match[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
    return found


def test_the_script_runs_under_its_policy_and_what_was_read_does_not(page: Path) -> None:
    dom = chromium(page)
    assert '<div class="buttons">' in dom
    assert "<title>Review</title>" in dom
    assert not re.search(r'(?:src|href)="(?!data:|#)', page.read_text("utf-8"))


def test_without_script_it_can_still_be_read_and_copied(page: Path) -> None:
    copy = page.with_name("plain.html")
    copy.write_text(re.sub(r"script-src '[^']*'", "script-src 'none'", page.read_text("utf-8")), encoding="utf-8")
    dom = chromium(copy)
    assert '<div class="buttons" hidden="">' in dom
    assert dom.count("<textarea") == dom.count("<details") == 2
    assert "law/d.p001.gt.txt" in dom
    assert dom.count("<img") == 3


def test_a_correction_is_saved_under_the_name_of_the_reference(seen: dict[str, object]) -> None:
    assert (seen["shown"], seen["opened"]) == (False, True)
    assert str(seen["text"]).startswith(ATTACK)
    assert seen["name"] == "d.p001.gt.txt"
    assert seen["size"] == len("고친 글\n".encode())
    assert "law/d.p001.gt.txt" in str(seen["said"])
    assert seen["restored"] is True


def test_pages_are_searched_and_a_narrow_screen_does_not_scroll_sideways(seen: dict[str, object]) -> None:
    assert seen["found"] == 1
    wide = seen["wide"]
    assert isinstance(wide, list)
    assert wide[0] <= wide[1]

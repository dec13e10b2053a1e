"""The pages of the server in a real browser: files chosen and dropped, a run followed, a line corrected.

All of it also without scripts, but for dropping. Runs are played by a small program: what they do is tested elsewhere.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
import uvicorn
from PIL import Image

from ocr_project.cli.serve.app import build_app
from ocr_project.cli.serve.runs import Runs
from ocr_project.cli.serve.shelf import Shelf
from ocr_project.cli.serve.site import Site
from ocr_project.cli.serve.words import LANGUAGES
from tests.browser import CHROMIUM, Browser, browsing
from tests.cli.serve.served import ATTACK, NAME, home, read_corpus, shelf

__all__ = ["home", "shelf"]
pytestmark = pytest.mark.skipif(
    CHROMIUM is None,
    reason="no Chromium on this machine, so the server was NOT looked at in a browser: apt-get install chromium",
)
PAGE = f"{'a' * 16}_00001"
PLAYED = """
import json, pathlib, sys, time
folder = pathlib.Path(json.loads(sys.stdin.readline())["folder"])
print("recognition:  40%|#  | 2/5 [00:02<?, ? pages/s]", flush=True)
while not (folder / "go").exists():
    time.sleep(0.05)
"""
ENTER = "document.querySelector('.edit textarea').dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter' }))"
DROP = """
const data = new DataTransfer();
const bytes = Uint8Array.from(atob("{content}"), (c) => c.charCodeAt(0));
data.items.add(new File([bytes], "dropped.png"));
document.querySelector(".drop").dispatchEvent(new DragEvent("drop", {{ dataTransfer: data, bubbles: true }}))
"""


@contextmanager
def served(shelf: Shelf) -> Iterator[str]:
    """Serve a shelf on a free port."""
    runs = Runs(lambda workspace: {"env": "base", "options": {}}, (sys.executable, "-c", PLAYED))
    server = uvicorn.Server(uvicorn.Config(build_app(Site(shelf, runs, 10_000_000)), port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.02)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def address(shelf: Shelf) -> Iterator[str]:
    with served(shelf) as found:
        yield found


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with browsing(tmp_path) as found:
        yield found


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "회의록.png"
    Image.new("L", (40, 30), 255).save(path)
    return path


@pytest.mark.parametrize("scripts", [True, False])
def test_a_file_is_chosen_and_its_run_followed_to_its_end(
    browser: Browser, address: str, picture: Path, shelf: Shelf, scripts: bool
) -> None:
    browser.scripts(scripts)
    browser.open(f"{address}/?lang=en")
    assert browser.see("document.documentElement.dataset.ready") == ("yes" if scripts else None)
    browser.choose("#files", picture)
    browser.leave_by("document.querySelector('.drop button').click()")
    assert browser.see("document.querySelector('h1').innerText") == "My documents"
    assert (shelf.uploads / "My documents" / picture.name).is_file()
    browser.wait("document.querySelector('[data-stage=recognition] progress')?.value === 2")
    (corpus,) = shelf.corpora().values()
    (corpus.folder / "go").touch()
    browser.wait("document.querySelector('.chip.state-done') !== null")
    assert not browser.faults


def test_a_dropped_file_is_sent_and_one_too_large_is_not(
    browser: Browser, address: str, picture: Path, shelf: Shelf
) -> None:
    import base64

    browser.open(f"{address}/?lang=en")
    browser.see("document.querySelector('.drop').dataset.limit = 10; 0")
    drop = DROP.format(content=base64.b64encode(picture.read_bytes()).decode())
    browser.see(drop)
    assert "may have 10 MB together" in browser.see("document.querySelector('.said').innerText")
    browser.open(f"{address}/?lang=en")
    browser.leave_by(drop)
    assert (shelf.uploads / "My documents/dropped.png").is_file()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_page_is_found_read_and_corrected(browser: Browser, address: str, shelf: Shelf, scripts: bool) -> None:
    corpus = f"{address}/corpus/{quote(read_corpus(shelf).folder.name)}"
    browser.scripts(scripts)
    browser.open(f"{corpus}?lang=ko")
    browser.see("document.querySelector('[type=search]').value = '설치비'; 0")
    browser.leave_by("document.querySelector('.search button').click()")
    browser.leave_by("document.querySelector('.hits a').click()")
    assert browser.see("document.querySelector('.sheet img').naturalWidth") == 100
    assert browser.see("[...document.querySelectorAll('.words')].map((line) => line.innerText)")[2] == ATTACK
    assert browser.see("document.querySelector('mark').innerText") == "설치비"
    browser.see("document.querySelector('#l2 .at').click(); 0")
    browser.wait("document.querySelector('rect:target')?.id === 'b2'")
    browser.leave_by("document.querySelector('#l2 .fix').click()")
    assert browser.see("document.querySelector('.edit [name=text]').value") == "eee"
    browser.see("document.querySelector('.edit [name=text]').value = '고친 줄'; 0")
    browser.leave_by(ENTER if scripts else "document.querySelector('.edit button').click()")
    assert browser.see("document.querySelector('.line.corrected .words').innerText") == "고친 줄"
    written = shelf.uploads / "모음" / f"{NAME.removesuffix('.png')}.lines.json"
    assert [one["text"] for one in json.loads(written.read_text())] == ["고친 줄"]
    assert not browser.faults


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_narrow_screen_does_not_scroll_sideways(browser: Browser, address: str, shelf: Shelf, language: str) -> None:
    corpus = f"/corpus/{quote(read_corpus(shelf).folder.name)}"
    browser.size(390, 800)
    for path in ("/", corpus, f"{corpus}/page/{PAGE}", f"{corpus}/page/{PAGE}?line=2", f"{corpus}/search?q=x"):
        browser.open(f"{address}{path}{'&' if '?' in path else '?'}lang={language}")
        assert browser.see("document.documentElement.lang") == language
        assert browser.see("document.documentElement.scrollWidth <= innerWidth"), path


def test_a_form_of_another_site_does_nothing(browser: Browser, address: str, shelf: Shelf) -> None:
    corpus = f"{address}/corpus/{quote(read_corpus(shelf).folder.name)}"
    other = f"<form method=post action='{corpus}/run'><button>x</button></form>"
    browser.open(f"data:text/html,{quote(other)}")
    browser.leave_by("document.querySelector('button').click()")
    assert "Forms of other sites are refused" in browser.see("document.body.innerText")
    browser.open(corpus)
    assert browser.see("document.querySelector('.run .chip')") is None

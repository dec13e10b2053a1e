"""The page of a search for prompts: all side by side, what is chosen, nothing of it run or fetched by a browser."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from ocr_project.bench.prompt_search.tables import found_of, tabulate_found
from ocr_project.bench.prompt_search.tried import Judged, Tried
from ocr_project.bench.report.prompt_page import write_prompt_page
from ocr_project.domain.options import PromptSearchOptions

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ATTACK = "<img src=x onerror=\"document.title='owned'\">"


def tried(part: str, number: int, values: list[float]) -> Tried:
    judged = tuple(Judged(place, f"{part}{place}", value, 0.0, 1.0, "", "") for place, value in enumerate(values))
    return Tried("card", "surname", part, number, f"prompt {number} {ATTACK}", judged=judged)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    rows = [
        tried("search", 0, [0.5, 0.4, 0.6]),
        tried("search", 1, [0.0, 0.1, 0.2]),
        tried("select", 1, [0.1, 0.0, 0.2, 0.1]),
        tried("report", 0, [0.5, 0.6, 0.4, 0.5, 0.6]),
        tried("report", 1, [0.2, 0.4, 0.3, 0.2, 0.4]),
    ]
    found = found_of(rows, PromptSearchOptions(search=3, select=4, report=5))
    write_prompt_page(tmp_path / "prompts.html", found, rows, tabulate_found(found))
    return tmp_path / "prompts.html"


def test_every_prompt_has_its_rates_and_the_chosen_one_is_marked(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "prompt 0" in text
    assert text.count('class="chosen"') == 1
    for shown in ("10.00", "30.00", "50.00", "52.00", "+20.00", "+22.00"):
        assert shown in text, shown
    assert ATTACK not in text
    assert "http" not in text.replace("http-equiv", "")


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine, so the page was NOT looked at in a browser")
def test_a_browser_shows_it_and_runs_nothing_of_it(page: Path) -> None:
    assert CHROMIUM is not None
    done = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "<title>Prompts</title>" in done.stdout
    assert done.stdout.count('aria-sort="none"') == 6
    assert "card · surname" in done.stdout

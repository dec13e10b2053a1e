"""The documentation builds as a site, without a warning, and says what the docstrings say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.whole_job import ROOT

pytest.importorskip("sphinx", reason="the group docs is not installed")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--quiet", str(ROOT / "docs"), str(built)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return built


def test_every_page_is_reached_from_the_first(site: Path) -> None:
    pages = {path.relative_to(site).as_posix() for path in site.rglob("*.html")} - {"search.html", "genindex.html"}
    index = (site / "index.html").read_text(encoding="utf-8")
    assert not {
        page for page in pages if f'href="{page}' not in index and page not in ("index.html", "py-modindex.html")
    }


def test_the_reference_holds_names_as_they_are_imported(site: Path) -> None:
    page = (site / "api" / "metrics.html").read_text(encoding="utf-8")
    assert 'id="ocr_project.engine.metrics.cer"' in page
    assert 'id="ocr_project.bench.metrics.tables.teds' in page

"""A folder of nasty files among good ones, through the whole job: each fault has its row, the rest is read."""

from __future__ import annotations

import unicodedata
from html import unescape
from pathlib import Path

import pandas as pd
import pytest

from ocr_project.datasets import LineageFolder
from ocr_project.domain.types import Page, Status, Transcript
from tests.nasty import NASTY, pdf_bytes
from tests.whole_job import DOCUMENTS, QUICK, Finished, copy_project, run_job

BAD = [nasty for nasty in NASTY if nasty.status in (Status.FAILED, Status.SKIPPED)]
GOOD = {"a first.pdf": "Nothing is wrong with this river", "z last.pdf": "Nothing is wrong with this mountain"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_project(tmp_path_factory.mktemp("bad") / "project")


@pytest.fixture(scope="module", autouse=True)
def done(project: Path) -> Finished:
    source = project.parent / "source"
    source.mkdir()
    for nasty in NASTY:
        nasty.write(source)
    for name, text in GOOD.items():
        (source / name).write_bytes(pdf_bytes(text=text))
    return run_job(project, f"ingest.source={source}", *QUICK)


def composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def test_exit_status_and_summary_say_so(done: Finished) -> None:
    assert done.code == 3, done.output
    failed = sum(nasty.status is Status.FAILED for nasty in BAD)
    assert f"{failed} unreadable" in done.output
    assert "FailuresLeft: " in done.output
    assert "Traceback" not in done.output


def test_each_bad_file_is_a_row_with_its_reason(project: Path) -> None:
    documents = pd.read_parquet(project / DOCUMENTS)
    rows = {composed(row["path"]): row for row in documents.to_dict("records")}
    for nasty in NASTY:
        row = rows.get(composed(nasty.name))
        if nasty.status is None:
            assert row is None, nasty.name
        else:
            assert row is not None, nasty.name
            assert row["status"] == nasty.status, (nasty.name, row["reason"])
            assert row["reason"].startswith(nasty.reason), (nasty.name, row["reason"])


def test_each_bad_page_is_a_row_with_its_reason(project: Path) -> None:
    reasons: dict[str, list[str]] = {}
    for page in LineageFolder(project / "data/02_intermediate/pages", Page).rows(without=("image",)):
        reasons.setdefault(composed(page.path), []).append(page.reason)
    for nasty in NASTY:
        got = reasons.get(composed(nasty.name), [])
        wanted = nasty.pages if nasty.status is Status.OK else ()
        assert len(got) == len(wanted), nasty.name
        for reason, start in zip(got, wanted, strict=True):
            assert reason.startswith(start), (nasty.name, reason)
            assert bool(reason) == bool(start), (nasty.name, reason)


def test_the_report_names_each_with_its_reason(project: Path) -> None:
    (path,) = (project / "data/08_reporting/report.html").glob("*/report.html")
    report = composed(unescape(path.read_text(encoding="utf-8")))
    documents = pd.read_parquet(project / DOCUMENTS).to_dict("records")
    pages = LineageFolder(project / "data/02_intermediate/pages", Page).rows(without=("image",))
    failures = [(row["path"], row["reason"]) for row in documents if row["status"] != Status.OK]
    assert len(failures) == len(BAD)
    failures += [(page.path, page.reason) for page in pages if page.status is Status.FAILED]
    assert len(failures) > len(BAD)
    for name, reason in failures:
        assert composed(name) in report, name
        assert composed(reason.split(": ", 1)[-1]) in report, reason  # its code has a column of its own


def test_the_good_ones_are_read(project: Path) -> None:
    transcripts = LineageFolder(project / "data/03_primary/transcripts", Transcript)
    texts = {row.path: row.text for row in transcripts.rows()}
    for name, text in GOOD.items():
        assert text in texts[name]

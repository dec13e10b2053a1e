"""Stages run one by one, with other options each: what does not belong together is never read together."""

from __future__ import annotations

import csv
from pathlib import Path

from fpdf import FPDF

from tests.whole_job import copy_project, run_job

TEXT = "The old bridge over the river was made of silver stone in winter"


def write_pdf(path: Path) -> None:
    document = FPDF()
    document.set_font("Helvetica", size=24)
    for number in range(2):
        document.add_page()
        document.multi_cell(0, 20, f"{TEXT} {number}")
    path.parent.mkdir()
    document.output(str(path))


def cer(project: Path) -> float:
    newest = max((project / "data/08_reporting/score_table.csv").glob("*/*"))
    with newest.open(encoding="utf-8") as file:
        (rate,) = [row["rate"] for row in csv.DictReader(file) if (row["level"], row["metric"]) == ("overall", "cer")]
    return float(rate)


def test_pages_of_another_resolution_are_not_read_with_old_regions(tmp_path: Path) -> None:
    project = copy_project(tmp_path / "project")
    write_pdf(tmp_path / "source" / "a.pdf")
    common = (f"ingest.source={tmp_path / 'source'}", "runtime.progress=false")
    sharp, coarse = (*common, "ingest.dpi=100"), (*common, "ingest.dpi=50")
    one, other = "recognition.tesseract.languages=eng", "recognition.tesseract.languages=kor+eng"

    assert run_job(project, *sharp, other).code == 0
    before = cer(project)
    assert run_job(project, *coarse, arguments=("--pipelines", "ingest")).code == 0
    refused = run_job(project, *coarse, one, arguments=("--pipelines", "recognition"))
    last = run_job(project, *sharp, one)

    assert refused.code == 2, refused.output
    assert "run `kedro run --pipelines layout`" in refused.output
    assert "Traceback" not in refused.output
    assert last.code == 0, last.output
    assert cer(project) < 0.05 > before

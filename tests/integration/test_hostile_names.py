"""A run over folders and files with names that were not chosen for us, beside a database of MLflow that is junk."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from fpdf import FPDF

from tests.whole_job import QUICK, copy_project, run_job

NAMES = (
    *("Reports (2024)/a.pdf", "R&D/b.pdf", "+1/c.pdf", "보고서/d.pdf", "=HYPERLINK(1)/e.pdf", "x\x1b]0;t\x07/f.pdf"),
    *(f"{'가' * 82}.pdf", f"{'가' * 80}/g.pdf", "NA/h.pdf"),
)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "a,b"
    for number, name in enumerate(NAMES):
        document = FPDF()
        document.add_page()
        document.set_font("helvetica", size=14)
        for line in range(6):
            document.cell(
                0, 10, f"Office {number} keeps a record of rivers, page {line}", new_x="LMARGIN", new_y="NEXT"
            )
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(bytes(document.output()))
    (folder / "R&D/b.gt.txt").symlink_to("/etc/passwd")
    return folder


def test_no_name_and_no_damaged_database_ends_a_run(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    project = copy_project(tmp_path / "project", mlflow=True)
    (project / "mlflow.db").write_bytes(b"junk" * 5_000)
    done = run_job(project, f"ingest.source={source}", "ingest.dpi=100", *QUICK)
    assert done.code == 0, done.output
    assert done.output.count("MLflow could not keep") == 1
    assert "\x1b]0" not in done.output
    assert len(list((project / "data/08_reporting/report.html").glob("*/report.html"))) == 1
    references = pd.read_parquet(project / "data/05_model_input/references.parquet")
    assert set(references["kind"]) == {"silver"}
    assert not references["text"].str.contains("root:").any()
    (table,) = (project / "data/08_reporting/score_table.csv").glob("*/*.csv")
    assert "'=HYPERLINK(1)" in table.read_text(encoding="utf-8")

    (project / "mlflow.db").unlink()
    again = run_job(project, f"ingest.source={source}", "ingest.dpi=100", *QUICK)
    assert again.code == 0, again.output
    assert "MLflow could not keep" not in again.output

"""Stages run one by one, with other options each: what does not belong together is never read together."""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from fpdf import FPDF

from tests.whole_job import QUICK, Finished, copy_project, run_command, run_job

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


@dataclass(frozen=True)
class Ended:
    """A run of two pages and a question that has ended, and its options."""

    project: Path
    options: tuple[str, ...]

    def run(self, *arguments: str, more: tuple[str, ...] = ()) -> Finished:
        return run_job(self.project, *self.options, *more, arguments=arguments)

    def search(self, mode: str) -> Finished:
        return run_command(self.project, sys.executable, "-m", "kedro", "search", "silver stone", "--mode", mode)


@pytest.fixture
def ended(tmp_path: Path) -> Ended:
    write_pdf(tmp_path / "source" / "a.pdf")
    (tmp_path / "source" / "queries.csv").write_text("query_id,query\nq1,silver stone\n", encoding="utf-8")
    (tmp_path / "source" / "qrels.csv").write_text(
        "query_id,document,page,relevance\nq1,a.pdf,1,1\n", encoding="utf-8"
    )
    options = (f"ingest.source={tmp_path / 'source'}", "ingest.dpi=100", *QUICK)
    found = Ended(copy_project(tmp_path / "project"), options)
    first = found.run()
    assert first.code == 0, first.output
    return found


def refused(run: Finished, *words: str) -> None:
    said = " ".join(run.output.split())
    assert run.code == 2, run.output
    assert "Traceback" not in said
    for word in words:
        assert word in said, said


def test_what_was_made_of_other_transcripts_is_not_put_beside_those_there_now(ended: Ended) -> None:
    """The transcripts are new; vectors, indexes, rankings, scores and tables are those of before."""
    other = ("transcript.headers_and_footers=true",)
    again = "run `kedro run --pipelines"
    assert ended.run("--pipelines", "transcript", more=other).code == 0

    refused(
        ended.run("--nodes", "benchmark.tabulate_scores", more=other), "the table of scores", f"{again} benchmark`"
    )
    refused(ended.run("--nodes", "benchmark.score_rankings", more=other), "table of rankings", f"{again} retrieval`")
    refused(ended.run("--pipelines", "retrieval", more=other), "vectors of shard", f"{again} embedding`")
    refused(ended.run("--pipelines", "publish", more=other), again)
    refused(ended.run("--pipelines", "benchmark", more=other), again)
    refused(ended.search("dense"), f"{again} embedding`")

    assert ended.run("--pipelines", "embedding", more=other).code == 0
    refused(ended.run("--pipelines", "publish", more=other), "a table of scores", f"{again} benchmark`")
    assert ended.run("--pipelines", "retrieval", more=other).code == 0
    assert ended.run("--pipelines", "benchmark", more=other).code == 0
    found = ended.search("fusion")
    assert (found.code, "a.pdf" in found.output) == (0, True), found.output


def test_indexes_of_before_are_not_searched(ended: Ended) -> None:
    """A run that was killed between its vectors and their index, or its transcripts and their words."""
    before = {name: ended.project / "data/04_feature" / name for name in ("page_index", "word_index")}
    kept = {name: path.rename(path.with_name(f"{name}.kept")) for name, path in before.items()}
    assert ended.run(more=("transcript.headers_and_footers=true",)).code == 0

    for name, path in before.items():
        path.rename(path.with_name(f"{name}.new"))
        kept[name].rename(path)
        mode = "dense" if name == "page_index" else "lexical"
        refused(ended.search(mode), f"the index {name} was made from other", "run `kedro run --pipelines")
        path.rename(kept[name])
        path.with_name(f"{name}.new").rename(path)
        assert ended.search(mode).code == 0

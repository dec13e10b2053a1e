"""The main job as a user runs it: it makes its results, does no work twice, and says what is wrong."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import pytest
from scripts.notebook import run as run_notebook

from tests.whole_job import (
    QUICK,
    ROOT,
    SHARDED,
    Finished,
    copy_project,
    rows,
    run_command,
    run_job,
    shards,
    tables,
    write_pages,
)

PAGES = 4
TABLES = ("list_references", "score_pages", "tabulate_scores", "review_readings", "page_index", "write_report")
STAGES = ("ingest", "layout", "recognition", "transcript", "embedding")


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    folder = tmp_path_factory.mktemp("main") / "source"
    said = write_pages(folder, PAGES)
    then = time.time() - 60  # what was written just now is looked at each time
    for path in folder.iterdir():
        os.utime(path, (then, then))
    return folder, said


@pytest.fixture(scope="module")
def params(texts: tuple[Path, list[str]]) -> tuple[str, ...]:
    return (f"ingest.source={texts[0]}", "ingest.shard_pages=1", *QUICK)


@pytest.fixture(scope="module")
def project(texts: tuple[Path, list[str]]) -> Path:
    return copy_project(texts[0].parent / "project", mlflow=True)


@pytest.fixture(scope="module")
def first(project: Path, params: tuple[str, ...]) -> Finished:
    """Run the job for the first time."""
    done = run_job(project, *params)
    assert done.code == 0, done.output
    return done


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project in which nothing ever runs far enough to leave anything."""
    return copy_project(tmp_path_factory.mktemp("fresh") / "project")


def refused(done: Finished, project: Path, *parts: str) -> None:
    assert done.code == 2, done.output
    assert "Traceback" not in done.output, done.output
    for part in parts:
        assert part in done.output
    assert "Node " not in done.output, "Kedro's own words for it"
    assert not list((project / "data").rglob("pages"))


def test_results_are_there(project: Path, first: Finished, texts: tuple[Path, list[str]]) -> None:
    assert sorted(row["text"].strip() for row in rows(project, "transcripts")) == sorted(texts[1])
    exports = project / "data/08_reporting/exports"
    assert len(list((exports / "markdown").glob("*.md"))) == PAGES
    assert len(list((exports / "pdf").glob("*.pdf"))) == PAGES
    assert len((exports / "ocr_results.jsonl").read_text().splitlines()) == PAGES
    assert len((project / "data/04_feature/page_index/ids.txt").read_text().splitlines()) == PAGES
    assert list((project / "data/08_reporting/report.html").glob("*/report.html"))
    metrics = {path.stem: json.loads(path.read_text()) for path in (project / "metrics").glob("*.json")}
    assert {stage: metrics[stage]["pages"] for stage in STAGES} == dict.fromkeys(STAGES, PAGES)
    assert metrics["benchmark"]["cer"] == 0


def test_the_summary_says_what_was_done_and_where_it_is(first: Finished) -> None:
    assert "Traceback" not in first.output
    summary = first.output.splitlines()
    for stage in STAGES:
        assert any(line.split()[:4] == [stage, *[str(PAGES)] * 3] for line in summary), stage
    for part in (f"{PAGES} documents", "0.00%  CER without white space", "data/08_reporting/exports", "report.html"):
        assert part in first.output


@pytest.mark.usefixtures("first")
@pytest.mark.parametrize("mode", [(), ("--mode", "dense"), ("--mode", "lexical"), ("--mode", "fusion")])
def test_search_finds_the_page(project: Path, texts: tuple[Path, list[str]], mode: tuple[str, ...]) -> None:
    done = run_command(project, sys.executable, "-m", "kedro", "search", texts[1][2], "--pages", "2", *mode)
    assert done.code == 0, done.output
    best = done.output.splitlines()[0]
    assert "page00002.png, page 1" in best
    assert texts[1][2] in done.output


@pytest.mark.usefixtures("first")
def test_the_notebook_opens_what_the_job_left(project: Path, texts: tuple[Path, list[str]]) -> None:
    done = run_notebook(project / "data", store=False)
    shown = [output for cell in done.cells for output in cell.get("outputs", [])]
    assert texts[1][0] in "".join(output.get("text", "") for output in shown), "the first page's transcript is printed"
    assert sum("image/png" in output.get("data", {}) for output in shown) == 4, "a page, and three plots"


def test_the_notebook_is_committed_with_its_outputs() -> None:
    cells = json.loads((ROOT / "notebooks" / "corpus.ipynb").read_text(encoding="utf-8"))["cells"]
    assert [cell for cell in cells if cell.get("outputs")]
    assert str(Path.home()) not in json.dumps(cells)
    assert "Traceback" not in json.dumps(cells)


@pytest.mark.usefixtures("first")
def test_nothing_is_done_twice_and_a_change_redoes_only_what_depends_on_it(
    project: Path, params: tuple[str, ...], texts: tuple[Path, list[str]]
) -> None:
    before, results = shards(project), tables(project)
    assert {name.split("/")[0] for name in before} == set(SHARDED)
    again = run_job(project, *params, "runtime.lease_seconds=61")  # how the machine is used makes nothing anew
    assert again.code == 0, again.output
    assert shards(project) == before
    assert tables(project) == results
    for stage in STAGES:
        assert f"{stage}: {PAGES} of {PAGES} pages are done already" in again.output
    for node in TABLES:
        assert f"{node}: nothing that it is made from has changed" in again.output, again.output

    reference = texts[0] / "page00000.gt.txt"
    said = reference.read_text(encoding="utf-8")
    reference.write_text(f"{said.strip()}s\n", encoding="utf-8")
    changed = run_job(project, *params, "transcript.headers_and_footers=true")
    assert changed.code == 0, changed.output
    after = shards(project)
    assert after.keys() == before.keys()
    assert {name.split("/")[0] for name in after if after[name] != before[name]} == {"transcripts", "page_vectors"}
    assert f"recognition: {PAGES} of {PAGES} pages are done already" in changed.output
    assert "transcript: " not in changed.output
    assert not [node for node in TABLES if f"{node}: nothing that" in changed.output]
    assert json.loads((project / "metrics" / "benchmark.json").read_text())["cer"] > 0

    reference.write_text(said, encoding="utf-8")
    back = run_job(project, *params)
    assert back.code == 0, back.output
    assert shards(project) == before, "what another choice of options made is kept beside it"
    assert tables(project) == results


def test_a_limit_and_the_way_to_text_alone(params: tuple[str, ...], tmp_path: Path) -> None:
    made = copy_project(tmp_path / "project", mlflow=True)
    assert run_job(made, *params, "ingest.limit=3", arguments=("--pipeline", "ocr")).code == 0
    before = shards(made)
    assert {name.split("/")[0] for name in before} == set(SHARDED) - {"page_vectors"}
    assert len(rows(made, "transcripts")) == 3
    assert (made / "data/08_reporting/exports/ocr_results.jsonl").is_file()
    assert not list((made / "data").rglob("report.html"))

    assert run_job(made, *params, "ingest.limit=2", arguments=("--pipelines", "ocr")).code == 0
    after = shards(made)
    assert len(rows(made, "transcripts")) == 2
    assert len((made / "data/08_reporting/exports/ocr_results.jsonl").read_text().splitlines()) == 2
    assert len(list((made / "data/08_reporting/exports/markdown").glob("*.md"))) == 2
    assert after.items() < before.items()


def test_another_folder_does_not_replace_the_corpus(project: Path, first: Finished, tmp_path: Path) -> None:
    write_pages(tmp_path / "other" / "below", 1)
    before = rows(project, "transcripts")
    done = run_job(project, f"ingest.source={tmp_path / 'other'}", *QUICK)
    assert done.code == 2, done.output
    assert f"{PAGES} documents ({PAGES} pages)" in done.output
    assert "ingest.replace=true" in done.output
    assert rows(project, "transcripts") == before


def test_another_folder_has_its_corpus_beside_the_first(project: Path, first: Finished, tmp_path: Path) -> None:
    texts = write_pages(tmp_path / "other", 2, seed=7)
    before, kept = shards(project), {path: path.read_bytes() for path in (project / "metrics").glob("*.json")}
    done = run_job(project, f"ingest.source={tmp_path / 'other'}", "data=corpora/other", *QUICK)
    assert done.code == 0, done.output
    assert "corpora/other/08_reporting/report.html/" in done.output
    other = project / "corpora/other/08_reporting/exports/ocr_results.jsonl"
    assert sorted(json.loads(line)["text"].strip() for line in other.read_text().splitlines()) == sorted(texts)
    assert json.loads((project / "corpora/other/metrics/ingest.json").read_text())["pages"] == len(texts)
    assert shards(project) == before
    assert {path: path.read_bytes() for path in kept} == kept


def test_a_misspelt_option_is_refused_before_the_first_node(fresh: Path) -> None:
    refused(run_job(fresh, "ingest.sourc=/tmp"), fresh, "OptionError", "ingest", "sourc")


def test_a_wrong_value_is_refused_before_the_first_node(fresh: Path) -> None:
    refused(run_job(fresh, "ingest.dpi=7"), fresh, "OptionError", "dpi", "36")


@pytest.mark.parametrize("profile", ["b200", "l4"])
def test_a_gpu_profile_ends_at_once_where_its_backend_is_missing(fresh: Path, profile: str) -> None:
    refused(run_job(fresh, arguments=("--env", profile)), fresh, "BackendError: ")


def test_an_empty_folder_is_answered_with_advice(fresh: Path, tmp_path: Path) -> None:
    done = run_job(fresh, f"ingest.source={tmp_path}", *QUICK)
    refused(done, fresh, "SourceError: no documents in", str(tmp_path), "--params ingest.source=")


def test_a_missing_folder_is_answered_with_advice(fresh: Path, tmp_path: Path) -> None:
    done = run_job(fresh, f"ingest.source={tmp_path / 'nowhere'}", *QUICK)
    refused(done, fresh, "SourceError: ", str(tmp_path / "nowhere"), "does not exist", "--params ingest.source=")

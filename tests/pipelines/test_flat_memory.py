"""What the nodes after the shards hold for each page: numbers, and the rows of the table they make; no objects."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from benchmarks.made_corpus import fill
from benchmarks.scale import made

from ocr_project.domain.corpus import Corpus
from ocr_project.domain.options import BenchmarkOptions, RuntimeOptions
from ocr_project.domain.project import Project
from ocr_project.domain.schemas import ROW_TYPES
from ocr_project.engine.reporting.from_stages import CorpusTables, collect_report
from ocr_project.pipelines.benchmark.nodes import list_references, score_pages, tabulate_scores
from ocr_project.pipelines.benchmark.review import review_readings
from ocr_project.storage.lineages import LineageFolder
from ocr_project.storage.scratch import Scratch
from tests.whole_job import DOCUMENTS, SHARDED

_ROWS = ("Page", "Region", "Recognition", "Transcript", "Embedding")
FEW, MANY = 1_000, 2_000  # above the thousand rows of a table that are in memory at a time
# Bytes a page that Python holds at the most. As an object a page's row has 700 to 1,500, and its text more; found were
# 51 of the scores, 238 of their table (five rows a page, which are numbers and places), 132 of the report.
ALLOWED = {"scores": 150, "score_table": 320, "review": 100, "report": 200}


def traced(make: Callable[[], Any]) -> tuple[Any, int]:
    gc.collect()
    tracemalloc.start()
    try:
        return make(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def peaks(folder: Path, count: int) -> dict[str, int]:
    """Return what each node has at its peak, bytes."""
    project, source = made(folder, count)
    fill(project, source, 250)  # footers have some kB a shard
    shards = [
        LineageFolder(project / place, ROW_TYPES[row]) for place, row in zip(SHARDED.values(), _ROWS, strict=True)
    ]
    pages, regions, recognitions, transcripts, page_vectors = shards
    documents, options, runtime = pd.read_parquet(project / DOCUMENTS), BenchmarkOptions(), RuntimeOptions(workers=1)
    found = {}
    scratch = Scratch(folder / "scratch")
    references = list_references(scratch, documents, pages, options)
    scores, found["scores"] = traced(
        lambda: score_pages(scratch, pages, regions, recognitions, transcripts, references)
    )
    table, found["score_table"] = traced(lambda: tabulate_scores(scores, references, transcripts))
    (_, sure, _), found["review"] = traced(
        lambda: review_readings(
            scratch, pages, regions, recognitions, transcripts, documents, references, options, runtime
        )
    )
    none = pd.DataFrame(columns=["slice", "run", "other", "metric", "queries", "recognizer"])
    confidence = pd.read_parquet(sure.path)
    tables = CorpusTables(documents, references, scores, table, none, none, none, confidence, {}, str(source))
    corpus = Corpus(pages, regions, recognitions, transcripts, page_vectors)

    def report() -> None:
        made_of = collect_report(corpus, tables, Project(project, project / "data"), options, runtime)
        assert len(made_of.points) == count
        assert len(list(made_of.points)) == count
        assert sum(1 for _ in made_of.pages) == options.report_pages

    _, found["report"] = traced(report)
    return found


@pytest.mark.slow
def test_no_node_holds_an_object_for_each_page(tmp_path: Path) -> None:
    few, many = peaks(tmp_path / "few", FEW), peaks(tmp_path / "many", MANY)
    grown = {name: round((many[name] - few[name]) / (MANY - FEW)) for name in few}
    assert grown.keys() == ALLOWED.keys()
    assert {name: grown[name] for name in grown if grown[name] > ALLOWED[name]} == {}, grown

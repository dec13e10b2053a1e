"""Ranking metrics against the values that pytrec_eval gives on KoViDoRe's graded judgements."""

import csv
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ocr_project.domain.options import BenchmarkOptions
from ocr_project.domain.schemas import to_frame
from ocr_project.domain.types import Qrel, Query, Ranked
from ocr_project.engine.metrics import score_run
from ocr_project.pipelines.benchmark.retrieval import score_rankings, tabulate_retrieval
from ocr_project.storage.table_file import TableFile
from ocr_project.testing.fakes import MemoryShards

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
CUTOFFS = (1, 3, 5, 10, 20)
NAMES = {"map": "map", "mrr": "recip_rank"} | {
    f"{ours}@{k}": f"{theirs}_{k}" for ours, theirs in (("ndcg", "ndcg_cut"), ("recall", "recall")) for k in CUTOFFS
}


SKIPPED = pytest.mark.skipif(
    not SHARED.exists(), reason=f"{SHARED} is missing: the shared test data is not on this machine"
)
Golden = dict[str, Any]
Qrels = dict[str, dict[str, int]]


@pytest.fixture(params=["hr", "cybersecurity"])
def published(request: pytest.FixtureRequest) -> tuple[Golden, Qrels]:
    group = request.param
    golden = json.loads((SHARED / "golden" / "retrieval" / f"pytrec_{group}.json").read_text("utf-8"))
    qrels: Qrels = defaultdict(dict)
    with (SHARED / "retrieval_kovidore_v2" / group / "qrels.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            qrels[row["query-id"]][row["corpus-id"]] = int(row["score"])
    return golden, qrels


@pytest.mark.shared
@SKIPPED
def test_published_values(published: tuple[Golden, Qrels]) -> None:
    golden, qrels = published
    scores = score_run(qrels, golden["run"].items(), CUTOFFS, CUTOFFS)
    assert scores.keys() == golden["per_query"].keys()
    for query, expected in golden["per_query"].items():
        for ours, theirs in NAMES.items():
            assert scores[query][ours] == pytest.approx(expected[theirs], abs=1e-6), (query, ours)
    for ours, theirs in NAMES.items():
        mean = sum(values[ours] for values in scores.values()) / len(scores)
        assert mean == pytest.approx(golden["mean"][theirs], abs=1e-6)


@pytest.mark.shared
@SKIPPED
def test_published_means_come_out_of_the_pipeline(published: tuple[Golden, Qrels], tmp_path: Path) -> None:
    golden, qrels = published
    rankings = [
        Ranked("dense", query, page_id, place, score)
        for query, found in golden["run"].items()
        for place, (page_id, score) in enumerate(found.items(), start=1)
    ]
    judged = [Qrel(query, page_id, grade) for query, grades in qrels.items() for page_id, grade in grades.items()]
    queries = to_frame([Query(query, "") for query in qrels], Query)
    options = BenchmarkOptions(resamples=100, ndcg_cutoffs=CUTOFFS, recall_cutoffs=CUTOFFS)
    found_by = TableFile.written(tmp_path / "rankings.parquet", rankings, Ranked, {})
    scores = score_rankings(found_by, queries, to_frame(judged, Qrel), MemoryShards(), MemoryShards(), options)
    table, _ = tabulate_retrieval(scores, queries, options)
    found: pd.DataFrame = table[(table["run"] == "dense") & (table["slice"] == "all")]
    values = dict(zip(found["metric"], found["value"], strict=True))
    assert values.keys() == NAMES.keys()
    for ours, theirs in NAMES.items():
        assert values[ours] == pytest.approx(golden["mean"][theirs], abs=1e-6)
    assert (found["low"] <= found["value"]).all()
    assert (found["value"] <= found["high"]).all()

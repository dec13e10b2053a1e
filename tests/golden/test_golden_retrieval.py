"""Ranking metrics against the values that pytrec_eval gives on KoViDoRe's graded judgements."""

import csv
import json
from collections import defaultdict
from pathlib import Path

import pytest

from ocr_project.engine.metrics import score_run

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
NAMES = {"map": "map", "mrr": "recip_rank"} | {
    f"{ours}@{k}": f"{theirs}_{k}"
    for ours, theirs in (("ndcg", "ndcg_cut"), ("recall", "recall"))
    for k in (1, 3, 5, 10, 20)
}


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason=f"{SHARED} is missing: the shared test data is not on this machine")
@pytest.mark.parametrize("group", ["hr", "cybersecurity"])
def test_published_values(group: str) -> None:
    golden = json.loads((SHARED / "golden" / "retrieval" / f"pytrec_{group}.json").read_text("utf-8"))
    qrels: dict[str, dict[str, int]] = defaultdict(dict)
    with (SHARED / "retrieval_kovidore_v2" / group / "qrels.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            qrels[row["query-id"]][row["corpus-id"]] = int(row["score"])
    scores = score_run(qrels, golden["run"], (1, 3, 5, 10, 20))
    assert scores.keys() == golden["per_query"].keys()
    for query, expected in golden["per_query"].items():
        for ours, theirs in NAMES.items():
            assert scores[query][ours] == pytest.approx(expected[theirs], abs=1e-6), (query, ours)
    for ours, theirs in NAMES.items():
        mean = sum(values[ours] for values in scores.values()) / len(scores)
        assert mean == pytest.approx(golden["mean"][theirs], abs=1e-6)

"""Rankings and judgements to figures, and the same questions asked to several readings of the pages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest

from ocr_project.datasets import ShardFolder
from ocr_project.domain.errors import SourceError
from ocr_project.domain.options import BenchmarkOptions, SearchOptions
from ocr_project.domain.protocols import ShardSource
from ocr_project.domain.schemas import to_frame
from ocr_project.domain.types import Embedding, Qrel, Query, Ranked, Reference, ShardInfo, Status, Transcript
from ocr_project.engine.running.origins import origin_of
from ocr_project.pipelines.benchmark.nodes import measure_benchmark
from ocr_project.pipelines.benchmark.retrieval import compare_recognizers, score_rankings, tabulate_retrieval
from ocr_project.pipelines.retrieval.nodes import index_words, rank_pages
from ocr_project.storage.scratch import Scratch
from ocr_project.storage.table_file import TableFile
from ocr_project.storage.vector_index import write_index
from ocr_project.testing.fakes import MemoryShards

DOUBTS = pd.DataFrame({"page_id": ["a", "b"], "places": [3, 0]})
OPTIONS = BenchmarkOptions(resamples=200)
TEXTS = {
    "d_00001": "과징금을 부과할 수 있다",
    "d_00002": "민감정보를 처리하여서는 아니 된다",
    "d_00003": "빗물이용시설의 설치비",
}
QUERIES = [
    Query("q1", "과징금 부과", "text", "law"),
    Query("q2", "민감정보 처리", "visual", "law"),
    Query("q3", "빗물 시설", "text"),
    Query("q4", "대답이 없는 물음", "text", "law"),
]
QRELS = [
    Qrel("q1", "d_00001", 2),
    Qrel("q2", "d_00002", 1),
    Qrel("q2", "d_00003", 1),
    Qrel("q3", "d_00003", 1),
]
VECTORS = {page_id: vector for page_id, vector in zip(TEXTS, np.eye(3, dtype=np.float32), strict=True)}


def pages(texts: dict[str, str]) -> list[Transcript]:
    return [
        Transcript(page_id, "d" if n < 3 else "e", "d.pdf", "", n, text, "")
        for n, (page_id, text) in enumerate(texts.items(), 1)
    ]


def shards(rows: list[Transcript] | list[Embedding]) -> MemoryShards:
    return MemoryShards({"a": (ShardInfo("a", "k", "a", len(rows), items=len(rows)), rows)})


VECTOR_SHARDS = shards([Embedding(name, "page", "text", vector) for name, vector in VECTORS.items()])


@pytest.fixture
def rankings(tmp_path: Path) -> tuple[TableFile, dict[str, float]]:
    write_index(tmp_path / "pages", rows=VECTOR_SHARDS, origin=origin_of(VECTOR_SHARDS))
    words = index_words(shards(pages(TEXTS)), tmp_path / "none", Scratch(tmp_path / "scratch"), SearchOptions())
    answers = dict(zip(("q1", "q2"), (VECTORS["d_00002"], VECTORS["d_00002"]), strict=True))
    rows = [Embedding(name, "query", "text", vector) for name, vector in answers.items()]
    vectors = TableFile.written(tmp_path / "query_vectors.parquet", rows, Embedding, {}, 1)
    none, read = MemoryShards(), shards(pages(TEXTS))
    asked = to_frame(QUERIES, Query)
    return rank_pages(
        Scratch(tmp_path),
        tmp_path / "pages",
        words,
        asked,
        vectors,
        none,
        none,
        none,
        read,
        VECTOR_SHARDS,
        SearchOptions(),
    )


def value(table: pd.DataFrame, **where: str) -> float:
    for column, wanted in where.items():
        table = table[table[column] == wanted]
    assert len(table) == 1
    return float(table["value"].iloc[0])


def test_every_question_is_ranked_by_every_search(rankings: tuple[TableFile, dict[str, float]]) -> None:
    rows = list(rankings[0].rows(Ranked))
    first = {(row.run, row.query_id): row.page_id for row in rows if row.place == 1}
    assert first["dense", "q1"] == "d_00002"
    assert first["lexical", "q1"] == "d_00001"
    assert first["lexical", "q3"] == first["fusion", "q3"] == "d_00003"
    assert ("dense", "q3") not in first  # it has no vector
    for run in ("dense", "lexical", "fusion"):
        places = [row.place for row in rows if (row.run, row.query_id) == (run, "q2")]
        assert places == list(range(1, len(places) + 1))
    measured = rankings[1]
    assert (measured["queries"], measured["pages"]) == (4, 3)
    assert measured["terms"] > 10


def test_scores_by_search_kind_and_difference(rankings: tuple[TableFile, dict[str, float]]) -> None:
    queries, qrels = to_frame(QUERIES, Query), to_frame(QRELS, Qrel)
    scores = score_rankings(rankings[0], queries, qrels, shards(pages(TEXTS)), VECTOR_SHARDS, OPTIONS)
    assert set(scores["query_id"]) == {"q1", "q2", "q3"}  # q4 has no judgement
    table, differences = tabulate_retrieval(scores, queries, OPTIONS)
    assert value(table, run="lexical", slice="all", metric="mrr") == 1.0
    assert value(table, run="dense", slice="all", metric="recall@1") == pytest.approx((0 + 0.5 + 0) / 3)
    assert value(table, run="dense", slice="type=text", metric="recall@1") == 0.0
    assert set(table["slice"]) == {"all", "type=text", "type=visual", "domain=law"}
    counts = table.drop_duplicates("slice").set_index("slice")["queries"].to_dict()
    assert counts == {"all": 3, "type=text": 2, "type=visual": 1, "domain=law": 2}
    whole = differences[(differences["slice"] == "all") & (differences["metric"] == "recall@1")]
    assert list(zip(whole["run"], whole["other"], strict=True)) == [
        ("dense", "lexical"),
        ("dense", "fusion"),
        ("lexical", "fusion"),
    ]
    assert whole["difference"].iloc[0] == pytest.approx(0.5 / 3 - 2.5 / 3)
    assert whole["better"].iloc[0] < 0.05
    alone = table[table["slice"] == "type=visual"]
    assert alone["low"].isna().all()


def test_a_search_that_finds_nothing_scores_nothing_and_is_there(tmp_path: Path) -> None:
    nothing_found = TableFile.written(tmp_path / "rankings.parquet", [], Ranked, {})
    queries, qrels = to_frame(QUERIES, Query), to_frame(QRELS, Qrel)
    scores = score_rankings(nothing_found, queries, qrels, MemoryShards(), MemoryShards(), OPTIONS)
    assert set(scores["run"]) == {"dense", "lexical", "fusion"}
    assert not scores["value"].any()


def test_without_questions_or_judgements_all_tables_are_empty(tmp_path: Path) -> None:
    nothing_found = TableFile.written(tmp_path / "rankings.parquet", [], Ranked, {})
    nothing_known = TableFile.written(tmp_path / "references.parquet", [], Reference, {})
    none, asked = to_frame([], Query), to_frame(QUERIES, Query)
    for queries, qrels in ((none, to_frame(QRELS, Qrel)), (asked, to_frame([], Qrel)), (none, to_frame([], Qrel))):
        scores = score_rankings(nothing_found, queries, qrels, MemoryShards(), MemoryShards(), OPTIONS)
        table, differences = tabulate_retrieval(scores, queries, OPTIONS)
        found = compare_recognizers(shards(pages(TEXTS)), {}, nothing_known, queries, qrels, OPTIONS, SearchOptions())
        assert len(scores) == len(table) == len(differences) == len(found) == 0
        assert "metric" in found.columns
    empty = pd.DataFrame(columns=["level", "name", "reference", "metric", "rate", "low", "high"])
    for_mlflow, for_dvc = measure_benchmark(empty, table, found, DOUBTS)
    assert for_mlflow == {"gold": 0.0, "review.places": 3.0, "review.pages": 1.0}
    assert for_dvc == {"doubts": 3.0}


def compare(texts: dict[str, str], others: dict[str, ShardSource], references: dict[str, str]) -> pd.DataFrame:
    rows = [Reference(name, text, "gold") for name, text in references.items()]
    queries, qrels = to_frame(QUERIES, Query), to_frame(QRELS, Qrel)
    with TemporaryDirectory() as folder:
        known = TableFile.written(Path(folder) / "references.parquet", rows, Reference, {})
        return compare_recognizers(shards(pages(texts)), others, known, queries, qrels, OPTIONS, SearchOptions())


def test_better_reading_finds_more() -> None:
    bad = pages({"d_00001": "파징굼을 무과", "d_00002": "", "d_00003": TEXTS["d_00003"]})
    bad[1] = replace(bad[1], text="민감정보를 처리", status=Status.FAILED)  # what a failed page says does not count
    found = compare({**TEXTS, "d_00001": "과징금을 무과할 수 있다"}, {"bad": shards(bad)}, TEXTS)
    rates = {name: value(found, recognizer=name, metric="cer_no_space") for name in set(found["recognizer"])}
    assert rates["reference text"] == 0 < rates["this run"] < rates["bad"]
    mrr = {name: value(found, recognizer=name, metric="mrr") for name in rates}
    assert mrr == pytest.approx({"reference text": 1.0, "this run": 1.0, "bad": 1 / 3})
    row = found[(found["recognizer"] == "bad") & (found["metric"] == "mrr")].iloc[0]
    assert row["difference"] == pytest.approx(-2 / 3)
    assert row["better"] < 0.05
    assert row["count"] == 3
    assert found[found["recognizer"] == "this run"]["difference"].isna().all()
    flat, _ = measure_benchmark(
        pd.DataFrame(columns=["level", "reference"]), pd.DataFrame(columns=["slice"]), found, DOUBTS
    )
    assert {name.rpartition(".")[2] for name in flat if name.startswith("reading.bad.")} == {
        *("cer_no_space", "ndcg_at_10", "recall_at_10")
    }, "one column a metric in MLflow's table; the other places are in the table of recognizers"


def test_a_page_without_reference_stands_with_what_was_read() -> None:
    found = compare(TEXTS, {}, {"d_00001": "전혀 다른 글"})
    assert value(found, recognizer="reference text", metric="mrr") == pytest.approx(2 / 3)
    assert value(found, recognizer="this run", metric="mrr") == 1.0
    assert set(found[found["metric"] == "cer_no_space"]["count"]) == {1}


def test_without_references_there_is_no_error_rate() -> None:
    found = compare(TEXTS, {}, {})
    assert set(found["recognizer"]) == {"this run"}
    assert "cer_no_space" not in set(found["metric"])


def test_a_folder_without_transcripts_is_answered_with_advice(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"benchmark\.compare\.other: no transcripts.*data/03_primary/transcripts"):
        compare(TEXTS, {"other": ShardFolder(tmp_path / "nowhere", Transcript)}, TEXTS)

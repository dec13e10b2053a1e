"""Transcripts and references to scores and a report."""

from __future__ import annotations

from kedro.pipeline import Pipeline, node, pipeline

from ocr_project.engine.running.stage_metrics import tabulate_shards
from ocr_project.pipelines.benchmark.nodes import (
    list_qrels,
    list_references,
    measure_benchmark,
    score_pages,
    tabulate_scores,
)
from ocr_project.pipelines.benchmark.report import build_report, gather_corpus, name_tables
from ocr_project.pipelines.benchmark.retrieval import compare_recognizers, score_rankings, tabulate_retrieval


def create_pipeline() -> Pipeline:
    """Return the stage `benchmark`: scores, their tables, those of retrieval, shard_table, report, metrics."""
    return pipeline(
        [
            node(list_references, ["documents", "pages", "params:benchmark"], "references"),
            node(score_pages, ["transcripts", "references"], "scores"),
            node(tabulate_scores, ["scores", "references", "transcripts", "params:benchmark"], "score_table"),
            node(list_qrels, ["documents", "params:benchmark", "params:ingest"], "qrels"),
            node(score_rankings, ["rankings", "queries", "qrels", "params:benchmark"], "retrieval_scores"),
            node(
                tabulate_retrieval,
                ["retrieval_scores", "queries", "params:benchmark"],
                ["retrieval_table", "search_table"],
            ),
            node(
                compare_recognizers,
                ["transcripts", "references", "queries", "qrels", "params:benchmark", "params:search"],
                "recognizer_table",
            ),
            node(measure_benchmark, ["score_table", "retrieval_table", "recognizer_table"], "benchmark_metrics"),
            node(
                gather_corpus,
                ["params:runtime", "pages", "regions", "recognitions", "transcripts", "page_vectors"],
                "corpus",
            ),
            node(
                tabulate_shards,
                ["params:runtime", "pages", "regions", "recognitions", "transcripts", "page_vectors"],
                "shard_table",
            ),
            node(name_tables, ["score_table", "retrieval_table", "search_table", "recognizer_table"], "tables"),
            node(
                build_report,
                ["corpus", "documents", "references", "scores", "tables", "params:benchmark"],
                "report",
            ),
        ],
        tags="benchmark",
    )

"""Transcripts and references to scores and a report."""

from __future__ import annotations

from kedro.pipeline import Pipeline, node, pipeline

from ocr_project.engine.measures import tabulate_shards
from ocr_project.pipelines.benchmark.nodes import (
    evaluate_retrieval,
    list_qrels,
    list_references,
    measure_benchmark,
    score_pages,
    tabulate_scores,
)
from ocr_project.pipelines.benchmark.report import build_report, gather_corpus, name_tables


def create_pipeline() -> Pipeline:
    """Return the stage `benchmark`: scores, score_table, retrieval_table, shard_table, report, benchmark_metrics."""
    return pipeline(
        [
            node(list_references, ["documents", "pages", "params:benchmark"], "references"),
            node(score_pages, ["transcripts", "references"], "scores"),
            node(tabulate_scores, ["scores", "references", "transcripts", "params:benchmark"], "score_table"),
            node(list_qrels, ["documents", "params:benchmark", "params:ingest"], "qrels"),
            node(
                evaluate_retrieval,
                ["page_index", "query_vectors", "qrels", "params:benchmark"],
                "retrieval_table",
            ),
            node(measure_benchmark, ["score_table", "retrieval_table"], "benchmark_metrics"),
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
            node(name_tables, ["score_table", "retrieval_table"], "tables"),
            node(
                build_report,
                ["corpus", "documents", "references", "scores", "tables", "params:benchmark"],
                "report",
            ),
        ],
        tags="benchmark",
    )

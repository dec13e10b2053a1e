"""Transcripts and references to scores and a report."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline, node, pipeline

from ocr_project.pipelines.benchmark.nodes import (
    list_qrels,
    list_references,
    measure_benchmark,
    score_pages,
    tabulate_all_shards,
    tabulate_scores,
    write_run_report,
)
from ocr_project.pipelines.benchmark.retrieval import compare_recognizers, score_rankings, tabulate_retrieval
from ocr_project.pipelines.benchmark.review import review_readings

_OPTIONS = "params:benchmark"
_SHARDS = ("pages", "regions", "recognitions", "transcripts", "page_vectors")
_TABLES = ("score_table", "retrieval_table", "search_table", "recognizer_table")


def create_pipeline() -> Pipeline:
    """Return the stage `benchmark`: scores, their tables, those of retrieval, shard_table, review, report, metrics."""
    return pipeline([*_reading(), *_retrieval(), *_reporting()], tags="benchmark")


def _reading() -> list[Node]:
    """Return what asks how well the pages were read."""
    return [
        node(
            list_references,
            inputs={**{name: name for name in ("scratch", "documents", "pages", "earlier")}, "options": _OPTIONS},
            outputs="references",
            name="list_references",
        ),
        node(
            score_pages,
            inputs={name: name for name in ("scratch", *_SHARDS[:-1], "references", "earlier")},
            outputs="scores",
            name="score_pages",
        ),
        node(
            tabulate_scores,
            inputs={name: name for name in ("scores", "references", "transcripts", "earlier")},
            outputs="score_table",
            name="tabulate_scores",
        ),
    ]


def _retrieval() -> list[Node]:
    """Return what asks how well pages are found."""
    return [
        node(
            list_qrels,
            inputs={"source": "source", "documents": "documents", "options": _OPTIONS},
            outputs="qrels",
            name="list_qrels",
        ),
        node(
            score_rankings,
            inputs={
                **{name: name for name in ("rankings", "queries", "qrels", "transcripts", "page_vectors", "earlier")},
                "options": _OPTIONS,
            },
            outputs="retrieval_scores",
            name="score_rankings",
        ),
        node(
            tabulate_retrieval,
            inputs={**{name: name for name in ("retrieval_scores", "queries", "earlier")}, "options": _OPTIONS},
            outputs=["retrieval_table", "search_table"],
            name="tabulate_retrieval",
        ),
        node(
            compare_recognizers,
            inputs={
                **{name: name for name in ("transcripts", "other_transcripts", "references", "queries", "qrels")},
                "options": _OPTIONS,
                "search": "params:search",
                "earlier": "earlier",
            },
            outputs="recognizer_table",
            name="compare_recognizers",
        ),
    ]


def _reporting() -> list[Node]:
    return [
        node(
            review_readings,
            inputs={
                "scratch": "scratch",
                **{name: name for name in (*_SHARDS[:-1], "documents", "references", "earlier")},
                "options": _OPTIONS,
                "runtime": "params:runtime",
            },
            outputs=["review", "confidence_table", "review_page"],
            name="review_readings",
        ),
        node(
            measure_benchmark,
            inputs={name: name for name in ("score_table", "retrieval_table", "recognizer_table", "confidence_table")},
            outputs=["benchmark_metrics", "headline"],
            name="measure_benchmark",
        ),
        node(
            tabulate_all_shards,
            inputs={**{name: name for name in _SHARDS}, "runtime": "params:runtime"},
            outputs="shard_table",
            name="tabulate_shards",
        ),
        node(
            write_run_report,
            inputs={
                "scratch": "scratch",
                "project": "project",
                **{
                    name: name
                    for name in (
                        *_SHARDS,
                        *("documents", "references", "scores", *_TABLES, "confidence_table", "source", "exports"),
                    )
                },
                "options": _OPTIONS,
                "runtime": "params:runtime",
                "earlier": "earlier",
            },
            outputs="report",
            name="write_report",
        ),
    ]

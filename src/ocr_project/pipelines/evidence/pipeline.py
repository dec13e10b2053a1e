"""Scores of test sets to evidence."""

from __future__ import annotations

from kedro.pipeline import Pipeline, node, pipeline

from ocr_project.bench.report.from_records import build_page
from ocr_project.bench.results.recording import keep_record, record_run
from ocr_project.bench.results.run_tables import judge_run, measure_evidence, tabulate_answers, tabulate_scores

_BOX = "testset_evidence"


def create_pipeline() -> Pipeline:
    """Return the end of the lane of the test sets: benchmark_run, the tables, benchmark_page, evidence_metrics."""
    return pipeline(
        [
            node(
                record_run,
                ["testset_shards", "testset_scores", "params:benchmark", "params:runtime"],
                "testset_record",
                namespace=_BOX,
            ),
            node(keep_record, "testset_record", "benchmark_run", namespace=_BOX),
            node(
                tabulate_scores,
                ["testset_record", "params:benchmark"],
                "testset_table",
                name="tabulate_testset_scores",
                namespace=_BOX,
            ),
            node(tabulate_answers, "testset_record", "answer_table", namespace=_BOX),
            node(judge_run, ["testset_record", "params:benchmark"], "gate_table", namespace=_BOX),
            node(
                measure_evidence,
                ["testset_table", "answer_table", "testset_record"],
                "evidence_metrics",
                namespace=_BOX,
            ),
            node(
                build_page,
                [
                    "testset_record",
                    "testset_table",
                    "answer_table",
                    "testset_shards",
                    "params:benchmark",
                    "params:runtime",
                ],
                "benchmark_page",
                namespace=_BOX,
            ),
        ],
        tags="testsets",
    )

"""The report of test sets as one HTML file: `write_benchmark_report` and the data that it is written from."""

from ocr_project.bench.report.model import (
    MOST_RUNS,
    AnswerLine,
    AnswerView,
    BenchmarkReport,
    CellView,
    Content,
    GateLine,
    ItemCard,
    PairLine,
    Point,
    RunColumn,
    Scatter,
    ScoreLine,
    Value,
)
from ocr_project.bench.report.page import write_benchmark_report

__all__ = [
    "MOST_RUNS",
    "AnswerLine",
    "AnswerView",
    "BenchmarkReport",
    "CellView",
    "Content",
    "GateLine",
    "ItemCard",
    "PairLine",
    "Point",
    "RunColumn",
    "Scatter",
    "ScoreLine",
    "Value",
    "write_benchmark_report",
]

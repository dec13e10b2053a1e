"""What the main job itself reports: pure functions that return counts, so that pages and shards add up.

text          CER with and without white space, word F1, WER, NED; `score_page`: all of them
normalize     the form in which reference and hypothesis are compared
diff          where two texts differ, in pieces that a person can read
retrieval     nDCG@k, Recall@k, MRR, MAP
latency       percentiles of times
intervals     between what ends a rate lies: each document is left out once
resampling    rates with their intervals, and paired comparisons: whole documents are drawn

Metrics of the public test sets are in `ocr_project.bench.metrics`.
"""

from ocr_project.engine.metrics.diff import Span, diff
from ocr_project.engine.metrics.latency import percentiles
from ocr_project.engine.metrics.normalize import normalize, strip_spaces
from ocr_project.engine.metrics.resampling import (
    Differences,
    Draws,
    Estimates,
    Interval,
    estimate_differences,
    estimate_rate,
    estimate_rates,
    holm,
)
from ocr_project.engine.metrics.retrieval import rank, score_query, score_run
from ocr_project.engine.metrics.text import Counts, cer, cer_no_space, ned, score_page, wer, word_f1

__all__ = [
    "Counts",
    "Differences",
    "Draws",
    "Estimates",
    "Interval",
    "Span",
    "cer",
    "cer_no_space",
    "diff",
    "estimate_differences",
    "estimate_rate",
    "estimate_rates",
    "holm",
    "ned",
    "normalize",
    "percentiles",
    "rank",
    "score_page",
    "score_query",
    "score_run",
    "strip_spaces",
    "wer",
    "word_f1",
]

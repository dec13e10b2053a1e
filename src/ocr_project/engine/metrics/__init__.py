"""How good it is: pure functions that return counts.

normalize, strip_spaces                  the form in which texts are compared
cer, cer_no_space, wer, ned, score_page  error counts of text
diff                                     where two texts differ, for people
rank, score_query, score_run             nDCG@k, Recall@k, MRR, MAP
bootstrap_rate                           a rate with its interval over documents
tabulate_test_sets                       rates by test set, metric and slice, with intervals
compare_test_sets, adjust_pairs          recognizers compared on the same items; Holm's correction
judge_quality, judge_speed, settle       whether a run is worse than a baseline beyond doubt
metric_of, title_of, reading_of          what a metric of the test sets is
"""

from ocr_project.engine.metrics.bootstrap import Interval, bootstrap_rate
from ocr_project.engine.metrics.catalog import by_weight, metric_of, reading_of, title_of
from ocr_project.engine.metrics.diff import Span, diff
from ocr_project.engine.metrics.gate import Tolerances, judge_quality, judge_speed, settle
from ocr_project.engine.metrics.latency import percentiles
from ocr_project.engine.metrics.normalize import normalize, strip_spaces
from ocr_project.engine.metrics.resampling import estimate_differences, estimate_rates, holm
from ocr_project.engine.metrics.retrieval import rank, score_query, score_run
from ocr_project.engine.metrics.score_tables import Draws, adjust_pairs, compare_test_sets, tabulate_test_sets
from ocr_project.engine.metrics.text import Counts, cer, cer_no_space, ned, score_page, wer

__all__ = [
    "Counts",
    "Draws",
    "Interval",
    "Span",
    "Tolerances",
    "adjust_pairs",
    "bootstrap_rate",
    "by_weight",
    "cer",
    "cer_no_space",
    "compare_test_sets",
    "diff",
    "estimate_differences",
    "estimate_rates",
    "holm",
    "judge_quality",
    "judge_speed",
    "metric_of",
    "ned",
    "normalize",
    "percentiles",
    "rank",
    "reading_of",
    "score_page",
    "score_query",
    "score_run",
    "settle",
    "strip_spaces",
    "tabulate_test_sets",
    "title_of",
    "wer",
]

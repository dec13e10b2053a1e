"""How good it is: pure functions that return counts.

normalize, strip_spaces                  the form in which texts are compared
cer, cer_no_space, wer, ned, score_page  error counts of text
diff                                     where two texts differ, for people
rank, score_query, score_run             nDCG@k, Recall@k, MRR, MAP
bootstrap_rate                           a rate with its interval over documents
PairedMeans                              means over questions, and the difference of two of them
"""

from ocr_project.engine.metrics.bootstrap import Interval, bootstrap_rate
from ocr_project.engine.metrics.diff import Span, diff
from ocr_project.engine.metrics.normalize import normalize, strip_spaces
from ocr_project.engine.metrics.paired import Difference, PairedMeans
from ocr_project.engine.metrics.retrieval import rank, score_query, score_run
from ocr_project.engine.metrics.text import Counts, cer, cer_no_space, ned, score_page, wer

__all__ = [
    "Counts",
    "Difference",
    "Interval",
    "PairedMeans",
    "Span",
    "bootstrap_rate",
    "cer",
    "cer_no_space",
    "diff",
    "ned",
    "normalize",
    "rank",
    "score_page",
    "score_query",
    "score_run",
    "strip_spaces",
    "wer",
]

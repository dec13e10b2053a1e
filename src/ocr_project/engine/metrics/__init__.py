"""How good it is: pure functions that return counts.

normalize, strip_spaces                  the form in which texts are compared
cer, cer_no_space, wer, ned, score_page  error counts of text
diff                                     where two texts differ, for people
rank, score_query, score_run             nDCG@k, Recall@k, MRR, MAP
bootstrap_rate                           a rate with its interval over documents
PairedMeans                              means over questions, and the difference of two of them
canonical_text, match_*, closest         texts whose marks do not count, the accepted forms
bleu, corpus_bleu                        BLEU of sacrebleu
anls, anls_star, contains_answer …       answers to questions; the rules of OCRBench
field_f1                                 key information, field by field
formula_edit, canonical_formula …        formulas without drawing them
cdm                                      formulas drawn, and their characters matched
run_test                                 olmOCR-bench's unit tests of a page
tabulate_test_sets                       rates by test set, metric and slice, with intervals
compare_test_sets, adjust_pairs          recognizers compared on the same items; Holm's correction
judge_quality, judge_speed, settle       whether a run is worse than a baseline beyond doubt
metric_of, title_of, reading_of          what a metric of the test sets is
field_f1, tree_accuracy, read_fields     key information, field by field and as trees
"""

from ocr_project.engine.metrics.answers import (
    anls,
    anls_star,
    choice_matches,
    contains_answer,
    contains_or_similar,
    count_score,
    formula_contained,
)
from ocr_project.engine.metrics.bleu import bleu, corpus_bleu
from ocr_project.engine.metrics.bootstrap import Interval, bootstrap_rate
from ocr_project.engine.metrics.canonical import (
    any_match,
    canonical_text,
    closest,
    loose,
    match_exact,
    match_normalized,
    match_similar,
)
from ocr_project.engine.metrics.catalog import by_weight, metric_of, reading_of, title_of
from ocr_project.engine.metrics.cdm import CdmResult, cdm
from ocr_project.engine.metrics.diff import Span, diff
from ocr_project.engine.metrics.field_trees import read_fields, tree_accuracy
from ocr_project.engine.metrics.fields import FieldCounts, documents_right, field_f1
from ocr_project.engine.metrics.formula import (
    canonical_formula,
    formula_edit,
    formula_edit_characters,
    formula_exact,
    strip_formula_spaces,
)
from ocr_project.engine.metrics.gate import Tolerances, judge_quality, judge_speed, settle
from ocr_project.engine.metrics.latency import percentiles
from ocr_project.engine.metrics.normalize import normalize, strip_spaces
from ocr_project.engine.metrics.ocrbench import score_ocrbench_v2
from ocr_project.engine.metrics.olmocr import TestResult, run_test
from ocr_project.engine.metrics.paired import Difference, PairedMeans
from ocr_project.engine.metrics.resampling import estimate_differences, estimate_rates, holm
from ocr_project.engine.metrics.retrieval import rank, score_query, score_run
from ocr_project.engine.metrics.score_tables import Draws, adjust_pairs, compare_test_sets, tabulate_test_sets
from ocr_project.engine.metrics.text import Counts, cer, cer_no_space, ned, score_page, wer

__all__ = [
    "CdmResult",
    "Counts",
    "Difference",
    "Draws",
    "FieldCounts",
    "Interval",
    "PairedMeans",
    "Span",
    "TestResult",
    "Tolerances",
    "adjust_pairs",
    "anls",
    "anls_star",
    "any_match",
    "bleu",
    "bootstrap_rate",
    "by_weight",
    "canonical_formula",
    "canonical_text",
    "cdm",
    "cer",
    "cer_no_space",
    "choice_matches",
    "closest",
    "compare_test_sets",
    "contains_answer",
    "contains_or_similar",
    "corpus_bleu",
    "count_score",
    "diff",
    "documents_right",
    "estimate_differences",
    "estimate_rates",
    "field_f1",
    "formula_contained",
    "formula_edit",
    "formula_edit_characters",
    "formula_exact",
    "holm",
    "judge_quality",
    "judge_speed",
    "loose",
    "match_exact",
    "match_normalized",
    "match_similar",
    "metric_of",
    "ned",
    "normalize",
    "percentiles",
    "rank",
    "read_fields",
    "reading_of",
    "run_test",
    "score_ocrbench_v2",
    "score_page",
    "score_query",
    "score_run",
    "settle",
    "strip_formula_spaces",
    "strip_spaces",
    "tabulate_test_sets",
    "title_of",
    "tree_accuracy",
    "wer",
]

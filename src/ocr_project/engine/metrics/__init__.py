"""How good it is: pure functions that return counts.

normalize, strip_spaces                  the form in which texts are compared
cer, cer_no_space, wer, ned, score_page  error counts of text; cer_pages: of many pages on several cores
diff                                     where two texts differ, for people
rank, score_query, score_run             nDCG@k, Recall@k, MRR, MAP
teds, canonical_table                    tables: PubTabNet's definition, and the form in which equal tables are equal
nid, page_teds, mhs                      Markdown pages: opendataloader-bench's definitions
dp_bench_nid, dp_bench_teds              pages as Upstage's DP-Bench scores them
metrics.omnidocbench                     a package: OmniDocBench's protocol, a page's Markdown against its JSON
layout_map, order_edit, order_inversions regions found, and their order
bootstrap_rate                           a rate with its interval over documents
PairedMeans                              means over questions, and the difference of two of them
canonical_text, match_*, closest         texts whose marks do not count, the accepted forms
bleu, corpus_bleu                        BLEU of sacrebleu
anls, anls_star, contains_answer …       answers to questions
score_ocrbench_v2                        a package: OCRBench v2, a rule for each of its types
field_f1                                 key information, field by field
formula_edit, canonical_formula …        formulas without drawing them
cdm                                      formulas drawn, and their characters matched
run_test, metrics.olmocr                 a package: olmOCR-bench's unit tests of a page, formulas drawn by KaTeX
tabulate_test_sets                       rates by test set, metric and slice, with intervals
Composite, composites_of_items           means of means: Overall and its like, in all of these tables
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
from ocr_project.engine.metrics.composites import COMPOSITES, Composite, Part, composites_of_items
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
from ocr_project.engine.metrics.layout import AveragePrecision, LayoutBox, layout_map, order_edit, order_inversions
from ocr_project.engine.metrics.normalize import normalize, strip_spaces
from ocr_project.engine.metrics.ocrbench import MissingWords, answered_in_words, score_ocrbench_v2
from ocr_project.engine.metrics.olmocr import TestResult, run_test
from ocr_project.engine.metrics.opendataloader import mhs, nid, page_teds
from ocr_project.engine.metrics.paired import Difference, PairedMeans
from ocr_project.engine.metrics.resampling import Draws, estimate_differences, estimate_rates, holm
from ocr_project.engine.metrics.retrieval import rank, score_query, score_run
from ocr_project.engine.metrics.score_tables import adjust_pairs, compare_test_sets, tabulate_test_sets
from ocr_project.engine.metrics.tables import (
    TreeTooLarge,
    canonical_table,
    dp_bench_nid,
    dp_bench_teds,
    tables_to_html,
    teds,
)
from ocr_project.engine.metrics.text import Counts, cer, cer_no_space, cer_pages, ned, score_page, wer

__all__ = [
    "COMPOSITES",
    "AveragePrecision",
    "CdmResult",
    "Composite",
    "Counts",
    "Difference",
    "Draws",
    "FieldCounts",
    "Interval",
    "LayoutBox",
    "MissingWords",
    "PairedMeans",
    "Part",
    "Span",
    "TestResult",
    "Tolerances",
    "TreeTooLarge",
    "adjust_pairs",
    "anls",
    "anls_star",
    "answered_in_words",
    "any_match",
    "bleu",
    "bootstrap_rate",
    "by_weight",
    "canonical_formula",
    "canonical_table",
    "canonical_text",
    "cdm",
    "cer",
    "cer_no_space",
    "cer_pages",
    "choice_matches",
    "closest",
    "compare_test_sets",
    "composites_of_items",
    "contains_answer",
    "contains_or_similar",
    "corpus_bleu",
    "count_score",
    "diff",
    "documents_right",
    "dp_bench_nid",
    "dp_bench_teds",
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
    "layout_map",
    "loose",
    "match_exact",
    "match_normalized",
    "match_similar",
    "metric_of",
    "mhs",
    "ned",
    "nid",
    "normalize",
    "order_edit",
    "order_inversions",
    "page_teds",
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
    "tables_to_html",
    "tabulate_test_sets",
    "teds",
    "title_of",
    "tree_accuracy",
    "wer",
]

"""How good it is: pure functions that return counts.

normalize, strip_spaces                  the form in which texts are compared
cer, cer_no_space, wer, ned, score_page  error counts of text
diff                                     where two texts differ, for people
rank, score_query, score_run             nDCG@k, Recall@k, MRR, MAP
bootstrap_rate                           a rate with its interval over documents
canonical_text, match_*, closest         texts whose marks do not count, the accepted forms
bleu, corpus_bleu                        BLEU of sacrebleu
anls, anls_star, contains_answer …       answers to questions; the rules of OCRBench
field_f1, tree_accuracy, read_fields     key information, field by field and as trees
formula_edit, canonical_formula …        formulas without drawing them
cdm                                      formulas drawn, and their characters matched
run_test                                 olmOCR-bench's unit tests of a page
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
from ocr_project.engine.metrics.normalize import normalize, strip_spaces
from ocr_project.engine.metrics.ocrbench import score_ocrbench_v2
from ocr_project.engine.metrics.olmocr import TestResult, run_test
from ocr_project.engine.metrics.retrieval import rank, score_query, score_run
from ocr_project.engine.metrics.text import Counts, cer, cer_no_space, ned, score_page, wer

__all__ = [
    "CdmResult",
    "Counts",
    "FieldCounts",
    "Interval",
    "Span",
    "TestResult",
    "anls",
    "anls_star",
    "any_match",
    "bleu",
    "bootstrap_rate",
    "canonical_formula",
    "canonical_text",
    "cdm",
    "cer",
    "cer_no_space",
    "choice_matches",
    "closest",
    "contains_answer",
    "contains_or_similar",
    "corpus_bleu",
    "count_score",
    "diff",
    "documents_right",
    "field_f1",
    "formula_contained",
    "formula_edit",
    "formula_edit_characters",
    "formula_exact",
    "loose",
    "match_exact",
    "match_normalized",
    "match_similar",
    "ned",
    "normalize",
    "rank",
    "read_fields",
    "run_test",
    "score_ocrbench_v2",
    "score_page",
    "score_query",
    "score_run",
    "strip_formula_spaces",
    "strip_spaces",
    "tree_accuracy",
    "wer",
]

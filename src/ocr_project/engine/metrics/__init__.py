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
"""

from ocr_project.engine.metrics.bootstrap import Interval, bootstrap_rate
from ocr_project.engine.metrics.diff import Span, diff
from ocr_project.engine.metrics.layout import AveragePrecision, LayoutBox, layout_map, order_edit, order_inversions
from ocr_project.engine.metrics.normalize import normalize, strip_spaces
from ocr_project.engine.metrics.opendataloader import mhs, nid, page_teds
from ocr_project.engine.metrics.retrieval import rank, score_query, score_run
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
    "AveragePrecision",
    "Counts",
    "Interval",
    "LayoutBox",
    "Span",
    "TreeTooLarge",
    "bootstrap_rate",
    "canonical_table",
    "cer",
    "cer_no_space",
    "cer_pages",
    "diff",
    "dp_bench_nid",
    "dp_bench_teds",
    "layout_map",
    "mhs",
    "ned",
    "nid",
    "normalize",
    "order_edit",
    "order_inversions",
    "page_teds",
    "rank",
    "score_page",
    "score_query",
    "score_run",
    "strip_spaces",
    "tables_to_html",
    "teds",
    "wer",
]

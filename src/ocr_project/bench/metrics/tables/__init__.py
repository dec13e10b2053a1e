"""Tables: TEDS by its public definitions, and the form in which tables written differently are alike."""

from ocr_project.bench.metrics.tables.canonical import canonical_table
from ocr_project.bench.metrics.tables.markdown import tables_to_html
from ocr_project.bench.metrics.tables.teds import dp_bench_nid, dp_bench_teds, teds
from ocr_project.bench.metrics.tables.tree import TreeTooLarge

__all__ = ["TreeTooLarge", "canonical_table", "dp_bench_nid", "dp_bench_teds", "tables_to_html", "teds"]

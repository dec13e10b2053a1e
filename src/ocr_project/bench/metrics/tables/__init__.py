"""Tables: TEDS by its public definitions."""

from ocr_project.bench.metrics.tables.markdown import tables_to_html
from ocr_project.bench.metrics.tables.teds import dp_bench_nid, dp_bench_teds, teds
from ocr_project.bench.metrics.tables.tree import TreeTooLarge

__all__ = ["TreeTooLarge", "dp_bench_nid", "dp_bench_teds", "tables_to_html", "teds"]

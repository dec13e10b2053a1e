"""KDoc-OCRBench-V2: 849 pages of Korean public documents and 56,197 tests in olmOCR-bench's form.

`text_present.jsonl`, `tables.jsonl` and `header_footer_tests.jsonl`, `categories.jsonl` ({pdf, category, raw}) and
`pdfs/`, a page each.
"""

from __future__ import annotations

from pathlib import Path

from ocr_project.bench.testsets.file_sets import read_lines
from ocr_project.bench.testsets.item import OpenedSet
from ocr_project.bench.testsets.kdoc_ocrbench_v2.card import CARD
from ocr_project.bench.testsets.olmocr_bench import reader as olmocr_bench


def open_set(root: Path) -> OpenedSet:
    """Open the tests, sliced by kind of document."""
    listed = root / "categories.jsonl"
    rows = read_lines(listed) if listed.is_file() else ()
    slices = {row["pdf"]: (("document", row["category"]),) for row in rows}
    return olmocr_bench.tests_of_pdfs(CARD, root, slices)

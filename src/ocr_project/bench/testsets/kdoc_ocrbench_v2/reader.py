"""KDoc-OCRBench-V2: 849 pages of Korean public documents and 56,197 tests in olmOCR-bench's form.

`text_present.jsonl`, `tables.jsonl` and `header_footer_tests.jsonl`, `categories.jsonl` ({pdf, category, raw}) and
`pdfs/`, a page each.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ocr_project.bench.testsets.card import Hub
from ocr_project.bench.testsets.file_sets import read_lines
from ocr_project.bench.testsets.item import OpenedSet
from ocr_project.bench.testsets.olmocr_bench import reader as olmocr_bench

CARD = replace(
    olmocr_bench.CARD,
    name="kdoc_ocrbench_v2",
    title="KDoc-OCRBench-V2",
    licence="CC BY 4.0; the PDFs are Korean public documents (KOGL type 1)",
    commercial=True,
    homepage="https://huggingface.co/datasets/ONTHEIT/KDoc-OCRBench-V2",
    hub=Hub("ONTHEIT/KDoc-OCRBench-V2", None, ("*.jsonl", "pdfs/*")),
)


def open_set(root: Path) -> OpenedSet:
    """Open the tests, sliced by kind of document."""
    listed = root / "categories.jsonl"
    rows = read_lines(listed) if listed.is_file() else ()
    slices = {row["pdf"]: (("document", row["category"]),) for row in rows}
    return olmocr_bench.tests_of_pdfs(CARD, root, slices)

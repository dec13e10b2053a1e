"""olmOCR-bench: small facts about a page that its Markdown must bear out."""

from ocr_project.bench.testsets.olmocr_bench.rules.glyphs import Glyphs, stands_within
from ocr_project.bench.testsets.olmocr_bench.rules.katex import (
    NoAnswer,
    draw_formulas,
    katex_version,
    missing_browser,
)
from ocr_project.bench.testsets.olmocr_bench.rules.page_tests import TestResult, find_symbols, run_test

__all__ = [
    "Glyphs",
    "NoAnswer",
    "TestResult",
    "draw_formulas",
    "find_symbols",
    "katex_version",
    "missing_browser",
    "run_test",
    "stands_within",
]

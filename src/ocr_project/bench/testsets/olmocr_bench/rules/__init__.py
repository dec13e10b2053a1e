"""olmOCR-bench: small facts about a page that its Markdown must bear out.

page       all tests of a page, counted
page_tests the kinds of tests
tables     tables of a page, as its tests read them
plain      the form in which its tests compare texts
"""

from ocr_project.bench.testsets.olmocr_bench.rules.page import RULES, run_tests
from ocr_project.bench.testsets.olmocr_bench.rules.page_tests import TestResult, find_symbols, run_test

__all__ = ["RULES", "TestResult", "find_symbols", "run_test", "run_tests"]

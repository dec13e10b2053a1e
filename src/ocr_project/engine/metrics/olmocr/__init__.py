"""olmOCR-bench: small facts about a page that its Markdown must bear out."""

from ocr_project.engine.metrics.olmocr.page_tests import TestResult, run_test

__all__ = ["TestResult", "run_test"]

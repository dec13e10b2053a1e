"""KDoc-OCRBench-V2 is scored by tests of olmOCR-bench's kinds."""

from ocr_project.bench.testsets.olmocr_bench.rules import RULES

__all__ = ["RULES"]

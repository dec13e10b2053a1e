"""KDoc-OCRBench-V2 is averaged as olmOCR-bench is."""

from ocr_project.bench.testsets.olmocr_bench.composites import COMPOSITES

__all__ = ["COMPOSITES"]

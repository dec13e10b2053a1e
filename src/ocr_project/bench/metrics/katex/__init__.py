"""Formulas as KaTeX draws them in a browser, and whether one stands within another: olmOCR-bench's comparison."""

from ocr_project.bench.metrics.katex.drawing import NoAnswer, draw_formulas, katex_version, missing_browser
from ocr_project.bench.metrics.katex.glyphs import Glyphs, stands_within

__all__ = ["Glyphs", "NoAnswer", "draw_formulas", "katex_version", "missing_browser", "stands_within"]

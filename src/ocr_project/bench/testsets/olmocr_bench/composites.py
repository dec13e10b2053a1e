"""Overall of olmOCR-bench: the mean over files of tests, and the baseline test that every PDF has.

`benchmark.py` in github.com/allenai/olmocr.
"""

from ocr_project.bench.testsets.composite import Composite, CompositePart

COMPOSITES = (Composite("overall/official", (CompositePart("passed/*"),)),)

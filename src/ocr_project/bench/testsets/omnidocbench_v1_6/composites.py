"""Overall of v1.6 is that of v1.5."""

from ocr_project.bench.testsets.omnidocbench_v1_5.composites import COMPOSITES

__all__ = ["COMPOSITES"]

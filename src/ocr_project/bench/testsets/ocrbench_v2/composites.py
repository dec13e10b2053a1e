"""Totals of OCRBench v2: per language, the mean over groups of types.

`get_score.py` in github.com/Yuliang-Liu/MultimodalOCR, OCRBench_v2. It gives no total of both languages: here it is
their mean.
"""

from ocr_project.bench.testsets.composite import Composite, CompositePart

_ENGLISH = CompositePart("accuracy/official", slice="English group")
_CHINESE = CompositePart("accuracy/official", slice="Chinese group")

COMPOSITES = (
    Composite("overall/official", (_ENGLISH, _CHINESE)),
    Composite("overall_en/official", (_ENGLISH,)),
    Composite("overall_cn/official", (_CHINESE,)),
)

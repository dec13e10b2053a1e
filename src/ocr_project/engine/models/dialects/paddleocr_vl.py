"""PaddleOCR-VL (`PaddlePaddle/PaddleOCR-VL-1.5`): tables come as OTSL, formulas between `\\[` and `\\]`."""

from __future__ import annotations

from ocr_project.domain.types import Task
from ocr_project.engine.models.dialects.base import Dialect, Exchange
from ocr_project.engine.models.dialects.forms import FORMULA_BRACKETED, MARKDOWN, TABLE_OTSL, TEXT, unknown

_PAGE = unknown(MARKDOWN, "PaddleOCR-VL is trained on regions; how it would write a whole page is not published")

# Prompts and pixels are of the model's card and of its preprocessor, which enlarges crops of fewer than 147,384
# pixels itself: text in them comes out larger, which padding would not do. What it is trained to answer is as its
# makers' own data for fine-tuning has it (ERNIE): OTSL, and formulas between \[ and \].
PADDLEOCR_VL = Dialect(
    name="paddleocr_vl",
    version=1,
    tasks={
        Task.TEXT: Exchange("OCR:", TEXT),
        Task.TABLE: Exchange("Table Recognition:", TABLE_OTSL),
        Task.FORMULA: Exchange("Formula Recognition:", FORMULA_BRACKETED),
    },
    page=Exchange("OCR:", _PAGE),
    least_pixels=12_544,
    most_pixels=2_822_400,
    side=28,
)

"""PaddleOCR-VL (`PaddlePaddle/PaddleOCR-VL-1.5`): tables come as OTSL."""

from __future__ import annotations

from ocr_project.domain.types import Task, TextFormat
from ocr_project.engine.models.dialects.base import Dialect, Written, by_task
from ocr_project.engine.models.dialects.otsl import is_otsl, otsl_to_html


def _read(answer: str, task: Task, page: bool) -> Written:
    if task is Task.TABLE and is_otsl(answer):
        return Written(otsl_to_html(answer), TextFormat.HTML)
    return by_task(answer, task, page)


# Prompts and pixels are of the model's card and of its preprocessor, which enlarges crops of fewer than 147,384
# pixels itself: text in them comes out larger, which padding would not do.
PADDLEOCR_VL = Dialect(
    name="paddleocr_vl",
    version=1,
    prompts={Task.TEXT: "OCR:", Task.TABLE: "Table Recognition:", Task.FORMULA: "Formula Recognition:"},
    page_prompt="OCR:",
    least_pixels=12_544,
    most_pixels=2_822_400,
    side=28,
    read=_read,
)

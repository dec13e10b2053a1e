"""PaddleOCR-VL (`PaddlePaddle/PaddleOCR-VL-1.5`): tables come as OTSL, formulas between `\\[` and `\\]`.

Versions 1.5 and 1.6 read stamps, and find lines wherever they stand, with prompts of their own.
"""

from __future__ import annotations

import re

from ocr_project.domain.types import Task, TextFormat
from ocr_project.engine.models.dialects.base import Dialect, Exchange, Form, ReadText
from ocr_project.engine.models.dialects.forms import FORMULA_BRACKETED, MARKDOWN, TABLE_OTSL, TEXT, unknown

_PAGE = unknown(MARKDOWN, "PaddleOCR-VL is trained on regions; how it would write a whole page is not published")

# A line that was found, and its four corners as eight numbers of 0 to 1000, or the same between marks
# (PaddleX 3.7, post_process_for_spotting). The marks are special tokens, which a server may leave out.
_PLACES = re.compile(r"(?:<\|LOC_(?:\d+|BEGIN|END)\|>|<\|TEXT_(?:START|END)\|>|\s*\n)+")


def _read_lines(answer: str) -> ReadText:
    return ReadText(_PLACES.sub("\n", answer).strip(), TextFormat.TEXT)


_SPOTTED = unknown(Form(_read_lines, TEXT.write), "the places of lines are not known from their text")

# Prompts and pixels are of the model's card and of its preprocessor, which enlarges crops of fewer than 147,384
# pixels itself: text in them comes out larger, which padding would not do. What it is trained to answer is as its
# makers' own data for fine-tuning has it (ERNIE): OTSL, and formulas between \[ and \].
PADDLEOCR_VL = Dialect(
    name="paddleocr_vl",
    version=2,
    tasks={
        Task.TEXT: Exchange("OCR:", TEXT),
        Task.TABLE: Exchange("Table Recognition:", TABLE_OTSL),
        Task.FORMULA: Exchange("Formula Recognition:", FORMULA_BRACKETED),
        Task.SEAL: Exchange("Seal Recognition:", TEXT),
        Task.SPOTTING: Exchange("Spotting:", _SPOTTED),
    },
    page=Exchange("OCR:", _PAGE),
    least_pixels=12_544,
    most_pixels=2_822_400,
    side=28,
)

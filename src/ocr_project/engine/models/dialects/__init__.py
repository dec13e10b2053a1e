"""How each model is spoken to: prompts by task, sizes, sampling, and its answers, both ways.

base         what a dialect is: `prompt_for`, `read` and `target_for`
forms        the forms of answers that several models share
otsl         tables in OTSL, to HTML and back; `html_table` reads HTML
fences       the fence around an answer
glm_ocr, paddleocr_vl, olmocr, chat     the dialects
qwen3_vl_embedding                      a model that gives vectors

All is data and pure functions, for recognition, benchmarks and training alike: none of it imports a model.
"""

from __future__ import annotations

from ocr_project.domain.options import DialectName
from ocr_project.engine.models.dialects.base import Answers, Dialect, NoTarget, ReadText
from ocr_project.engine.models.dialects.chat import CHAT
from ocr_project.engine.models.dialects.fences import unfenced
from ocr_project.engine.models.dialects.glm_ocr import GLM_OCR
from ocr_project.engine.models.dialects.olmocr import OLMOCR, OLMOCR_QWEN3_VL
from ocr_project.engine.models.dialects.paddleocr_vl import PADDLEOCR_VL

__all__ = ["Answers", "Dialect", "NoTarget", "ReadText", "dialect_of", "unfenced"]

_DIALECTS = {
    DialectName.GLM_OCR: GLM_OCR,
    DialectName.PADDLEOCR_VL: PADDLEOCR_VL,
    DialectName.OLMOCR: OLMOCR,
    DialectName.OLMOCR_QWEN3_VL: OLMOCR_QWEN3_VL,
    DialectName.CHAT: CHAT,
}
_NAMES = {"glm-ocr": GLM_OCR, "glmocr": GLM_OCR, "paddleocr-vl": PADDLEOCR_VL, "olmocr": OLMOCR}


def dialect_of(model: str, chosen: DialectName) -> Dialect:
    """Return the dialect that is chosen; with `auto`, the one that the model's name suggests, else the chat one.

    Args:
        model: Hub name or folder.
        chosen: The option.
    """
    if chosen is not DialectName.AUTO:
        return _DIALECTS[chosen]
    name = model.lower().replace("_", "-")
    if "olmocr" in name and "qwen3-vl" in name:
        return OLMOCR_QWEN3_VL
    return next((dialect for part, dialect in _NAMES.items() if part in name), CHAT)

"""How each model is spoken to: prompts by task, sizes, sampling, and what its answers look like.

A dialect is data (`base.Dialect`); what a model alone writes (OTSL, front matter) has a module of its own.
"""

from __future__ import annotations

from ocr_project.domain.options import DialectName
from ocr_project.engine.models.dialects.base import Dialect
from ocr_project.engine.models.dialects.chat import CHAT
from ocr_project.engine.models.dialects.glm_ocr import GLM_OCR
from ocr_project.engine.models.dialects.olmocr import OLMOCR
from ocr_project.engine.models.dialects.paddleocr_vl import PADDLEOCR_VL

__all__ = ["Dialect", "dialect_of"]

_DIALECTS = {
    DialectName.GLM_OCR: GLM_OCR,
    DialectName.PADDLEOCR_VL: PADDLEOCR_VL,
    DialectName.OLMOCR: OLMOCR,
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
    return next((dialect for part, dialect in _NAMES.items() if part in name), CHAT)

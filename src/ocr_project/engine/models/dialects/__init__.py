"""How each model is spoken to: prompts by task, sizes, sampling, and its answers, both ways.

base         what a dialect is: `prompt_for`, `read` and `target_for`
forms        the forms of answers that several models share
otsl         tables in OTSL, to HTML and back; `html_table` reads HTML
fences       the fence around an answer
glm_ocr, paddleocr_vl, olmocr, chat     the dialects
qwen3_vl_embedding                      a model that gives vectors

All is data and pure functions, for recognition, benchmarks and training alike: none of it imports a model.
`dialect_of` alone looks at a file: how many pixels a token of a chat model has stands beside its weights.
"""

from __future__ import annotations

from dataclasses import replace

from ocr_project.domain.options import DialectName
from ocr_project.engine.models.dialects.base import Answers, Dialect, NoTarget, ReadText
from ocr_project.engine.models.dialects.chat import CHAT
from ocr_project.engine.models.dialects.fences import unfenced
from ocr_project.engine.models.dialects.glm_ocr import GLM_OCR
from ocr_project.engine.models.dialects.olmocr import OLMOCR, OLMOCR_QWEN3_VL
from ocr_project.engine.models.dialects.paddleocr_vl import PADDLEOCR_VL
from ocr_project.engine.models.locate import token_side

__all__ = ["Answers", "Dialect", "NoTarget", "ReadText", "dialect_of", "unfenced"]

_DIALECTS = {
    DialectName.GLM_OCR: GLM_OCR,
    DialectName.PADDLEOCR_VL: PADDLEOCR_VL,
    DialectName.OLMOCR: OLMOCR,
    DialectName.OLMOCR_QWEN3_VL: OLMOCR_QWEN3_VL,
    DialectName.CHAT: CHAT,
}
_SIDES = {"qwen2-vl": 28, "qwen2.5-vl": 28}  # of models that are not on this machine
_NAMES = {"glm-ocr": GLM_OCR, "glmocr": GLM_OCR, "paddleocr-vl": PADDLEOCR_VL, "olmocr": OLMOCR}


def dialect_of(model: str, chosen: DialectName) -> Dialect:
    """Return the dialect that is chosen; with `auto`, the one that the model's name suggests, else the chat one.

    The chat one has images in steps of the model's own tokens: 28 pixels for Qwen2-VL, 32 for Qwen3-VL. An image in
    other steps would be scaled a second time by the model's own processor.

    Args:
        model: Hub name or folder.
        chosen: The option.
    """
    found = _DIALECTS[chosen] if chosen is not DialectName.AUTO else _by_name(model)
    return _in_steps_of(model) if found is CHAT else found


def _by_name(model: str) -> Dialect:
    name = model.lower().replace("_", "-")
    if "olmocr" in name and "qwen3-vl" in name:
        return OLMOCR_QWEN3_VL
    return next((dialect for part, dialect in _NAMES.items() if part in name), CHAT)


def _in_steps_of(model: str) -> Dialect:
    """Return the chat dialect with the model's own side of a token, where that is known and another one."""
    name = model.lower().replace("_", "-")
    side = token_side(model) or next((side for part, side in _SIDES.items() if part in name), CHAT.side)
    return CHAT if side == CHAT.side else replace(CHAT, side=side, version=CHAT.version + 1)

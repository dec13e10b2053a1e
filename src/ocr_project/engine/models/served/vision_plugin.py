"""A vLLM plugin: models with a faster vision tower (`vision_*.py`).

vLLM finds it by its entry point (group `vllm.general_plugins` in pyproject.toml) and calls `register` in each of its
processes. It does nothing unless OCR_PROJECT_COMPILE_VISION is set, as the option `compile_vision` of servers does.
"""

from __future__ import annotations

import os

VARIABLE = "OCR_PROJECT_COMPILE_VISION"
_HERE = "ocr_project.engine.models.served"
_CLASSES = {
    "GlmOcrForConditionalGeneration": f"{_HERE}.vision_glm_ocr:CompiledGlmOcr",
    "Qwen2_5_VLForConditionalGeneration": f"{_HERE}.vision_qwen2_5_vl:Qwen25VL",
    "Qwen3VLForConditionalGeneration": f"{_HERE}.vision_qwen3_vl:CompiledQwen3VL",
}


def register() -> None:
    """Put our classes in the place of vLLM's, by name: nothing is imported before vLLM builds a model."""
    if os.environ.get(VARIABLE):
        from vllm import ModelRegistry

        for architecture, name in _CLASSES.items():
            ModelRegistry.register_model(architecture, name)

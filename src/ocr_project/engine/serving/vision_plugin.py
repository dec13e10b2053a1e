"""A vLLM plugin: GLM-OCR with a faster vision tower (`vision_tower.py`).

vLLM finds it by its entry point (group `vllm.general_plugins` in pyproject.toml) and calls `register` in each of its
processes. It does nothing unless OCR_PROJECT_COMPILE_VISION is set, as `recognition.vllm.compile_vision` does.
"""

from __future__ import annotations

import os

VARIABLE = "OCR_PROJECT_COMPILE_VISION"
_ARCHITECTURE = "GlmOcrForConditionalGeneration"
_CLASS = "ocr_project.engine.serving.vision_tower:CompiledGlmOcr"


def register() -> None:
    """Put our class in the place of vLLM's, by name: nothing is imported before vLLM builds the model."""
    if os.environ.get(VARIABLE):
        from vllm import ModelRegistry

        ModelRegistry.register_model(_ARCHITECTURE, _CLASS)

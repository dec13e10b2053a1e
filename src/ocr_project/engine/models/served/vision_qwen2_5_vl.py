"""Qwen2.5-VL (olmOCR) as vLLM has it, with vLLM's own kernel for the norms of its vision tower (`vision_norms.py`).

With any value of OCR_PROJECT_COMPILE_VISION: nothing of this tower is compiled by us. vLLM's own way to compile it is
`--compilation-config={"compile_mm_encoder":true}` among a server's arguments; then the norms are its compiler's.
Neither was measured here.
"""

from __future__ import annotations

from typing import Any

import torch
from vllm.model_executor.models.qwen2_5_vl import Qwen2_5_VisionTransformer, Qwen2_5_VLForConditionalGeneration

from ocr_project.engine.models.served.vision_norms import norms_by_kernel


class Tower(Qwen2_5_VisionTransformer):  # type: ignore[misc]
    """The vision tower. An instance of vLLM's becomes one by its class: weights and names stay as they are."""

    def forward(self, *args: Any, **more: Any) -> torch.Tensor:
        """Run the tower."""
        with norms_by_kernel():
            result: torch.Tensor = super().forward(*args, **more)
        return result


class Qwen25VL(Qwen2_5_VLForConditionalGeneration):  # type: ignore[misc]
    """The model: vLLM's, with the other tower."""

    def __init__(self, *, vllm_config: Any, prefix: str = "") -> None:  # vLLM looks for these names
        super().__init__(vllm_config=vllm_config, prefix=prefix)
        if not vllm_config.compilation_config.compile_mm_encoder:
            self.visual.__class__ = Tower

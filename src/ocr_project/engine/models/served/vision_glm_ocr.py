"""GLM-OCR as vLLM has it, with another way through its vision tower. Imported by vLLM alone (`vision_plugin.py`).

vLLM runs the 24 blocks of the tower eagerly: 68 % of an engine's main thread; and each block waits for the GPU to
learn the length of the longest image: 18 % of all (shared measurements, vLLM 0.26.0 on an H200). Here the blocks are
compiled (`vision_compiled.py`), and the length is told from the sizes, which are on the CPU.

OCR_PROJECT_COMPILE_VISION: `blocks` compiles one block, and runs it 24 times; `tower` compiles the 24 as one graph,
which is as fast, and takes each start 20 s more to trace; `length` compiles nothing.

Norms are open where torch compiles, as is the rotation, and vLLM's kernel everywhere else (`vision_norms.py`).

Not known: whether vLLM's own way of compiling (`compile_mm_encoder`) will take GLM-OCR in one day; then this goes.
"""

from __future__ import annotations

import os
from typing import Any

import torch
from torch import nn
from vllm.model_executor.layers.layernorm import RMSNorm
from vllm.model_executor.models.glm_ocr import (
    GlmOcrForConditionalGeneration,
    GlmOcrVisionAttention,
    GlmOcrVisionTransformer,
)

from ocr_project.engine.models.served.vision_compiled import Chain, compile_all
from ocr_project.engine.models.served.vision_norms import OpenNorm, norms_by_kernel
from ocr_project.engine.models.served.vision_plugin import VARIABLE


class OpenAttention(GlmOcrVisionAttention):  # type: ignore[misc]
    """vLLM's attention, with all but its products and the attention itself open to the compiler."""

    def forward(
        self,
        x: torch.Tensor,
        cu_seqlens: torch.Tensor,
        rotary_pos_emb_cos: torch.Tensor,
        rotary_pos_emb_sin: torch.Tensor,
        max_seqlen: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Attend within each image.

        Args:
            x: Patches of all images, (patches, 1, width).
            cu_seqlens: Where images begin and end, (images + 1,).
            rotary_pos_emb_cos: Of each patch, (patches, half of a head).
            rotary_pos_emb_sin: The same.
            max_seqlen: Patches of the longest image.
        """
        length, one, _ = x.shape
        qkv, _ = self.qkv(x)
        query, key, value = qkv.view(length, 3, self.num_attention_heads_per_partition, -1).unbind(1)
        rotate, angles = self.apply_rotary_emb.forward_static, (rotary_pos_emb_cos, rotary_pos_emb_sin)
        query = rotate(self.q_norm(query), *angles, enable_fp32_compute=True)
        key = rotate(self.k_norm(key), *angles, enable_fp32_compute=True)
        context = self.attn(
            query=query.unsqueeze(0),
            key=key.unsqueeze(0),
            value=value.unsqueeze(0),
            cu_seqlens=cu_seqlens,
            max_seqlen=max_seqlen,
        )
        output: torch.Tensor = self.proj(context.reshape(length, one, -1))[0]
        return output


_OPEN = {RMSNorm: OpenNorm, GlmOcrVisionAttention: OpenAttention}


class CompiledTower(GlmOcrVisionTransformer):  # type: ignore[misc]
    """The vision tower. An instance of vLLM's becomes one by its class: weights and names stay as they are."""

    longest: torch.Tensor | None
    mode: str | None
    blocks: Any

    def forward(self, x: torch.Tensor, grid_thw: Any, *args: Any, **more: Any) -> torch.Tensor:
        """Run the tower.

        Args:
            x: Patches of all images, one after another.
            grid_thw: Frames, rows and columns of patches of each image.
        """
        self._compile_once()
        self.longest = _longest(grid_thw)
        with norms_by_kernel():
            result: torch.Tensor = super().forward(x, grid_thw, *args, **more)
        return result

    def compute_attn_mask_seqlen(self, cu_seqlens: torch.Tensor) -> torch.Tensor | None:
        """Return the patches of the longest image, on the CPU: `.item()` of it waits for nothing."""
        asked: torch.Tensor | None = super().compute_attn_mask_seqlen(cu_seqlens)  # None: not by this backend
        return asked if asked is None or self.longest is None else self.longest

    def _compile_once(self) -> None:
        """Compile at the first pass, which is vLLM's measurement of memory: the weights are in place by then."""
        mode, self.mode = self.mode, None
        if mode in ("blocks", "tower"):
            for module in self.blocks.modules():
                module.__class__ = _OPEN.get(type(module), type(module))
            if mode == "tower":
                self.blocks = nn.ModuleList([Chain(list(self.blocks))])
            compile_all(self.blocks, mode)


class CompiledGlmOcr(GlmOcrForConditionalGeneration):  # type: ignore[misc]
    """The model: vLLM's, with the other tower."""

    def __init__(self, *, vllm_config: Any, prefix: str = "") -> None:  # vLLM looks for these names
        super().__init__(vllm_config=vllm_config, prefix=prefix)
        tower = self.visual
        tower.__class__ = CompiledTower
        tower.longest = None
        tower.mode = os.environ.get(VARIABLE)


def _longest(grid_thw: Any) -> torch.Tensor | None:
    if isinstance(grid_thw, torch.Tensor):
        if grid_thw.device.type != "cpu":  # asking it for numbers would be the very wait that is to go
            return None
        grid_thw = grid_thw.tolist()
    if not grid_thw:
        return None
    return torch.tensor(max(rows * columns for _, rows, columns in grid_thw), dtype=torch.int32)

"""Qwen3-VL as vLLM has it, with its vision tower compiled. Imported by vLLM alone (`vision_plugin.py`).

A page of 1.8 million pixels is 7,000 patches: at this model's size two thirds of the GPU's time for an image go into
the tower. vLLM runs it eagerly, and in fp8 each product then has a pass of its own for its scales: on an H200 fp8 gave
embeddings of images 7 % where it gave texts 45 % (docs/log.md).

OCR_PROJECT_COMPILE_VISION: `blocks` compiles one block, and runs it for each; `tower` compiles those between two taps
(the layers whose results go into the decoder's first layers, `deepstack_visual_indexes`) as one graph; `length` is
GLM-OCR's alone, for here vLLM itself keeps the length on the CPU.
"""

from __future__ import annotations

import os
from typing import Any

import torch
from torch import nn
from vllm.model_executor.models.qwen3_vl import Qwen3_VisionTransformer, Qwen3VLForConditionalGeneration

from ocr_project.engine.models.served.vision_compiled import Chain, compile_all
from ocr_project.engine.models.served.vision_plugin import VARIABLE


class CompiledTower(Qwen3_VisionTransformer):  # type: ignore[misc]
    """The vision tower. An instance of vLLM's becomes one by its class: weights and names stay as they are."""

    mode: str | None
    blocks: Any
    deepstack_visual_indexes: list[int]

    def forward(self, x: torch.Tensor, grid_thw: Any, *args: Any, **more: Any) -> torch.Tensor:
        """Run the tower.

        Args:
            x: Patches of all images, one after another.
            grid_thw: Frames, rows and columns of patches of each image.
        """
        self._compile_once()
        result: torch.Tensor = super().forward(x, grid_thw, *args, **more)
        return result

    def _compile_once(self) -> None:
        """Compile at the first pass, which is vLLM's measurement of memory: the weights are in place by then."""
        mode, self.mode = self.mode, None
        if mode not in ("blocks", "tower"):
            return
        for block in self.blocks:
            # the kernel for rotations is closed to the compiler; written in PyTorch they are fused with what is around
            block.attn.apply_rotary_emb._forward_method = block.attn.apply_rotary_emb.forward_native
        if mode == "tower":
            self.blocks, self.deepstack_visual_indexes = _chains(list(self.blocks), self.deepstack_visual_indexes)
        compile_all(self.blocks, mode)


class CompiledQwen3VL(Qwen3VLForConditionalGeneration):  # type: ignore[misc]
    """The model: vLLM's, with the other tower."""

    def __init__(self, *, vllm_config: Any, prefix: str = "model") -> None:  # vLLM looks for these names
        super().__init__(vllm_config=vllm_config, prefix=prefix)
        tower = self.visual
        tower.__class__ = CompiledTower
        tower.mode = os.environ.get(VARIABLE)


def _chains(blocks: list[nn.Module], taps: list[int]) -> tuple[nn.ModuleList, list[int]]:
    """Return the blocks as chains that end where a tap is, and which chains those are."""
    ends = [tap + 1 for tap in sorted(taps)]
    starts = [0, *ends]
    chains = [Chain(blocks[start:end]) for start, end in zip(starts, [*ends, len(blocks)], strict=True) if start < end]
    return nn.ModuleList(chains), list(range(len(ends)))

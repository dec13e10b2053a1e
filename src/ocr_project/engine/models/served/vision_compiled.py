"""What our vision towers share: how their blocks go through `torch.compile`. Imported inside of vLLM alone.

vLLM runs a tower eagerly, kernel by kernel, from Python. Chains of blocks compiled as one graph fuse what stands
between the large products (norms, activations, rotations, the scales of fp8), and guards are checked once a chain.
Numbers change as little as kernels that are fused change them.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

log = logging.getLogger("vllm.ocr_project")

_GRAPHS = 64  # graphs of one function that torch may keep: guards on 24 instances must not make it give up


class Chain(nn.Module):  # type: ignore[misc]
    """Blocks one after another, as one."""

    def __init__(self, blocks: Sequence[nn.Module]) -> None:
        """Chain blocks.

        Args:
            blocks: They stay where they are, weights included.
        """
        super().__init__()
        self.blocks = nn.ModuleList(blocks)

    def forward(self, x: torch.Tensor, **same: Any) -> torch.Tensor:
        """Give each block the result of the one before, and the same of all else."""
        for block in self.blocks:
            x = block(x, **same)
        return x


def compile_all(parts: nn.ModuleList, mode: str) -> None:
    """Compile blocks or chains of them, for any number of patches.

    Args:
        mode: Its name, for the log.
    """
    torch._dynamo.config.recompile_limit = max(_GRAPHS, torch._dynamo.config.recompile_limit)
    for part in parts:
        part.compile(dynamic=True)
    log.info("the vision tower runs compiled (%s)", mode)

"""Norms of a vision tower that vLLM does not compile. Imported inside of vLLM alone.

vLLM's RMSNorm is one closed operation with several ways to do it, of which it takes the one in PyTorch wherever it
compiles: its own compiler fuses that. It does not compile towers, so that each norm ran as eight kernels of PyTorch
there, in 32 bits; of GLM-OCR on an H200 a third of all kernels' time (docs/log.md, 2026-11-30). Open norms are for
towers that torch.compile gets from us, vLLM's kernel is for all else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from vllm import ir
from vllm.model_executor.layers.layernorm import RMSNorm

_NORM, _NORM_OF_SUM = ir.ops.rms_norm, ir.ops.fused_add_rms_norm
_NATIVE, _KERNEL = "native", "vllm_c"  # vLLM's names of an operation in PyTorch and of its own kernel
_norm, _norm_of_sum = (op.impls[_NATIVE].impl_fn for op in (_NORM, _NORM_OF_SUM))


class OpenNorm(RMSNorm):  # type: ignore[misc]
    """vLLM's norm, as the operations of PyTorch that it is. An instance of vLLM's becomes one by its class."""

    def forward(self, x: torch.Tensor, residual: torch.Tensor | None = None) -> Any:
        """Return the norm of `x`; with a residual that of their sum, and the sum."""
        weight = self.weight if self.has_weight else None
        if residual is None:
            return _norm(x, weight, self.variance_epsilon)
        return _norm_of_sum(x, residual, weight, self.variance_epsilon)


@contextmanager
def norms_by_kernel() -> Iterator[None]:
    """Let vLLM's kernel do the norms that are not open, where this machine has it."""
    with ExitStack() as stack:
        for op in (_NORM, _NORM_OF_SUM):
            if _KERNEL in op.impls:
                stack.enter_context(op.set_priority([_KERNEL, _NATIVE]))
        yield

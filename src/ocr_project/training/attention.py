"""Attention in which the samples of a pack do not see each other, without a mask.

A pack is one row of several samples. transformers' own `sdpa` isolates them by a mask of length times length, which
costs more than the attention itself from about 8,000 tokens on. Here each sample is a segment: on a GPU the
variable-length kernel of torch (`torch.nn.attention.varlen`, torch 2.11 or newer) takes all of them in one call, on a
CPU they are taken one by one. The vision tower, whose segments are images, goes the same way.

The name of the implementation holds "flash": by it transformers hands the tower's segments over, and makes no mask.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface

NAME = "packed_flash"


@dataclass(slots=True)
class _Segments:
    """Where the samples of the pack begin that is in the model now.

    Not an argument of the model: transformers hands what it is given to the vision tower too, which has other ones.
    """

    bounds: torch.Tensor | None = None  # int32, shape (samples + 1,), on the model's device
    longest: int = 0


_now = _Segments()


def set_segments(bounds: torch.Tensor, longest: int) -> None:
    """Say where the samples of the next pack begin; it holds until the next call, backward passes included.

    Args:
        bounds: Shape (samples + 1,), int32, on the model's device: 0, …, tokens.
        longest: Tokens of the longest sample. The kernel needs an upper bound only: it is rounded up to a power of
            two, so that compiled layers meet few values.
    """
    _now.bounds, _now.longest = bounds, 1 << (max(1, longest) - 1).bit_length()


@contextmanager
def packed_attention(model: Any) -> Iterator[None]:
    """Let a model and its parts use this implementation; afterwards they use the one of before, as decoding needs."""
    configs = _configs(model.config)
    before = [config._attn_implementation for config in configs]
    for config in configs:
        config._attn_implementation = NAME
    try:
        yield
    finally:
        for config, name in zip(configs, before, strict=True):
            config._attn_implementation = name


def _configs(config: Any) -> list[Any]:
    return [config, *(part for part in (config.text_config, config.vision_config) if part is not config)]


def attend(
    module: Any, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, attention_mask: Any, **how: Any
) -> tuple[torch.Tensor, None]:
    """Attend within segments, as transformers' interface of attention functions has it.

    Args:
        module: Not looked at.
        query: Shape (1, heads, tokens, width of a head); `key` and `value` may have fewer heads.
        key: See query.
        value: See query.
        attention_mask: None: segments take its place.
        how: `scaling`; of the vision tower, whose images see themselves both ways, `cu_seq_lens_q` and `max_length_q`;
            without them it is the language model, where tokens see what is before them.

    Returns:
        Shape (1, tokens, heads, width of a head).
    """
    if attention_mask is not None or query.shape[0] != 1:
        raise ValueError("packed attention takes one row without a mask; padded batches are for sdpa")
    bounds, longest = how.get("cu_seq_lens_q"), how.get("max_length_q")
    causal = bounds is None
    if bounds is None:
        bounds, longest = _now.bounds, _now.longest
    if bounds is None:
        raise ValueError("set_segments has to be called before the model is")
    tokens = [tensor[0].transpose(0, 1) for tensor in (query, key, value)]  # each (tokens, heads, width)
    if query.is_cuda:
        out = _by_kernel(tokens, bounds, int(longest or query.shape[2]), how.get("scaling"), causal=causal)
    else:
        out = _one_by_one(tokens, bounds.tolist(), how.get("scaling"), causal=causal)
    return out[None], None


def _by_kernel(
    tokens: Sequence[torch.Tensor], bounds: torch.Tensor, longest: int, scale: float | None, *, causal: bool
) -> torch.Tensor:
    from torch.nn.attention.varlen import varlen_attn

    reduced = tokens[2].dtype in (torch.bfloat16, torch.float16)
    dtype = tokens[2].dtype if reduced else torch.bfloat16  # the kernel takes nothing else
    q, k, v = (tensor.to(dtype) for tensor in tokens)
    more = {"enable_gqa": True} if _GQA and k.shape[1] != q.shape[1] else {}
    bounds = bounds.to(torch.int32)
    window = (-1, 0) if causal else (-1, -1)
    return varlen_attn(q, k, v, bounds, bounds, longest, longest, scale=scale, window_size=window, **more)


def _asks_for_gqa() -> bool:
    """Say whether this torch wants to be told that keys have fewer heads than queries: 2.11 does not."""
    try:
        from torch.nn.attention.varlen import varlen_attn
    except ImportError:  # torch before 2.10, or without CUDA on some platforms
        return False
    return "enable_gqa" in inspect.signature(varlen_attn).parameters


_GQA = _asks_for_gqa()  # once: a compiler cannot look into signatures


def _one_by_one(
    tokens: Sequence[torch.Tensor], bounds: Sequence[int], scale: float | None, *, causal: bool
) -> torch.Tensor:
    segments = []
    fewer = tokens[1].shape[1] != tokens[0].shape[1]
    for start, end in pairwise(bounds):
        query, key, value = (tensor[start:end].transpose(0, 1)[None] for tensor in tokens)
        seen = scaled_dot_product_attention(query, key, value, is_causal=causal, scale=scale, enable_gqa=fewer)
        segments.append(seen[0].transpose(0, 1))
    return torch.cat(segments)


AttentionInterface.register(NAME, attend)

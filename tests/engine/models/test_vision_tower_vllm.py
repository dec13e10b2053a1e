"""Vision towers as the installed vLLM has them, beside ours: without weights, and without a GPU.

vLLM does not promise what ours touches of it: whether another version has moved it shows here. Attention within images
is vLLM's kernel, which needs a GPU; PyTorch's stands in for it, closed to the compiler as vLLM's is.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("vllm", reason="the extra gpu is not installed")

import torch
from transformers import AutoConfig
from transformers.models.qwen2_5_vl.configuration_qwen2_5_vl import Qwen2_5_VLVisionConfig
from vllm.config import DeviceConfig, VllmConfig, set_current_vllm_config
from vllm.distributed import ensure_model_parallel_initialized, init_distributed_environment
from vllm.model_executor.layers.attention.mm_encoder_attention import MMEncoderAttention
from vllm.model_executor.layers.rotary_embedding.common import ApplyRotaryEmb
from vllm.model_executor.models import glm4_1v, glm_ocr, qwen2_5_vl
from vllm.utils import torch_utils
from vllm.v1.attention.backends.registry import AttentionBackendEnum

from ocr_project.engine.models.served import vision_glm_ocr, vision_norms, vision_qwen2_5_vl

TEXT = {"model_type": "glm_ocr_text", "hidden_size": 96, "intermediate_size": 128, "num_hidden_layers": 1}
VISION = {"model_type": "glm_ocr_vision", "depth": 3, "hidden_size": 64, "intermediate_size": 128, "num_heads": 2}
VISION |= {"patch_size": 14, "temporal_patch_size": 2, "spatial_merge_size": 2, "in_channels": 3}
VISION |= {"out_hidden_size": 96}
GRID = [[1, 4, 6], [1, 20, 12], [1, 2, 2]]
PATCHES = sum(rows * columns for _, rows, columns in GRID)
PATCH = 3 * 2 * 14 * 14


@torch.library.custom_op("ocr_project_tests::within_images", mutates_args=())
def within_images(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, ends: torch.Tensor) -> torch.Tensor:
    found = torch.empty(query.shape, dtype=query.dtype)
    for first, last in pairwise(ends.tolist()):
        heads = (x[:, first:last].transpose(1, 2) for x in (query, key, value))
        found[:, first:last] = torch.nn.functional.scaled_dot_product_attention(*heads).transpose(1, 2)
    return found


@within_images.register_fake
def _(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, ends: torch.Tensor) -> torch.Tensor:
    return query.new_empty(query.shape)


class Attention(torch.nn.Module):
    compute_max_seqlen = MMEncoderAttention.compute_max_seqlen
    maybe_compute_seq_lens = MMEncoderAttention.maybe_compute_seq_lens
    maybe_recompute_cu_seqlens = MMEncoderAttention.maybe_recompute_cu_seqlens

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__()

    def forward(self, query: Any, key: Any, value: Any, cu_seqlens: Any, **more: Any) -> Any:
        return within_images(query, key, value, cu_seqlens)


@pytest.fixture(scope="module")
def vllm_config() -> Iterator[Any]:
    config = VllmConfig(device_config=DeviceConfig(device="cpu"))
    with socket.socket() as free, set_current_vllm_config(config):
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        init_distributed_environment(1, 0, f"tcp://127.0.0.1:{port}", 0, "gloo")
        ensure_model_parallel_initialized(1, 1)
        yield config


@pytest.fixture
def without_gpu(vllm_config: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (glm_ocr, glm4_1v, qwen2_5_vl):
        monkeypatch.setattr(module, "MMEncoderAttention", Attention)
        monkeypatch.setattr(module, "get_vit_attn_backend", lambda **_: AttentionBackendEnum.FLASH_ATTN)
        monkeypatch.setattr(module, "PIN_MEMORY", False, raising=False)  # 0.32
    monkeypatch.setattr(torch_utils, "PIN_MEMORY", False)  # 0.26
    monkeypatch.setattr(torch_utils, "is_pin_memory_available", lambda: False)
    monkeypatch.setattr(ApplyRotaryEmb, "forward_cuda", ApplyRotaryEmb.forward_native)
    torch.manual_seed(0)


@pytest.fixture
def tower(without_gpu: None, tmp_path: Path) -> Any:
    (tmp_path / "config.json").write_text(
        json.dumps({"model_type": "glm_ocr", "text_config": TEXT, "vision_config": VISION})
    )
    config = AutoConfig.from_pretrained(tmp_path)
    return weighted(glm_ocr.GlmOcrVisionTransformer(config.text_config, config.vision_config, norm_eps=1e-5))


def weighted(module: Any) -> Any:
    for weights in module.float().parameters():
        weights.data.normal_(*((0, 0.05) if weights.dim() > 1 else (1, 0.1)))
    return module


@pytest.mark.parametrize("mode", ["length", "blocks", "tower"])
@torch.inference_mode()
def test_the_result_is_that_of_vllm(tower: Any, mode: str) -> None:
    patches, fewer = torch.randn(PATCHES, PATCH), torch.randn(52, PATCH)
    expected = tower(patches, GRID), tower(fewer, [[1, 6, 6], [1, 2, 8]])
    assert expected[0].abs().max() > 0.1
    tower.__class__ = vision_glm_ocr.CompiledTower
    tower.longest, tower.mode = None, mode
    torch.testing.assert_close(tower(patches, GRID), expected[0], rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(tower(fewer, [[1, 6, 6], [1, 2, 8]]), expected[1], rtol=1e-4, atol=1e-4)
    kinds = {type(module).__name__ for module in tower.blocks.modules()}
    assert ("OpenNorm" in kinds, "OpenAttention" in kinds) == (mode != "length", mode != "length")


@torch.inference_mode()
def test_a_block_is_one_graph_in_which_nothing_is_closed_but_attention(
    tower: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tower.__class__ = vision_glm_ocr.CompiledTower
    tower.longest, tower.mode = None, "blocks"
    seen: list[Any] = []

    def look(graph: Any, _: Any) -> Any:
        seen.append(graph)
        return graph.forward

    real = torch.compile  # nn.Module.compile calls it by this name
    monkeypatch.setattr(torch, "compile", lambda call, **given: real(call, backend=look, **given))
    tower(torch.randn(PATCHES, PATCH), GRID)
    assert seen, "nothing was compiled"
    called = {str(node.target) for graph in seen for node in graph.graph.nodes if node.op == "call_function"}
    assert {name for name in called if "vllm" in name} == set()
    counted = [sum("within_images" in str(node.target) for node in graph.graph.nodes) for graph in seen]
    assert counted == [1] * len(seen), "a block was broken into several graphs"


@torch.inference_mode()
def test_norms_of_olmocrs_tower_are_left_to_the_kernel(without_gpu: None, monkeypatch: pytest.MonkeyPatch) -> None:
    config = Qwen2_5_VLVisionConfig(depth=2, hidden_size=64, intermediate_size=96, num_heads=2, out_hidden_size=96)
    config.fullatt_block_indexes = [1]
    made = weighted(qwen2_5_vl.Qwen2_5_VisionTransformer(config, norm_eps=1e-6))
    patches = torch.randn(PATCHES, PATCH)
    expected = made(patches, GRID)
    asked: list[list[str]] = []
    for op in (vision_norms._NORM, vision_norms._NORM_OF_SUM):
        monkeypatch.setattr(op, "set_priority", lambda names: nullcontext(asked.append(names)))
    made.__class__ = vision_qwen2_5_vl.Tower
    torch.testing.assert_close(made(patches, GRID), expected)
    assert asked == [["vllm_c", "native"]] * 2

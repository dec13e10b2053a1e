"""The ways through vision towers that our vLLM plugin puts in the place of vLLM's: held with stand-ins."""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Iterator
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the vision tower runs inside of vLLM, which has torch")


class StandInBlock(torch.nn.Module):
    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(factor))

    def forward(self, x: Any, *, cu_seqlens: Any, max_seqlen: Any) -> Any:
        return x * self.factor + cu_seqlens.sum() + max_seqlen.item()


class StandInTower(torch.nn.Module):
    """vLLM's tower, as far as ours touches it."""

    def __init__(self, wants_length: bool = True) -> None:
        super().__init__()
        self.wants_length = wants_length
        self.blocks = torch.nn.ModuleList([StandInBlock(float(number)) for number in range(1, 4)])
        self.seen: list[Any] = []

    def compute_attn_mask_seqlen(self, cu_seqlens: Any) -> Any:
        return (cu_seqlens[1:] - cu_seqlens[:-1]).max() if self.wants_length else None

    def forward(self, x: Any, grid_thw: Any) -> Any:
        sizes = torch.as_tensor(grid_thw)
        cu_seqlens = torch.cat([torch.zeros(1, dtype=torch.int32), (sizes[:, 1] * sizes[:, 2]).cumsum(0)])
        length = self.compute_attn_mask_seqlen(cu_seqlens)
        self.seen.append(length)
        if length is None:
            return x
        for block in self.blocks:
            x = block(x, cu_seqlens=cu_seqlens, max_seqlen=length)
        return x


class StandInModel(torch.nn.Module):
    def __init__(self, *, vllm_config: Any, prefix: str = "") -> None:
        super().__init__()
        self.visual = StandInTower(vllm_config)


class Rotation:
    """vLLM's operation with two ways."""

    def __init__(self) -> None:
        self._forward_method = self.forward_cuda

    def __call__(self, x: Any) -> Any:
        return self._forward_method(x)

    def forward_cuda(self, x: Any) -> Any:
        return x + 1

    def forward_native(self, x: Any) -> Any:
        return x + 1


class QwenBlock(torch.nn.Module):
    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(factor))
        self.attn = torch.nn.Module()
        self.attn.apply_rotary_emb = Rotation()

    def forward(self, x: Any, *, max_seqlen: Any) -> Any:
        return self.attn.apply_rotary_emb(x) * self.factor + max_seqlen.item()


class QwenTower(torch.nn.Module):
    """vLLM's tower with taps, as far as ours touches it."""

    def __init__(self, taps: list[int]) -> None:
        super().__init__()
        self.deepstack_visual_indexes = taps
        self.blocks = torch.nn.ModuleList([QwenBlock(float(number)) for number in range(1, 7)])

    def forward(self, x: Any, grid_thw: Any, *, encoder_metadata: Any = None) -> Any:
        length = torch.tensor(max(rows * columns for _, rows, columns in grid_thw))
        found = []
        for number, block in enumerate(self.blocks):
            x = block(x, max_seqlen=length)
            if number in self.deepstack_visual_indexes:
                found.append(x * 2)
        return torch.cat([x, *found])


class QwenModel(torch.nn.Module):
    def __init__(self, *, vllm_config: Any, prefix: str = "model") -> None:
        super().__init__()
        self.visual = QwenTower(vllm_config)


@pytest.fixture
def tower_module(monkeypatch: pytest.MonkeyPatch) -> Iterator[types.ModuleType]:
    name = "ocr_project.engine.models.served.vision_glm_ocr"
    stand_ins = {"GlmOcrForConditionalGeneration": StandInModel, "GlmOcrVisionTransformer": StandInTower}
    yield imported(monkeypatch, name, "glm_ocr", stand_ins)
    sys.modules.pop(name, None)


@pytest.fixture
def qwen_module(monkeypatch: pytest.MonkeyPatch) -> Iterator[types.ModuleType]:
    name = "ocr_project.engine.models.served.vision_qwen3_vl"
    stand_ins = {"Qwen3VLForConditionalGeneration": QwenModel, "Qwen3_VisionTransformer": QwenTower}
    yield imported(monkeypatch, name, "qwen3_vl", stand_ins)
    sys.modules.pop(name, None)


def imported(monkeypatch: pytest.MonkeyPatch, name: str, of_vllm: str, stand_ins: dict[str, type]) -> types.ModuleType:
    """Import a module of ours as if vLLM were here."""
    fake = types.ModuleType(f"vllm.model_executor.models.{of_vllm}")
    vars(fake).update(stand_ins)
    for parent in ("vllm", "vllm.model_executor", "vllm.model_executor.models"):
        monkeypatch.setitem(sys.modules, parent, types.ModuleType(parent))
    monkeypatch.setitem(sys.modules, fake.__name__, fake)
    monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module(name)


GRID = [[1, 4, 6], [1, 10, 12], [1, 2, 2]]


@pytest.mark.parametrize("mode", ["length", "blocks", "tower"])
@pytest.mark.parametrize("as_tensor", [True, False])
def test_the_result_stays_and_the_length_is_on_the_cpu(
    tower_module: types.ModuleType, monkeypatch: pytest.MonkeyPatch, mode: str, as_tensor: bool
) -> None:
    compiled: list[tuple[str, Any]] = []
    monkeypatch.setattr(
        torch.nn.Module, "compile", lambda self, **given: compiled.append((type(self).__name__, given))
    )
    monkeypatch.setenv("OCR_PROJECT_COMPILE_VISION", mode)
    plain, ours = StandInTower(), tower_module.CompiledGlmOcr(vllm_config=True).visual
    assert [name for name, _ in ours.named_parameters()] == [name for name, _ in plain.named_parameters()]
    grid = torch.tensor(GRID) if as_tensor else GRID
    x = torch.arange(8.0)
    for _ in range(2):  # compiled once
        assert torch.equal(ours(x, grid), plain(x, grid))
    assert [int(length) for length in ours.seen] == [120, 120]
    assert all(length.device.type == "cpu" for length in ours.seen)
    dynamic = {"dynamic": True}
    assert (
        compiled
        == {
            "length": [],
            "blocks": [("StandInBlock", dynamic)] * 3,
            "tower": [("Chain", dynamic)],
        }[mode]
    )


def test_a_backend_that_asks_for_no_length_gets_none(tower_module: types.ModuleType) -> None:
    ours = tower_module.CompiledGlmOcr(vllm_config=False).visual
    ours(torch.arange(4.0), GRID)
    assert ours.seen == [None]


@pytest.mark.parametrize("mode", ["length", "blocks", "tower"])
@pytest.mark.parametrize("taps", [[], [1, 3], [0, 2, 5]])
def test_taps_of_qwen3_vl_stay_where_they_are(
    qwen_module: types.ModuleType, monkeypatch: pytest.MonkeyPatch, mode: str, taps: list[int]
) -> None:
    compiled: list[str] = []
    monkeypatch.setattr(torch.nn.Module, "compile", lambda self, **given: compiled.append(type(self).__name__))
    monkeypatch.setenv("OCR_PROJECT_COMPILE_VISION", mode)
    plain, ours = QwenTower(list(taps)), qwen_module.CompiledQwen3VL(vllm_config=list(taps)).visual
    assert [name for name, _ in ours.named_parameters()] == [name for name, _ in plain.named_parameters()]
    x = torch.arange(4.0)
    for _ in range(2):
        assert torch.equal(ours(x, GRID), plain(x, GRID))
    chains = len(taps) + (5 not in taps)
    assert compiled == {"length": [], "blocks": ["QwenBlock"] * 6, "tower": ["Chain"] * chains}[mode]


def test_the_plugin_registers_by_name_and_only_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    from ocr_project.engine.models.served import vision_plugin

    registered: list[tuple[str, str]] = []
    fake = types.ModuleType("vllm")
    fake.ModelRegistry = types.SimpleNamespace(  # type: ignore[attr-defined]
        register_model=lambda *names: registered.append(names)
    )
    monkeypatch.setitem(sys.modules, "vllm", fake)
    monkeypatch.delenv(vision_plugin.VARIABLE, raising=False)
    vision_plugin.register()
    assert registered == []
    monkeypatch.setenv(vision_plugin.VARIABLE, "blocks")
    vision_plugin.register()
    assert dict(registered) == {
        "GlmOcrForConditionalGeneration": "ocr_project.engine.models.served.vision_glm_ocr:CompiledGlmOcr",
        "Qwen3VLForConditionalGeneration": "ocr_project.engine.models.served.vision_qwen3_vl:CompiledQwen3VL",
    }

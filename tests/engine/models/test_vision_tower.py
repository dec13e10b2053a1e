"""The ways through vision towers that our vLLM plugin puts in the place of vLLM's: held with stand-ins."""

from __future__ import annotations

import importlib
import itertools
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the vision tower runs inside of vLLM, which has torch")


def _normed(x: Any, weight: Any, epsilon: float) -> Any:
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + epsilon) * weight


def _normed_sum(x: Any, residual: Any, weight: Any, epsilon: float) -> Any:
    return _normed(x + residual, weight, epsilon), x + residual


class Operation:
    """vLLM's operation with several ways, closed to the compiler: it notes which of them it took."""

    def __init__(self, native: Any) -> None:
        ways = {"native": native, "vllm_c": lambda *given: native(*given)}
        self.impls = {name: types.SimpleNamespace(impl_fn=way) for name, way in ways.items()}
        self.priority, self.taken = ["native"], []

    def __call__(self, *given: Any) -> Any:
        self.taken.append(self.priority[0])
        return self.impls[self.priority[0]].impl_fn(*given)

    @contextmanager
    def set_priority(self, priority: list[str]) -> Iterator[None]:
        before, self.priority = self.priority, priority
        yield
        self.priority = before


NORM, NORM_OF_SUM = Operation(_normed), Operation(_normed_sum)


class Norm(torch.nn.Module):
    """vLLM's norm."""

    has_weight, variance_epsilon = True, 1e-5

    def __init__(self, size: int) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.linspace(0.5, 1.5, size))

    def forward(self, x: Any, residual: Any = None) -> Any:
        if residual is None:
            return NORM(x, self.weight, self.variance_epsilon)
        return NORM_OF_SUM(x, residual, self.weight, self.variance_epsilon)


class Rotation:
    """vLLM's operation with two ways."""

    def __init__(self) -> None:
        self._forward_method = self.forward_cuda

    def __call__(self, x: Any, *angles: Any) -> Any:
        return self._forward_method(x, *angles)

    def forward_cuda(self, x: Any, *angles: Any) -> Any:
        return self.forward_static(x, *angles) if angles else x + 1

    def forward_native(self, x: Any) -> Any:
        return x + 1

    @staticmethod
    def forward_static(x: Any, cos: Any, sin: Any, enable_fp32_compute: bool = False) -> Any:
        first, second = x.chunk(2, dim=-1)
        cos, sin = cos.unsqueeze(-2), sin.unsqueeze(-2)
        return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)


class Product(torch.nn.Module):
    """vLLM's product: it gives its bias back beside the result."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.linear = torch.nn.Linear(inputs, outputs)

    def forward(self, x: Any) -> Any:
        return self.linear(x), None


class WithinImages(torch.nn.Module):
    """vLLM's operation: (1, patches, heads, size of a head) each."""

    def forward(self, *, query: Any, key: Any, value: Any, cu_seqlens: Any, max_seqlen: Any) -> Any:
        assert max_seqlen.item() > 0
        ends = cu_seqlens.tolist()
        parts = [
            torch.nn.functional.scaled_dot_product_attention(*(x[:, a:b].transpose(1, 2) for x in (query, key, value)))
            for a, b in itertools.pairwise(ends)
        ]
        return torch.cat(parts, dim=2).transpose(1, 2)


class StandInAttention(torch.nn.Module):
    """vLLM's attention, with what it does in its own order."""

    num_attention_heads_per_partition = 2

    def __init__(self, width: int) -> None:
        super().__init__()
        self.head = width // self.num_attention_heads_per_partition
        self.qkv, self.proj = Product(width, 3 * width), Product(width, width)
        self.q_norm, self.k_norm = Norm(self.head), Norm(self.head)
        self.attn, self.apply_rotary_emb = WithinImages(), Rotation()

    def forward(
        self, x: Any, *, cu_seqlens: Any, rotary_pos_emb_cos: Any, rotary_pos_emb_sin: Any, max_seqlen: Any
    ) -> Any:
        length, one, width = x.shape
        shape = (length, self.num_attention_heads_per_partition, self.head)
        query, key, value = (part.reshape(shape) for part in self.qkv(x)[0].chunk(3, dim=2))
        both = torch.cat([self.q_norm(query)[None], self.k_norm(key)[None]])
        query, key = self.apply_rotary_emb(both, rotary_pos_emb_cos, rotary_pos_emb_sin).chunk(2)
        found = self.attn(query=query, key=key, value=value[None], cu_seqlens=cu_seqlens, max_seqlen=max_seqlen)
        return self.proj(found.reshape(length, one, width))[0]


class StandInBlock(torch.nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1, self.norm2, self.attn = Norm(width), Norm(width), StandInAttention(width)

    def forward(self, x: Any, **same: Any) -> Any:
        normed, residual = self.norm2(x, residual=self.attn(self.norm1(x), **same))
        return residual + torch.tanh(normed)


class StandInTower(torch.nn.Module):
    """vLLM's tower, as far as ours touches it."""

    def __init__(self, wants_length: bool = True) -> None:
        super().__init__()
        self.wants_length = wants_length
        torch.manual_seed(7)
        self.blocks = torch.nn.ModuleList([StandInBlock(WIDTH) for _ in range(3)])
        self.post_layernorm = Norm(WIDTH)
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
        angles = torch.arange(len(x))[:, None] * torch.linspace(0.1, 1, WIDTH // 4)
        same = {"rotary_pos_emb_cos": angles.cos(), "rotary_pos_emb_sin": angles.sin()}
        x = x[:, None]
        for block in self.blocks:
            x = block(x, cu_seqlens=cu_seqlens, max_seqlen=length, **same)
        return self.post_layernorm(x)


class StandInModel(torch.nn.Module):
    def __init__(self, *, vllm_config: Any, prefix: str = "") -> None:
        super().__init__()
        self.visual = StandInTower(vllm_config)


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
    stand_ins = {
        "GlmOcrForConditionalGeneration": StandInModel,
        "GlmOcrVisionTransformer": StandInTower,
        "GlmOcrVisionAttention": StandInAttention,
    }
    vllm, layers = types.ModuleType("vllm"), types.ModuleType("vllm.model_executor.layers.layernorm")
    vars(vllm)["ir"] = types.SimpleNamespace(ops=types.SimpleNamespace(rms_norm=NORM, fused_add_rms_norm=NORM_OF_SUM))
    vars(layers)["RMSNorm"] = Norm
    monkeypatch.setitem(sys.modules, "vllm", vllm)
    monkeypatch.setitem(sys.modules, "vllm.model_executor.layers", types.ModuleType("vllm.model_executor.layers"))
    monkeypatch.setitem(sys.modules, layers.__name__, layers)
    monkeypatch.delitem(sys.modules, NORMS, raising=False)
    yield imported(monkeypatch, name, "glm_ocr", stand_ins)
    for module in (name, NORMS):
        sys.modules.pop(module, None)


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
        if not isinstance(sys.modules.get(parent), types.ModuleType) or hasattr(sys.modules[parent], "__file__"):
            monkeypatch.setitem(sys.modules, parent, types.ModuleType(parent))
    monkeypatch.setitem(sys.modules, fake.__name__, fake)
    monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module(name)


WIDTH = 16
NORMS = "ocr_project.engine.models.served.vision_norms"
GRID = [[1, 4, 6], [1, 10, 12], [1, 2, 2]]
PATCHES = sum(rows * columns for _, rows, columns in GRID)


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
    x = torch.randn(PATCHES, WIDTH)
    for _ in range(2):  # compiled once
        NORM.taken, NORM_OF_SUM.taken = [], []
        found = ours(x, grid)
        # open where torch compiles; the rest is vLLM's kernel, and no longer when the tower is through
        assert NORM.taken == ["vllm_c"] * (10 if mode == "length" else 1)
        assert NORM_OF_SUM.taken == (["vllm_c"] * 3 if mode == "length" else [])
        torch.testing.assert_close(found, plain(x, grid))
        assert NORM.taken[-10:] == ["native"] * 10
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
    ours(torch.randn(PATCHES, WIDTH), GRID)
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
        "Qwen2_5_VLForConditionalGeneration": "ocr_project.engine.models.served.vision_qwen2_5_vl:Qwen25VL",
        "Qwen3VLForConditionalGeneration": "ocr_project.engine.models.served.vision_qwen3_vl:CompiledQwen3VL",
    }

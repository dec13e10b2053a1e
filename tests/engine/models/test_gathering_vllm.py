"""Requests that the scheduler of the installed vLLM lets in together: asked as its engine asks it, without a model.

vLLM does not promise what ours touches of it: whether another version has moved it shows here.
"""

from __future__ import annotations

import importlib
import json
import random
import sys
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ocr_project.engine.models.served import server

pytest.importorskip("vllm", reason="the extra gpu is not installed")

from vllm.config import CacheConfig, DeviceConfig, ModelConfig, SchedulerConfig, VllmConfig
from vllm.multimodal.inputs import MultiModalFeatureSpec, PlaceholderRange
from vllm.sampling_params import SamplingParams
from vllm.v1.core.encoder_cache_manager import EncoderCacheManager
from vllm.v1.kv_cache_interface import FullAttentionSpec, KVCacheConfig, KVCacheGroupSpec
from vllm.v1.outputs import ModelRunnerOutput
from vllm.v1.request import Request, RequestStatus
from vllm.v1.structured_output import StructuredOutputManager

BATCH, SEATS, LENGTH, BLOCK = 8, 24, 4096, 16
IMAGE = 300
LIMITS = ("max_num_active_reqs", "max_num_running_reqs")
MODEL = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 64,
    "intermediate_size": 64,
    "num_attention_heads": 4,
    "num_hidden_layers": 1,
    "vocab_size": 100,
    "max_position_embeddings": LENGTH,
    "torch_dtype": "float32",
}


class Engine:
    """Asks a scheduler for the next step while the last one is at work, as vLLM's engine does."""

    def __init__(self, scheduler: Any) -> None:
        self.scheduler = scheduler
        self.limits = {name: getattr(scheduler, name) for name in LIMITS if hasattr(scheduler, name)}
        self.at_work: deque[tuple[Any, dict[str, list[int]]]] = deque()
        self.requests: dict[str, Any] = {}
        self.written: Counter[str] = Counter()
        self.finished: set[str] = set()
        self.steps = self.preempted = self.image_steps = 0
        self.let_in: list[int] = []
        self.first: dict[str, int] = {}  # step of each request

    def add(self, number: int, answer: tuple[int, int], prompt: int = 20, image: int = 0) -> list[str]:
        draws = random.Random(number)
        return [self._add(draws.randint(*answer), prompt, image) for _ in range(number)]

    def _add(self, answer: int, prompt: int, image: int) -> str:
        name = str(len(self.requests))
        place = PlaceholderRange(offset=4, length=image)
        images = [MultiModalFeatureSpec(data=None, modality="image", identifier=name, mm_position=place)]
        self.requests[name] = Request(
            request_id=name,
            prompt_token_ids=[1] * (prompt + image),
            sampling_params=SamplingParams(max_tokens=answer, ignore_eos=True),
            pooling_params=None,
            mm_features=images if image else None,
        )
        self.scheduler.add_request(self.requests[name])
        return name

    def abort(self, names: list[str]) -> None:
        self.scheduler.finish_requests(names, RequestStatus.FINISHED_ABORTED)
        for name in names:
            del self.requests[name]

    def run(self, steps: int = 20_000) -> Engine:
        """Go on until nothing is left, or for some steps."""
        end = self.steps + steps
        while (self.scheduler.has_requests() or self.at_work) and self.steps < end:
            planned = self._plan() if self.scheduler.has_requests() else 0
            if not planned or len(self.at_work) == 2:
                self._take_answer()
        return self

    def _plan(self) -> int:
        plan = self.scheduler.schedule(False)
        assert {name: getattr(self.scheduler, name) for name in self.limits} == self.limits
        assert len(self.scheduler.running) <= SEATS
        new = {request.req_id for request in plan.scheduled_new_reqs} | plan.scheduled_cached_reqs.resumed_req_ids
        self.first = {**dict.fromkeys(new, self.steps), **self.first}
        self.let_in += [len(new)] if new else []
        self.preempted += len(plan.preempted_req_ids or ())
        self.image_steps += bool(plan.scheduled_encoder_inputs)
        known = self.scheduler.requests
        tokens = {name: [] if known[name].is_prefill_chunk else [7] for name in plan.num_scheduled_tokens}
        self.at_work.append((plan, tokens))
        self.steps += 1
        return int(plan.total_num_scheduled_tokens)

    def _take_answer(self) -> None:
        plan, tokens = self.at_work.popleft()
        places = {name: place for place, name in enumerate(tokens)}
        answer = ModelRunnerOutput(
            req_ids=list(tokens), req_id_to_index=places, sampled_token_ids=list(tokens.values()), pooler_output=[]
        )
        for outputs in self.scheduler.update_from_output(plan, answer).values():
            for output in outputs.outputs:
                self.written[output.request_id] += len(output.new_token_ids)
                self.finished |= {output.request_id} if output.finish_reason is not None else set()

    def assert_all_is_answered(self) -> None:
        assert set(self.requests) <= self.finished
        assert {name: self.written[name] for name in self.requests} == {
            name: request.max_tokens for name, request in self.requests.items()
        }
        assert not any(request.num_output_placeholders for request in self.requests.values())
        assert self.scheduler.get_request_counts() == (0, 0)
        assert self.scheduler.kv_cache_manager.usage == 0


Made = Callable[..., Engine]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    (folder / "config.json").write_text(json.dumps(MODEL), "utf-8")
    return folder


@pytest.fixture
def engine(model: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """Return what makes an engine with `tokens` in a step and `blocks` of memory; `ours=False`: vLLM's scheduler."""
    monkeypatch.setenv(server._PREFILL_BATCH, str(BATCH))
    monkeypatch.delitem(sys.modules, server._SCHEDULER.rpartition(".")[0], raising=False)  # test_gathering.py's

    def made(*, tokens: int = 8192, blocks: int = 10_000, ours: bool = True, **more: Any) -> Engine:
        cache = CacheConfig(block_size=BLOCK, enable_prefix_caching=False)
        cache.num_gpu_blocks = blocks
        scheduling = SchedulerConfig(
            max_num_seqs=SEATS,
            max_num_batched_tokens=tokens,
            max_model_len=LENGTH,
            is_encoder_decoder=False,
            async_scheduling=True,
            scheduler_cls=server._SCHEDULER if ours else None,
            **more,
        )
        config = VllmConfig(
            model_config=ModelConfig(
                model=str(model), tokenizer=str(model), skip_tokenizer_init=True, max_model_len=LENGTH
            ),
            cache_config=cache,
            device_config=DeviceConfig("cpu"),
            scheduler_config=scheduling,
        )
        torch = importlib.import_module("torch")
        layer = FullAttentionSpec(block_size=BLOCK, num_kv_heads=1, head_size=1, dtype=torch.float32)
        scheduler = scheduling.get_scheduler_cls()(
            vllm_config=config,
            kv_cache_config=KVCacheConfig(
                num_blocks=blocks, kv_cache_tensors=[], kv_cache_groups=[KVCacheGroupSpec(["layer"], layer)]
            ),
            structured_output_manager=StructuredOutputManager(config),
            block_size=BLOCK,
            log_stats=True,
        )
        scheduler.max_num_encoder_input_tokens = tokens  # as for a model that has a vision tower
        scheduler.encoder_cache_manager = EncoderCacheManager(cache_size=tokens)
        return Engine(scheduler)

    return made


def test_images_are_let_in_by_batches_and_all_are_answered(engine: Made) -> None:
    own, ours = (engine(ours=ours) for ours in (False, True))
    for each in (own, ours):
        each.add(100, (5, 40), image=IMAGE)
        each.run().assert_all_is_answered()
    assert min(ours.let_in[:-1]) >= BATCH
    assert ours.image_steps < own.image_steps / 3
    assert ours.steps < own.steps * 1.4


def test_a_step_that_has_no_tokens_for_a_batch_is_filled_and_no_more_is_waited_for(engine: Made) -> None:
    own, ours = (engine(tokens=1500, ours=ours) for ours in (False, True))
    for each in (own, ours):
        each.add(100, (5, 40), image=IMAGE)
        each.run().assert_all_is_answered()
    assert ours.image_steps < own.image_steps / 2
    assert ours.steps < own.steps * 1.2


@pytest.mark.parametrize("policy", ["fcfs", "priority"])
def test_memory_that_is_too_small_lets_none_starve(engine: Made, policy: str) -> None:
    ours = engine(blocks=120, policy=policy)
    ours.add(40, (50, 200), image=60)
    ours.run().assert_all_is_answered()
    assert ours.preempted > 0


def test_memory_that_is_full_at_times_does_not_make_batches_smaller(engine: Made) -> None:
    own, ours = (engine(blocks=200, ours=ours) for ours in (False, True))
    for each in (own, ours):
        each.add(100, (50, 200), image=60)
        each.run().assert_all_is_answered()
        assert each.preempted > 0
    assert ours.image_steps < own.image_steps * 0.7
    assert ours.steps < own.steps * 1.2


@pytest.mark.parametrize("chunked", [True, False])
def test_a_long_prompt_among_short_ones(engine: Made, chunked: bool) -> None:
    ours = engine(tokens=256 if chunked else LENGTH, enable_chunked_prefill=chunked)
    for number, prompt in ((30, 20), (1, 3000), (30, 20)):
        ours.add(number, (5, 40), prompt=prompt)
    ours.run().assert_all_is_answered()


def test_few_that_come_late_are_let_in_and_may_leave(engine: Made) -> None:
    ours = engine()
    ours.add(20, (300, 300))
    ours.run(20)
    late = ours.add(3, (5, 5))
    ours.run(10)
    assert not set(late) & set(ours.first)
    ours.abort(late[:1])
    ours.run().assert_all_is_answered()
    assert all(ours.first[name] - 20 <= 65 for name in late[1:])


def test_that_all_others_are_gone_ends_the_wait(engine: Made) -> None:
    ours = engine()
    others = ours.add(20, (300, 300))
    ours.run(20)
    ours.add(3, (5, 5))
    ours.run(5)
    ours.abort(others)
    ours.run().assert_all_is_answered()
    assert ours.steps < 50

"""Models of several cards in one process: torch's switches are those of all of them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs torch: the gpu extra, or a CPU build")

from ocr_project.domain.options import PpDocLayoutOptions, Precision  # noqa: E402
from ocr_project.engine.layout.pp_doclayout.model import build_forward  # noqa: E402
from tests.waiting import PATIENCE  # noqa: E402

SECONDS = PATIENCE


def switches() -> tuple[str, bool, bool]:
    cudnn = torch.backends.cudnn
    return torch.get_float32_matmul_precision(), cudnn.allow_tf32, cudnn.benchmark


def forward_of(work: Any, precision: Precision) -> Any:
    """Return the forward of a model that does some work, as if on a card."""

    def model(pixel_values: Any) -> Any:
        work()
        none = torch.zeros(1)
        return SimpleNamespace(logits=none, pred_boxes=none, order_logits=none, out_masks=none)

    options = PpDocLayoutOptions(device="cuda:0", precision=precision, compile=False, polygons=True)
    return build_forward(model, options)


def test_a_model_that_ends_first_leaves_the_switches_of_one_that_is_at_work() -> None:
    before = switches()
    inside, entered, ended = threading.Event(), threading.Event(), threading.Event()
    seen: list[tuple[str, bool, bool]] = []

    def second() -> None:
        seen.append(switches())
        entered.set()
        assert ended.wait(SECONDS)
        seen.append(switches())

    def first() -> None:
        inside.set()
        assert entered.wait(SECONDS)

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(forward_of(first, Precision.TF32), torch.zeros(1))
        assert inside.wait(SECONDS)
        other = pool.submit(forward_of(second, Precision.TF32), torch.zeros(1))
        one.result(SECONDS)
        ended.set()
        other.result(SECONDS)
    assert seen == [("high", True, True)] * 2
    assert switches() == before


def test_a_model_of_another_precision_waits() -> None:
    inside = threading.Event()
    order: list[str] = []

    def work() -> None:
        inside.set()
        order.append("tf32")

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(forward_of(work, Precision.TF32), torch.zeros(1))
        assert inside.wait(SECONDS)
        other = pool.submit(forward_of(lambda: order.append(switches()[0]), Precision.FP32), torch.zeros(1))
        one.result(SECONDS)
        other.result(SECONDS)
    assert order == ["tf32", "highest"]

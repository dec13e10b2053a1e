"""Which cards a run uses, with an NVML that is none."""

from __future__ import annotations

import sys

import pytest

from ocr_project.domain.options import RuntimeOptions
from ocr_project.engine.running.cards import cards_of
from tests.fake_nvml import FakeGpu, FakeNvml


def here(monkeypatch: pytest.MonkeyPatch, cards: int, visible: str | None = None) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(*(FakeGpu() for _ in range(cards))))
    if visible is None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    else:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)


@pytest.mark.parametrize(
    ("cards", "visible", "used"), [(8, None, tuple(range(8))), (8, "4,5,6", (0, 1, 2)), (1, None, (0,)), (0, None, ())]
)
def test_all_are_those_that_cuda_shows_numbered_from_0(
    monkeypatch: pytest.MonkeyPatch, cards: int, visible: str | None, used: tuple[int, ...]
) -> None:
    here(monkeypatch, cards, visible)
    assert cards_of(RuntimeOptions(gpus="all")) == used


def test_those_that_are_named_are_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    here(monkeypatch, 0)
    assert cards_of(RuntimeOptions(gpus=(1, 3))) == (1, 3)
    assert cards_of(RuntimeOptions()) == ()

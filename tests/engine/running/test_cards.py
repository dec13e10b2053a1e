"""Which cards a run uses, with an NVML that is none."""

from __future__ import annotations

import sys

import pytest

from ocr_project.domain.errors import BackendError
from ocr_project.domain.options import RuntimeOptions
from ocr_project.engine.running.cards import (
    cards_of,
    cards_shown,
    cards_watched,
    first_cards,
    nvml_number,
    only_card,
)
from ocr_project.engine.running.monitoring.nvml import visible_gpus
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


@pytest.mark.parametrize(
    ("visible", "named"),
    [
        (None, ["0", "1", "2", "3"]),
        ("3", ["3"]),
        (" 2, 3", ["2", "3"]),
        ("GPU-3,GPU-1", ["GPU-3", "GPU-1"]),
        ("1,9,2", ["1"]),  # CUDA stops at the first that is not there
        ("MIG-a1,MIG-b2", ["MIG-a1", "MIG-b2"]),
        ("", []),
        ("-1", []),
        ("NoDevFiles", []),  # Slurm's, of a job without a card
    ],
)
def test_cards_are_handed_on_by_the_names_that_this_process_was_told(
    monkeypatch: pytest.MonkeyPatch, visible: str | None, named: list[str]
) -> None:
    here(monkeypatch, 4, visible)
    assert cards_shown() == named
    for number, name in enumerate(named):
        assert only_card(number, "recognition.vllm.gpus") == {"CUDA_VISIBLE_DEVICES": name}


def test_a_card_that_is_not_shown_is_not_taken_by_its_number_on_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that sees card 1 alone, told to use 0 and 1, gave card 1 two servers: one under each number."""
    here(monkeypatch, 2, "1")
    assert only_card(0, "matrix.gpus") == {"CUDA_VISIBLE_DEVICES": "1"}
    with pytest.raises(BackendError, match=r"matrix\.gpus names GPU 1, but CUDA_VISIBLE_DEVICES=1 shows 1 to this"):
        only_card(1, "matrix.gpus")
    here(monkeypatch, 2, "")
    assert only_card(0, "matrix.gpus") == {"CUDA_VISIBLE_DEVICES": ""}, "hidden from us is hidden from servers"


@pytest.mark.parametrize(("visible", "first"), [(None, "0"), ("3,1", "3"), ("GPU-1,GPU-2", "GPU-1"), ("", "")])
def test_a_child_sees_as_many_cards_as_it_works_on(
    monkeypatch: pytest.MonkeyPatch, visible: str | None, first: str
) -> None:
    here(monkeypatch, 4, visible)
    assert first_cards(1) == {"CUDA_VISIBLE_DEVICES": first}
    assert first_cards(2)["CUDA_VISIBLE_DEVICES"].startswith(first)


@pytest.mark.parametrize(("visible", "watched"), [(None, [2, 3]), ("0", [2]), ("1,0", [3, 2]), ("2", [])])
def test_in_a_job_whose_cgroup_withholds_cards_numbers_count_among_the_others(
    monkeypatch: pytest.MonkeyPatch, visible: str | None, watched: list[int]
) -> None:
    """Slurm with ConstrainDevices: cards 2 and 3 of four are the job's, and it calls them 0 and 1."""
    cards = [FakeGpu(withheld=True), FakeGpu(withheld=True), FakeGpu(), FakeGpu()]
    here(monkeypatch, 0, visible)
    nvml = FakeNvml(*cards)
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    assert [gpu.index for gpu in visible_gpus(nvml)] == watched
    assert cards_of(RuntimeOptions(gpus="all")) == tuple(range(len(watched)))


@pytest.mark.parametrize(
    ("visible", "numbers"),
    [(None, [0, 1, 2, 3]), ("1", [1]), ("3,0", [3, 0]), ("GPU-2", [2]), ("MIG-a,MIG-b", [0, 1])],
)
def test_a_card_has_one_number_in_events_and_in_footers(
    monkeypatch: pytest.MonkeyPatch, visible: str | None, numbers: list[int]
) -> None:
    here(monkeypatch, 4, visible)
    assert [nvml_number(at) for at in range(len(numbers))] == numbers
    watched = {} if visible == "MIG-a,MIG-b" else {number: f"GPU-{number}aaa-bbb" for number in numbers}
    assert cards_watched() == watched


@pytest.mark.parametrize(("visible", "number"), [(None, 0), ("1", 1), ("GPU-2", 0), ("", 0)])
def test_without_nvml_a_card_has_the_number_that_the_variable_has(
    monkeypatch: pytest.MonkeyPatch, visible: str | None, number: int
) -> None:
    here(monkeypatch, 0, visible)
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(broken="no driver"))
    assert nvml_number(0) == number
    assert cards_watched() == {}

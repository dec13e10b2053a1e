"""What `kedro doctor` says of a training: torch, cards, packages, the memory of a full pack, and room."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ocr_project.checks.doctor import Profile, disk, training
from ocr_project.checks.doctor.finding import Finding, State
from ocr_project.checks.doctor.needs import Model, needs_of
from tests.training.test_memory import TRUE


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "Qwen3-VL-2B-Instruct"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(TRUE["qwen3-vl-2b"]))
    return folder


@pytest.fixture(autouse=True)
def torch_version(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    installed = {"torch": "2.13.0+cu130"}
    monkeypatch.setattr(training, "version", lambda name: installed[name])
    return installed


def said(model: Path, gib: float = 0.0, **changes: Any) -> list[Finding]:
    profile = Profile.model_validate(
        {"training": {"model": str(model), **changes}, "runtime": {"gpu_memory_gib": gib}}
    )
    return training.check_training(needs_of(profile.stages()), model.parent / "data" / "not yet there")


def test_a_pack_that_a_card_holds_is_told_by_its_parts(model: Path) -> None:
    room, found = said(model, 139.0)
    assert (room.check, room.state) == ("room", State.OK)
    assert (found.check, found.state) == ("training", State.OK)
    assert "GiB of 139: weights 3.95, states" in found.found


def test_what_a_card_cannot_hold_names_the_knobs(model: Path) -> None:
    _, found = said(model, 4.0)
    assert (found.check, found.state) == ("training", State.MISSING)
    assert "training.tokens_per_pack, half as many" in found.found


@pytest.mark.parametrize(
    ("changes", "gb"),
    # 2.13e9 weights; in full 1.82e9 of them (language, embedding, mergers) are trained, at 12 bytes each
    [({}, 4.9), ({"method": "full"}, 82.5), ({"method": "full", "keep": 1}, 56.4)],
)
def test_little_room_for_what_is_saved_is_missing(
    changes: dict[str, Any], gb: float, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 1_000_000_000}))
    room = said(model, device="cpu", **changes)[0]
    assert (room.check, room.state) == ("room", State.MISSING)
    told = re.fullmatch(r"1\.0 GB free; checkpoints and the merged model take about ([\d.]+) GB", room.found)
    assert told is not None
    assert float(told.group(1)) == pytest.approx(gb, rel=0.01)
    assert "training.keep" in room.advice


def test_on_a_cpu_no_card_is_too_small(model: Path) -> None:
    assert [one.state for one in said(model, 4.0, device="cpu")] == [State.OK, State.OK]


@pytest.mark.parametrize(("torch", "slow"), [("2.9.0", True), ("2.9.1+cu128", True), ("2.10.0", False)])
def test_the_torch_with_the_slow_convolution_is_warned_of(
    torch: str, slow: bool, model: Path, torch_version: dict[str, str]
) -> None:
    torch_version["torch"] = torch
    warned = [one for one in said(model) if one.check == "torch"]
    assert [(one.state, one.advice) for one in warned] == [(State.WARNING, "take torch 2.10 or newer")] * slow


def test_a_model_that_cannot_be_trained_is_missing(model: Path) -> None:
    (model / "config.json").write_text(json.dumps({"model_type": "llama"}))
    (found,) = said(model)
    assert found.state is State.MISSING
    assert "'llama'; those that can be trained are" in found.found


def test_a_training_needs_its_cards_and_packages(model: Path) -> None:
    changes = {"devices": 2, "packs_per_update": 4, "four_bit": True}
    needs = needs_of(Profile.model_validate({"training": {"model": str(model), **changes}}).stages())
    assert needs.gpus == (0, 1)
    assert {"peft", "accelerate", "torch", "transformers", "bitsandbytes"} <= set(needs.packages)
    assert needs.models[-1] == Model("training.model", str(model), None)


def test_without_a_training_in_the_profile_nothing_is_said(tmp_path: Path) -> None:
    assert training.check_training(needs_of(Profile().stages()), tmp_path) == []

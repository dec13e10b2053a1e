"""Killed in the middle of an epoch and on again: the same weights, bit for bit. Ended by SIGTERM: saved first."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from ocr_project.domain.errors import StorageError
from ocr_project.testing import tiny_trainable
from tests.training.tiny import options, prepare
from tests.whole_job import ROOT

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

# Everything that is random is on: dropout of LoRA, noise and JPEG of images; and two packs make an update.
CHANGES: dict[str, Any] = {
    "epochs": 4,
    "tokens_per_pack": 300,
    "packs_per_update": 2,
    "lora": {"dropout": 0.1},
    "augmentation": {"noise": 20.0, "jpeg": 40},
}
PROGRAM = """
import sys
from pathlib import Path
from tests.training.tiny import options, prepare
from tests.training.test_resume import CHANGES, Slow
model, run, changes = Path(sys.argv[1]), Path(sys.argv[2]), dict(CHANGES, save_minutes=1e-9)
trainer = prepare(model, **changes).trainer(run)
trainer.add_callback(Slow())
trainer.fit()
"""


def weights(run: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    from ocr_project.training.checkpoints import last_checkpoint

    last = last_checkpoint(run)
    assert last is not None
    return dict(load_file(last / "adapter_model.safetensors"))


def Slow() -> Any:  # noqa: N802
    from transformers import TrainerCallback

    class _Slow(TrainerCallback):  # type: ignore[misc]
        """Leaves time to kill it."""

        def on_step_begin(self, *_: Any, **__: Any) -> None:
            time.sleep(0.5)

    return _Slow()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_trainable.build(tmp_path_factory.mktemp("model"), "qwen3_vl")


@pytest.fixture(scope="module")
def whole(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing disturbed."""
    run = tmp_path_factory.mktemp("whole")
    prepare(model, **CHANGES).trainer(run).fit()
    return run


@pytest.mark.parametrize("by", [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_13_a_run_that_is_ended_and_goes_on_has_the_same_weights_to_the_last_bit(
    model: Path, whole: Path, tmp_path: Path, by: signal.Signals
) -> None:
    from ocr_project.training.checkpoints import last_checkpoint
    from ocr_project.training.recording import read_steps

    run = tmp_path / "run"
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(model), str(run)], env=environment)
    try:
        deadline = time.monotonic() + 200
        while not (run / "checkpoint-2" / "whole.json").is_file():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(by)
        assert process.wait(60) == (0 if by is signal.SIGTERM else -signal.SIGKILL)
    finally:
        process.kill()
    last = last_checkpoint(run)
    assert last is not None
    done = int(last.name.rpartition("-")[2])
    updates = read_steps(whole)["update"].tolist()
    assert 2 <= done < max(updates)  # in the middle

    training = prepare(model, **CHANGES)
    training.trainer(run).fit()
    expected, found = weights(whole), weights(run)
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    steps = read_steps(run)
    assert steps["update"].tolist() == updates
    assert steps["loss"].tolist() == read_steps(whole)["loss"].tolist()


def test_13_a_checkpoint_that_is_half_written_is_not_gone_on_from(model: Path, whole: Path, tmp_path: Path) -> None:
    from ocr_project.training.checkpoints import last_checkpoint

    (tmp_path / "checkpoint-3").mkdir()
    (tmp_path / "checkpoint-3" / "whole.json").write_text(json.dumps({"update": 3}))
    (tmp_path / "checkpoint-11").mkdir()
    (tmp_path / "checkpoint-11" / "optimizer.pt").write_bytes(b"half")
    last = last_checkpoint(tmp_path)
    assert last is not None
    assert last.name == "checkpoint-3"
    assert not (tmp_path / "checkpoint-11").exists()


def test_a_disk_that_is_full_is_said_and_the_checkpoint_before_stays(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    from ocr_project.training.checkpoints import last_checkpoint

    calls = []

    def usage(path: Any) -> Any:
        calls.append(path)
        return _Usage(10**12 if len(calls) == 1 else 1000)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    training = prepare(model, **CHANGES | {"save_minutes": 1e-9})
    with pytest.raises(StorageError, match="free some"):
        training.trainer(tmp_path / "run").fit()
    last = last_checkpoint(tmp_path / "run")
    assert last is not None
    assert last.name == "checkpoint-1"


class _Usage:
    def __init__(self, free: int) -> None:
        self.free = free


def test_only_as_many_checkpoints_are_kept_as_the_options_say(model: Path, tmp_path: Path) -> None:
    prepare(model, **CHANGES | {"save_minutes": 1e-9, "keep": 1}).trainer(tmp_path).fit()
    assert len(list(tmp_path.glob("checkpoint-*"))) == 1


def test_options_that_would_not_train_are_refused(model: Path) -> None:
    for changes, word in (
        ({"four_bit": True, "method": "full"}, "four_bit"),
        ({"replay": 0.3}, "known"),
        ({"freeze": {"vision": True, "projector": True, "language": True}}, "frozen"),
        ({"packs_per_update": 3, "devices": 2}, "multiple"),
        ({"method": "full", "devices": 2, "packs_per_update": 2}, "fsdp2"),
    ):
        with pytest.raises(ValueError, match=word):
            options(model, **changes)

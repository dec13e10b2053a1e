"""Two processes, gloo, a CPU, with all weights or a share: losses and weights of one process; saved, killed and on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ocr_project.testing import tiny_trainable
from tests.training.tiny import prepare
from tests.whole_job import ROOT

torch = pytest.importorskip("torch")
pytest.importorskip("peft")
pytestmark = pytest.mark.slow

LORA: dict[str, Any] = {"epochs": 3, "tokens_per_pack": 300, "packs_per_update": 2}
# AdamW turns rounding of tiny gradients into whole steps: with large ones, weights of two processes drift from one's
FULL: dict[str, Any] = {**LORA, "method": "full", "learning_rate": 1e-3}
PROGRAM = """
import json, sys
from pathlib import Path
from tests.training.tiny import prepare
model, run, changes, updates = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3]), int(sys.argv[4])
trainer = prepare(model, devices=2, save_minutes=1e-9, keep=9, **changes).trainer(run)
if updates:
    from transformers import TrainerCallback
    class Dies(TrainerCallback):
        def on_step_begin(self, args, state, control, **_):
            if state.global_step == updates:
                import os
                os._exit(9)
    trainer.add_callback(Dies())
trainer.fit()
"""


def in_two(model: Path, run: Path, changes: dict[str, Any], dies_after: int = 0) -> int:
    import json

    run.mkdir(exist_ok=True)
    (run.parent / "program.py").write_text(PROGRAM)
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    given = [str(run.parent / "program.py"), str(model), str(run), json.dumps(changes), str(dies_after)]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "OMP_NUM_THREADS": "1"}
    return subprocess.run([*launcher, *given], env=environment, timeout=280, check=False).returncode


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_trainable.build(tmp_path_factory.mktemp("model"), "qwen3_vl")


def saved(run: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    from ocr_project.training.checkpoints import last_checkpoint

    last = last_checkpoint(run)
    assert last is not None
    (file,) = (path for path in last.glob("*model.safetensors"))
    return dict(load_file(file))


@pytest.mark.parametrize(
    ("changes", "sharding"),
    [(LORA, "replicas"), (LORA, "fsdp2"), (FULL, "fsdp2")],
    ids=["lora", "lora-shares", "full-shares"],
)
def test_two_processes_are_one_and_go_on_where_they_were_killed(
    changes: dict[str, Any], sharding: str, model: Path, tmp_path: Path
) -> None:
    from ocr_project.training.recording import read_steps

    one, two = tmp_path / "one", tmp_path / "two"
    prepare(model, **changes).trainer(one).fit()
    shared = {**changes, "sharding": sharding}
    assert in_two(model, two, shared, dies_after=2) != 0
    assert read_steps(two)["update"].tolist() == [1, 2]
    assert in_two(model, two, shared) == 0
    expected, found = read_steps(one), read_steps(two)
    assert found["update"].tolist() == expected["update"].tolist()
    assert found["answer_tokens"].tolist() == expected["answer_tokens"].tolist()
    assert found["loss"].tolist() == pytest.approx(expected["loss"].tolist(), rel=2e-3)
    weights, again = saved(one), saved(two)
    assert weights.keys() == again.keys()
    for name, weight in weights.items():
        assert again[name].shape == weight.shape, "a checkpoint is of whole weights too"
        assert torch.allclose(again[name], weight, rtol=0, atol=2e-3), name

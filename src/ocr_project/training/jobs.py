"""What is done in a process of its own: score the base, train, merge, score the tuned model.

A process that runs out of memory, of a card or of the machine, ends itself and not Kedro; several cards are several
processes (torch's launcher). The parent writes a job, the child leaves a result beside it, and each phase that has
left one is not done again.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from ocr_project.domain.errors import BackendError, OcrProjectError
from ocr_project.domain.options import TrainingOptions
from ocr_project.engine.running.cards import first_cards
from ocr_project.storage.atomic import atomic_json

log = logging.getLogger(__name__)

WORK = "ocr_project.training.work"
_LAUNCHER = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node")
_SOURCE = Path(__file__).resolve().parents[2]
STOPPED = 75  # exit status of a training that was asked to stop, and has saved


class Phase(StrEnum):
    """What a process is started for."""

    SCORE_BASE = "score_base"
    TRAIN = "train"
    MERGE = "merge"
    SCORE_TUNED = "score_tuned"


class Stopped(OcrProjectError):
    """A training was asked to stop (SIGTERM), and has saved: the same command goes on."""


@dataclass(frozen=True, slots=True)
class Job:
    """All that a process needs to know.

    Attributes:
        options: All of `training`.
        run: Folder of the run: checkpoints, adapter, merged model, results.
        samples: Folder of the shards of samples.
        plan: Parquet file of the plan.
        held_out: Parquet file of what is scored: set, shard, sample_id.
    """

    options: TrainingOptions
    run: Path
    samples: Path
    plan: Path
    held_out: Path

    def write(self, path: Path) -> None:
        """Write it for a child."""
        paths = {name: str(value) for name, value in asdict(self).items() if isinstance(value, Path)}
        atomic_json(path, {"options": self.options.model_dump(mode="json"), **paths})

    @classmethod
    def read(cls, path: Path) -> Job:
        """Read what a parent wrote."""
        found = json.loads(path.read_text())
        options = TrainingOptions.model_validate(found.pop("options"))
        return cls(options, **{name: Path(value) for name, value in found.items()})


def run_phase(job: Job, phase: Phase) -> dict[str, Any]:
    """Run a phase in a process of its own, or return the result that it left before.

    Raises:
        Stopped: It was asked to stop, and has saved.
        BackendError: It ended without a result; the message says why.
    """
    job.run.mkdir(parents=True, exist_ok=True)
    result, written = job.run / f"{phase}.json", job.run / "job.json"
    if result.is_file():
        log.info("training: %s is done already (%s)", phase, result)
        return dict(json.loads(result.read_text()))
    job.write(written)
    failure = job.run / "failure.json"
    failure.unlink(missing_ok=True)
    cards = job.options.devices if phase is Phase.TRAIN else 1
    launched = [*_LAUNCHER, str(cards), "-m"] if cards > 1 else ["-m"]
    command = [sys.executable, *launched, WORK, str(phase), str(written)]
    paths = os.pathsep.join(filter(None, (str(_SOURCE), os.environ.get("PYTHONPATH", ""))))
    # a process that sees more than its own is given a model copied to all of them by transformers (DataParallel)
    environment = {**os.environ, "PYTHONPATH": paths, "TOKENIZERS_PARALLELISM": "false", **first_cards(cards)}
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL)
    with _passed_on(process):
        status = process.wait()
    if result.is_file() and not status:
        return dict(json.loads(result.read_text()))
    raise _explained(phase, status, failure)


def _explained(phase: Phase, status: int, failure: Path) -> OcrProjectError:
    said: Mapping[str, str] = json.loads(failure.read_text()) if failure.is_file() else {}
    if status == STOPPED or said.get("kind") == "stopped":
        return Stopped("training was asked to stop and has saved: run the same command again, it goes on from there")
    if said:
        return BackendError(f"training, {phase}: {said['message']}")
    if status == -signal.SIGKILL:
        return BackendError(
            f"training, {phase}: its process was killed, most likely for the memory of the machine: lower"
            " training.workers or training.tokens_per_pack; the same command goes on from the last checkpoint"
        )
    return BackendError(f"training, {phase}: its process ended with status {status}; its message is above")


@contextmanager
def _passed_on(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Pass SIGTERM on to the child, which saves; the child ends with its parent."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: process.send_signal(signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        if process.poll() is None:
            process.terminate()

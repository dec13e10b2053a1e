"""What is recorded of each update, a line of JSON: loss, learning rate, tokens a second, …

To ask a GPU for the loss is to wait until it is known, and meanwhile nothing new is given to it. So an update's
numbers are asked for when it ends and read when the next one has been handed over: a loss that is not a number is
noticed one update later, and always before anything is saved.
"""

from __future__ import annotations

import json
import math
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
import torch

from ocr_project.domain.errors import OcrProjectError
from ocr_project.storage.steps import read_lines
from ocr_project.training.packing import Pack

_STEPS = "steps.jsonl"

Looks = Callable[[Any, int], Mapping[str, float]]
"""Called with the model and the number of the update; returns what is seen of held-out samples."""


class BadLoss(OcrProjectError):
    """The loss is not a number; weights are as the checkpoint before has them."""


@dataclass(frozen=True, slots=True)
class Speed:
    """What a pack costs, for tokens a second and the share of the card's arithmetic.

    Attributes:
        flops: Of a pack, forward and backward, as they are counted for MFU: recomputation is not.
        peak: Floating-point operations a second that the card can do.
    """

    flops: Callable[[Pack], float] = lambda _: 0.0
    peak: float = 0.0


@dataclass(slots=True)
class Looked:
    """What is looked at beside the loss, and how often."""

    every: int = 0
    looks: Looks | None = None
    speed: Speed = field(default_factory=Speed)


class Arrival(Protocol):
    """Of numbers from a GPU."""

    def synchronize(self) -> None:
        """Wait for them."""


Ask = Callable[[torch.Tensor], tuple[torch.Tensor, Arrival | None]]
"""Returns where the numbers of a tensor will be, and what to wait for before they are read; None: for nothing."""


def ask_for(numbers: torch.Tensor) -> tuple[torch.Tensor, Arrival | None]:
    """Let numbers be copied to the CPU, and go on."""
    if not numbers.is_cuda:
        return numbers, None
    copied = numbers.to("cpu", non_blocking=True)
    event = torch.cuda.Event()
    event.record()
    return copied, event


@dataclass(slots=True)
class _Update:
    """What is known of an update when it has been handed over; its numbers are on their way.

    Attributes:
        samples: Of each pack.
        numbers: The losses of the packs, the size of the gradient, the loss of all cards together.
        arrived: When the numbers can be read; None: at once.
        line: What is written beside them.
        tokens: Of all cards.
        flops: Of one card.
    """

    samples: list[tuple[str, ...]]
    numbers: torch.Tensor
    arrived: Arrival | None
    line: dict[str, float]
    tokens: int
    flops: float


class Recorder:
    """Counts what is done in an update, and writes a line for it."""

    def __init__(self, folder: Path, cards: int, speed: Speed, ask: Ask = ask_for) -> None:
        """Write nothing.

        Args:
            folder: Of the run.
            cards: That work on an update.
            speed: How it is counted.
            ask: How numbers are asked for.
        """
        self._ask = ask
        self._path = folder / _STEPS
        self._cards = cards
        self._speed = speed
        self._began = time.monotonic()
        self._tokens, self._answers, self._flops, self._waited = 0, 0, 0.0, 0.0
        self._losses: list[tuple[torch.Tensor, tuple[str, ...]]] = []
        self._under_way: deque[_Update] = deque()

    def forget_after(self, update: int) -> None:
        """Take back what was recorded after the checkpoint that the run goes on from."""
        if self._path.is_file():
            kept = [json.dumps(line) for line in read_lines(self._path) if line["update"] <= update]
            self._path.write_text("".join(f"{line}\n" for line in kept))
        self._began = time.monotonic()

    def wait(self, seconds: float) -> None:
        """Count the time for which the packs of an update were waited for: more than a moment, and images are late."""
        self._waited += seconds

    def count(self, pack: Pack, loss: torch.Tensor) -> None:
        """Count a pack of the update that is under way."""
        self._losses.append((loss.detach(), pack.sample_ids))
        self._tokens += int(pack.inputs["input_ids"].shape[1])
        self._answers = pack.update_tokens
        self._flops += self._speed.flops(pack)

    def end(self, update: int, norm: Any, rate: float, seen: Mapping[str, float]) -> None:
        """Ask for the numbers of an update that has been handed over; without packs since the last: of nothing.

        Args:
            update: Its number.
            norm: Of its gradient; None: it was not asked for.
            rate: At which is learnt.
            seen: Of held-out samples.
        """
        if not self._losses:
            return
        losses = torch.stack([loss for loss, _ in self._losses]).float()
        whole = losses.sum()
        if self._cards > 1:
            torch.distributed.all_reduce(whole)
        norm = norm.full_tensor() if hasattr(norm, "full_tensor") else norm  # of weights that cards share
        size = torch.as_tensor(0.0 if norm is None else norm, dtype=torch.float32, device=losses.device)
        numbers, arrived = self._ask(torch.cat([losses, size[None], whole[None]]))
        line = {"update": update, "learning_rate": rate, "answer_tokens": self._answers, **seen}
        line["waited"] = round(self._waited, 4)
        samples = [ids for _, ids in self._losses]
        self._under_way.append(_Update(samples, numbers, arrived, line, self._tokens * self._cards, self._flops))
        self._losses, self._tokens, self._answers, self._flops, self._waited = [], 0, 0, 0.0, 0.0

    def write(self, *, to_the_last: bool, first: bool) -> None:
        """Write a line for each update whose numbers are there: on a GPU for all but the last.

        Args:
            to_the_last: Wait for that one, too: something is saved or ends.
            first: Whether this process is the one that writes; all of them look.

        Raises:
            BadLoss: A loss or a gradient is not a number; the message names the samples.
        """
        while self._under_way and (to_the_last or self._under_way[0].arrived is None or len(self._under_way) > 1):
            update = self._under_way.popleft()
            if update.arrived is not None:
                update.arrived.synchronize()
            line = self._line(update)
            if first:
                with self._path.open("a") as file:
                    file.write(json.dumps(line) + "\n")

    def _line(self, update: _Update) -> dict[str, float]:
        *losses, norm, whole = update.numbers.tolist()
        _require_numbers(update, losses, norm)
        now = time.monotonic()
        seconds, self._began = max(now - self._began, 1e-9), now
        line = {
            **update.line,
            "loss": whole,
            "grad_norm": round(norm, 5),
            "seconds": round(seconds, 4),
            "tokens_per_second": round(update.tokens / seconds, 1),
        }
        if self._speed.peak:
            line["mfu"] = round(update.flops / seconds / self._speed.peak, 4)
        if torch.cuda.is_available():
            line["gpu_gib"] = round(torch.cuda.max_memory_allocated() / 2**30, 2)
        return line


def read_steps(folder: Path) -> pd.DataFrame:
    """Return what was recorded of each update: loss, learning rate, tokens a second, …; empty where none was."""
    return pd.DataFrame(read_lines(folder / _STEPS))


def _require_numbers(update: _Update, losses: Sequence[float], norm: float) -> None:
    number = update.line["update"]
    bad = [name for loss, ids in zip(losses, update.samples, strict=True) if not math.isfinite(loss) for name in ids]
    if bad:
        raise BadLoss(
            f"the loss of update {number} is not a number; it is of the samples {', '.join(bad)}: look at them, or"
            " lower training.learning_rate; the last checkpoint is good"
        )
    if not math.isfinite(norm):
        raise BadLoss(
            f"the gradient of update {number} is not a number, though its loss is: lower training.learning_rate or set"
            " training.clip; the last checkpoint is good"
        )

"""The loop: transformers' Trainer over packs, with our sampler, loss, checkpoints and ends.

What the Trainer does: accumulate, clip, step, schedule, replicate or shard (DDP, FSDP2 by accelerate), save and load
weights, optimizer, scheduler and random states. What it must not do for these models, and what is done here instead:
count tokens by labels, divide the loss, move `use_cache`, choose samples, hide a loss that is not a number.

A checkpoint counts once its mark is written, last: one that a kill or a full disk left half written is never resumed
from. Going on skips as many packs as were done, so that a run that was killed ends with the same weights, bit for bit,
on one device.
"""

from __future__ import annotations

import json
import math
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch.utils.data import DataLoader, Dataset
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from ocr_project.domain.errors import OcrProjectError, StorageError
from ocr_project.domain.options import Sharding, TrainingOptions
from ocr_project.storage.atomic import atomic_json, sync
from ocr_project.storage.steps import read_lines
from ocr_project.training.attention import packed_attention
from ocr_project.training.encoding import Encoder
from ocr_project.training.losses import answer_loss
from ocr_project.training.optimizers import build_optimizer
from ocr_project.training.packing import Pack, pack, switch_cache_off
from ocr_project.training.samples_at_hand import SampleSource

_MARK = "whole.json"  # written last into a checkpoint
_STEPS = "steps.jsonl"
_SPARE = 200_000_000  # bytes that stay free beside a checkpoint

Looks = Callable[[Any, int], Mapping[str, float]]
"""Called with the model and the number of the update; returns what is seen of held-out samples."""


class BadLoss(OcrProjectError):
    """The loss is not a number; weights are as the checkpoint before has them."""


class Packs(Dataset[Pack]):  # type: ignore[misc]
    """The packs of a plan, encoded when they are asked for."""

    def __init__(self, plan: pd.DataFrame, samples: SampleSource, encoder: Encoder) -> None:
        """Encode nothing.

        Args:
            plan: As `plan_packs` returns it.
            samples: Where they are.
            encoder: Of the model.
        """
        self._packs = [
            (int(rows["epoch"].iloc[0]), int(rows["update_tokens"].iloc[0]), _pairs(rows))
            for _, rows in plan.groupby("pack", sort=True)
        ]
        self._samples = samples
        self._encoder = encoder

    def __len__(self) -> int:
        return len(self._packs)

    def __getitem__(self, place: int) -> Pack:
        epoch, update_tokens, pairs = self._packs[place]
        encoded = [self._encoder.encode(self._samples.sample(*pair), epoch) for pair in pairs]
        preparation = self._encoder.preparation
        return pack(encoded, image_id=preparation.image_id, merge=preparation.merge, update_tokens=update_tokens)


def _pairs(rows: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(rows["shard"].astype(str), rows["sample_id"].astype(str), strict=True))


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


class PackTrainer(Trainer):  # type: ignore[misc]
    """See the top of the file."""

    def __init__(
        self, model: Any, packs: Dataset[Pack], options: TrainingOptions, folder: Path, looked: Looked | None = None
    ) -> None:
        """Prepare everything; nothing is trained.

        Args:
            model: As `adapters.prepared_for_training` returns it.
            packs: In the order of the plan.
            options: All of them.
            folder: Of the run: checkpoints, `steps.jsonl`.
            looked: Held-out samples, and how speed is counted.
        """
        self.options = options
        self.folder = folder
        self._bad: list[str] = []
        self._losses: list[tuple[torch.Tensor, tuple[str, ...]]] = []
        self._recorder = _Recorder(folder, options, looked or Looked())
        super().__init__(
            model=model,
            args=_arguments(model, len(packs), options, folder),
            train_dataset=packs,
            callbacks=[self._recorder],
        )
        self.remove_callback(PrinterCallback)
        switch_cache_off(_inner(model))
        self._recorder.trainer = self

    def fit(self) -> None:
        """Train to the end of the plan, from the last whole checkpoint on where there is one.

        Raises:
            BadLoss: The loss is not a number; the message names the samples.
            StorageError: The disk is full, or a checkpoint cannot be written.
        """
        last = last_checkpoint(self.folder)
        self._recorder.forget_after(0 if last is None else int(last.name.rpartition("-")[2]))
        with ExitStack() as stack:
            stack.enter_context(_sigterm(self._recorder))
            stack.enter_context(packed_attention(_inner(self.model)))
            stack.enter_context(_adapters_in_autocast(self.model, self.args.device))
            self.train(resume_from_checkpoint=None if last is None else str(last))

    def training_step(self, model: Any, inputs: Pack, num_items_in_batch: Any = None) -> torch.Tensor:
        """Add the gradients of a pack."""
        model.train()
        here = inputs.to(self.args.device, non_blocking=True)
        with autocast(self.args.device):
            loss = answer_loss(model, here)
        self._losses.append((loss.detach(), here.sample_ids))
        self._recorder.count(here)
        self.accelerator.backward(loss * self.accelerator.num_processes)  # cards are averaged, not added up
        if self.accelerator.sync_gradients:
            self._check_losses()
        return loss.detach() * self.accelerator.num_processes

    def get_batch_samples(self, epoch_iterator: Iterator[Pack], num_batches: int, device: Any) -> Any:
        """Take the packs of an update; how many answer tokens there are, the plan says."""
        taken = [found for _, found in zip(range(num_batches), epoch_iterator, strict=False)]
        return taken, None

    def floating_point_ops(self, inputs: Any) -> int:
        """Return nothing: `Speed` counts what this model does."""
        return 0

    def get_train_dataloader(self) -> Any:
        """Return the packs in the order of the plan, to each card its own."""
        loader = DataLoader(
            self.train_dataset,
            batch_size=1,
            shuffle=False,
            collate_fn=_only,
            num_workers=self.options.workers,
            pin_memory=False,
            persistent_workers=False,
            prefetch_factor=2 if self.options.workers else None,
            worker_init_fn=_one_thread,
        )
        return self.accelerator.prepare(loader)

    def create_optimizer(self, model: Any = None) -> Any:
        """Return AdamW as the options say."""
        found: Any = getattr(self, "optimizer", None)
        if found is None:
            found = build_optimizer(model or self.model, self.options)
            self.optimizer = found
        return found

    def _check_losses(self) -> None:
        losses, self._losses = self._losses, []
        finite = torch.isfinite(torch.stack([loss for loss, _ in losses])).tolist()
        if not all(finite):
            found = [name for (_, ids), good in zip(losses, finite, strict=True) if not good for name in ids]
            raise BadLoss(
                f"the loss of update {self.state.global_step + 1} is not a number; it is of the samples"
                f" {', '.join(found)}: look at them, or lower training.learning_rate; the last checkpoint is good"
            )

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Save, and mark what was saved as whole; a save that fails leaves the checkpoints before it."""
        place = self.folder / f"checkpoint-{self.state.global_step}"
        if self.is_world_process_zero():
            shutil.rmtree(place, ignore_errors=True)
            _require_room(self.folder, self._bytes_to_save())
        try:
            super()._save_checkpoint(model, trial)
        except (OSError, RuntimeError) as error:
            shutil.rmtree(place, ignore_errors=True)
            advice = "free some room and run again: it goes on from the checkpoint before"
            raise StorageError(f"{place} cannot be written ({error}): {advice}") from error
        self.accelerator.wait_for_everyone()
        if self.is_world_process_zero():
            for path in place.rglob("*"):
                sync(path)
            atomic_json(place / _MARK, {"update": self.state.global_step})
            for old in _checkpoints(self.folder)[: -self.options.keep]:
                shutil.rmtree(old, ignore_errors=True)

    def _bytes_to_save(self) -> int:
        states = sum(
            value.numel() * value.element_size()
            for state in self.create_optimizer().state.values()
            for value in state.values()
            if isinstance(value, torch.Tensor)
        )
        weights = sum(
            one.numel() * one.element_size()
            for one in self.model.parameters()
            if one.requires_grad or self.options.method == "full"
        )
        return int(states + weights)


def last_checkpoint(folder: Path) -> Path | None:
    """Return the newest whole checkpoint; half-written ones are removed."""
    for place in folder.glob("checkpoint-*"):
        if not (place / _MARK).is_file():
            shutil.rmtree(place, ignore_errors=True)
    return next(reversed(_checkpoints(folder)), None)


def read_steps(folder: Path) -> pd.DataFrame:
    """Return what was recorded of each update: loss, learning rate, tokens a second, …; empty where none was."""
    return pd.DataFrame(read_lines(folder / _STEPS))


def autocast(device: torch.device) -> AbstractContextManager[Any]:
    """Return what multiplies in bfloat16 on a GPU, and in the weights' own precision elsewhere."""
    return torch.autocast("cuda", dtype=torch.bfloat16) if device.type == "cuda" else nullcontext()


def _checkpoints(folder: Path) -> list[Path]:
    whole = [place for place in folder.glob("checkpoint-*") if (place / _MARK).is_file()]
    return sorted(whole, key=lambda place: int(place.name.rpartition("-")[2]))


def _only(batch: Sequence[Pack]) -> Pack:
    (one,) = batch
    return one


def _one_thread(_: int) -> None:
    torch.set_num_threads(1)


def _inner(model: Any) -> Any:
    """Return the model of transformers inside PEFT's."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


@contextmanager
def _adapters_in_autocast(model: Any, device: torch.device) -> Iterator[None]:
    """Let LoRA's float32 matrices multiply in bfloat16 with the rest: PEFT would turn activations into float32."""
    if device.type != "cuda" or not hasattr(model, "get_base_model"):
        yield
        return
    from peft.helpers import disable_input_dtype_casting

    with disable_input_dtype_casting(model):
        yield


def _require_room(folder: Path, wanted: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < wanted + _SPARE:
        raise StorageError(
            f"{free / 1e9:.1f} GB are free for {folder}, and a checkpoint takes {wanted / 1e9:.1f}: free some and run"
            " again, it goes on from the checkpoint before; training.keep says how many are kept"
        )


def _arguments(model: Any, packs: int, options: TrainingOptions, folder: Path) -> TrainingArguments:
    each = options.packs_per_update // options.devices
    updates = -(-packs // options.packs_per_update)
    where: dict[str, Any] = {"use_cpu": True} if _is_cpu(options) else {}
    if options.sharding is Sharding.FSDP2 and options.devices > 1:
        layers = sorted({type(module).__name__ for module in model.modules() if _is_layer(module)})
        where["fsdp"] = True
        where["fsdp_config"] = {
            "version": 2,
            "auto_wrap_policy": "TRANSFORMER_BASED_WRAP",
            "transformer_layer_cls_to_wrap": layers,
            "reshard_after_forward": True,
            "state_dict_type": "FULL_STATE_DICT",
        }
    return TrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=1,
        gradient_accumulation_steps=each,
        num_train_epochs=1,
        learning_rate=options.highest_learning_rate,
        lr_scheduler_type=options.schedule.value,
        warmup_steps=round(options.warmup * updates),
        max_grad_norm=options.clip,
        logging_steps=1,
        logging_nan_inf_filter=False,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        remove_unused_columns=False,
        ddp_find_unused_parameters=False,
        seed=options.seed,
        log_level="warning",
        **where,
    )


def _is_layer(module: Any) -> bool:
    from transformers.modeling_layers import GradientCheckpointingLayer

    return isinstance(module, GradientCheckpointingLayer)


def _is_cpu(options: TrainingOptions) -> bool:
    return options.device == "cpu" or not torch.cuda.is_available()


class _Recorder(TrainerCallback):  # type: ignore[misc]
    """Writes a line for each update, and says when to save and when to stop."""

    def __init__(self, folder: Path, options: TrainingOptions, looked: Looked) -> None:
        self.trainer: PackTrainer | None = None
        self.stop = False
        self._folder = folder
        self._options = options
        self._looked = looked
        self._saved = self._began = time.monotonic()
        self._tokens, self._answers, self._flops = 0, 0, 0.0
        self._seen: Mapping[str, float] = {}

    def count(self, pack: Pack) -> None:
        """Count a pack of the update that is under way."""
        self._tokens += int(pack.inputs["input_ids"].shape[1])
        self._answers += int(pack.targets.shape[0])
        self._flops += self._looked.speed.flops(pack)

    def forget_after(self, update: int) -> None:
        """Take back what was recorded after the checkpoint that the run goes on from."""
        path = self._folder / _STEPS
        if path.is_file():
            kept = [json.dumps(line) for line in read_lines(path) if line["update"] <= update]
            path.write_text("".join(f"{line}\n" for line in kept))

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._began = self._saved = time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        trainer = self.trainer
        assert trainer is not None
        due = time.monotonic() - self._saved > self._options.save_minutes * 60
        stop, due = self._agreed(self.stop), self._agreed(due)
        over = state.global_step >= state.max_steps
        control.should_save = due or stop or over
        control.should_training_stop = stop or over
        if control.should_save:
            self._saved = time.monotonic()
        every, looks = self._looked.every, self._looked.looks
        if every and looks is not None and (state.global_step % every == 0 or over):
            self._seen = looks(trainer.model, state.global_step)

    def on_log(self, args: Any, state: Any, control: Any, logs: Mapping[str, float] | None = None, **_: Any) -> None:
        if not logs or "loss" not in logs:
            return
        norm = float(logs.get("grad_norm", 0.0))
        if not math.isfinite(norm):
            raise BadLoss(
                f"the gradient of update {state.global_step} is not a number, though its loss is: lower"
                " training.learning_rate or set training.clip; the last checkpoint is good"
            )
        now = time.monotonic()
        seconds, self._began = max(now - self._began, 1e-9), now
        cards = self._options.devices
        line: dict[str, float] = {
            "update": state.global_step,
            "loss": float(logs["loss"]),
            "learning_rate": float(logs.get("learning_rate", 0.0)),
            "grad_norm": round(norm, 5),
            "seconds": round(seconds, 4),
            "tokens_per_second": round(self._tokens * cards / seconds, 1),
            "answer_tokens": self._answers * cards,
            **self._seen,
        }
        if self._looked.speed.peak:
            line["mfu"] = round(self._flops / seconds / self._looked.speed.peak, 4)
        if torch.cuda.is_available():
            line["gpu_gib"] = round(torch.cuda.max_memory_allocated() / 2**30, 2)
        self._tokens, self._answers, self._flops, self._seen = 0, 0, 0.0, {}
        if state.is_world_process_zero:
            with (self._folder / _STEPS).open("a") as file:
                file.write(json.dumps(line) + "\n")

    def _agreed(self, wish: bool) -> bool:
        """Return whether any card wishes: all have to save or stop at the same update."""
        trainer = self.trainer
        assert trainer is not None
        if trainer.accelerator.num_processes == 1:
            return wish
        voted = torch.tensor([float(wish)], device=trainer.args.device)
        torch.distributed.all_reduce(voted, torch.distributed.ReduceOp.MAX)
        return bool(voted.item())


@contextmanager
def _sigterm(recorder: _Recorder) -> Iterator[None]:
    """Let SIGTERM, by which schedulers and people end a run, end it after the update under way, saved."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        recorder.stop = True

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)

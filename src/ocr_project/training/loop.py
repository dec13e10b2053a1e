"""The loop: transformers' Trainer over packs, with our sampler, loss, checkpoints and ends.

What the Trainer does: accumulate, clip, step, schedule, replicate or shard (DDP, FSDP2 by accelerate), save and load
weights, optimizer, scheduler and random states. What it must not do for these models, and what is done here instead:
count tokens by labels, divide the loss, move `use_cache`, choose samples, hide a loss that is not a number.

Going on skips as many packs as were done, so that a run that was killed ends with the same weights, bit for bit, on
one device. Nothing here waits for a GPU at work: what is asked of it is read an update later (`recording.py`).
"""

from __future__ import annotations

import shutil
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch.utils.data import DataLoader, Dataset
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from ocr_project.domain.errors import StorageError
from ocr_project.domain.options import Sharding, TrainingOptions
from ocr_project.training.ahead import Ahead
from ocr_project.training.attention import packed_attention
from ocr_project.training.checkpoints import last_checkpoint, mark_whole, require_room, update_of
from ocr_project.training.encoding import Encoder
from ocr_project.training.losses import answer_loss
from ocr_project.training.optimizers import build_optimizer
from ocr_project.training.packing import Pack, pack, switch_cache_off
from ocr_project.training.recording import Arrival, Looked, Recorder, ask_for
from ocr_project.training.samples_at_hand import SampleSource


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
        looked = looked or Looked()
        self._recorder = Recorder(folder, options.devices, looked.speed)
        self._ends = _Ends(options, looked)
        self._ahead = Ahead(_inner(model))
        super().__init__(
            model=model,
            args=arguments_for(model, len(packs), options, folder),
            train_dataset=packs,
            callbacks=[self._ends],
        )
        self.remove_callback(PrinterCallback)
        switch_cache_off(_inner(model))
        self._ends.trainer = self

    def fit(self) -> None:
        """Train to the end of the plan, from the last whole checkpoint on where there is one.

        Raises:
            BadLoss: The loss is not a number; the message names the samples.
            StorageError: The disk is full, or a checkpoint cannot be written.
        """
        last = last_checkpoint(self.folder)
        if self.is_world_process_zero():  # two that rewrite one file would empty it
            self._recorder.forget_after(0 if last is None else update_of(last))
        with ExitStack() as stack:
            stack.enter_context(_sigterm(self._ends))
            stack.enter_context(packed_attention(_inner(self.model)))
            stack.enter_context(self._ahead.attached())
            stack.enter_context(_adapters_in_autocast(self.model, self.args.device))
            self.train(resume_from_checkpoint=None if last is None else str(last))

    def training_step(self, model: Any, inputs: Pack, num_items_in_batch: Any = None) -> torch.Tensor:
        """Add the gradients of a pack."""
        model.train()
        here = self._ahead.moved(inputs, self.args.device)
        with autocast(self.args.device):
            loss = answer_loss(model, here)
        self._recorder.count(here, loss)
        self.accelerator.backward(loss * self.accelerator.num_processes)  # cards are averaged, not added up
        return loss.detach() * self.accelerator.num_processes

    def get_batch_samples(self, epoch_iterator: Iterator[Pack], num_batches: int, device: Any) -> Any:
        """Take the packs of an update, and say how long they were waited for; their answer tokens the plan counts."""
        began = time.monotonic()
        taken = [found for _, found in zip(range(num_batches), epoch_iterator, strict=False)]
        self._recorder.wait(time.monotonic() - began)
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
            collate_fn=self._ahead.collate,
            num_workers=self.options.workers,
            pin_memory=self.args.device.type == "cuda",
            persistent_workers=False,
            prefetch_factor=2 if self.options.workers else None,
            worker_init_fn=_one_thread,
        )
        return self.accelerator.prepare_data_loader(loader, device_placement=False)  # `training_step` moves them

    def create_optimizer(self, model: Any = None) -> Any:
        """Return AdamW as the options say."""
        found: Any = getattr(self, "optimizer", None)
        if found is None:
            found = build_optimizer(model or self.model, self.options)
            self.optimizer = found
        return found

    def _maybe_log_save_evaluate(
        self, tr_loss: Any, grad_norm: Any, model: Any, trial: Any, *given: Any, **more: Any
    ) -> None:
        """Record the update, and those before it that are done: to ask for this one's numbers is to wait for it."""
        rate = float(more.get("learning_rate") or 0.0)
        self._recorder.end(self.state.global_step, grad_norm, rate, self._ends.seen())
        ends = self.control.should_save or self.control.should_training_stop
        self._recorder.write(to_the_last=ends, first=self.is_world_process_zero())
        super()._maybe_log_save_evaluate(tr_loss, grad_norm, model, trial, *given, **more)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Save, and mark what was saved as whole; a save that fails leaves the checkpoints before it."""
        place = self.folder / f"checkpoint-{self.state.global_step}"
        if self.is_world_process_zero():
            shutil.rmtree(place, ignore_errors=True)
            require_room(self.folder, self._bytes_to_save())
        try:
            super()._save_checkpoint(model, trial)
        except (OSError, RuntimeError) as error:
            shutil.rmtree(place, ignore_errors=True)
            advice = "free some room and run again: it goes on from the checkpoint before"
            raise StorageError(f"{place} cannot be written ({error}): {advice}") from error
        self.accelerator.wait_for_everyone()
        if self.is_world_process_zero():
            mark_whole(place, self.options.keep)

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


def autocast(device: torch.device) -> AbstractContextManager[Any]:
    """Return what multiplies in bfloat16 on a GPU, and in the weights' own precision elsewhere."""
    return torch.autocast("cuda", dtype=torch.bfloat16) if device.type == "cuda" else nullcontext()


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


def arguments_for(model: Any, packs: int, options: TrainingOptions, folder: Path) -> TrainingArguments:
    """Return what the Trainer is told; a process works on one card, whatever it sees."""
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
    arguments = TrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=1,
        gradient_accumulation_steps=each,
        num_train_epochs=1,
        learning_rate=options.highest_learning_rate,
        lr_scheduler_type=options.schedule.value,
        warmup_steps=round(options.warmup * updates),
        max_grad_norm=options.clip,
        logging_strategy="no",
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
    # A process that sees several cards would copy the model to all of them (DataParallel), and packs with it: several
    # cards are several processes here. `n_gpu` looks at the cards once, and then says what is written.
    arguments._n_gpu = min(1, arguments.n_gpu)
    return arguments


def _is_layer(module: Any) -> bool:
    from transformers.modeling_layers import GradientCheckpointingLayer

    return isinstance(module, GradientCheckpointingLayer)


def _is_cpu(options: TrainingOptions) -> bool:
    return options.device == "cpu" or not torch.cuda.is_available()


class _Ends(TrainerCallback):  # type: ignore[misc]
    """Says when to look, to save and to stop."""

    def __init__(self, options: TrainingOptions, looked: Looked) -> None:
        self.trainer: PackTrainer | None = None
        self.stop = False
        self._options = options
        self._looked = looked
        self._saved = time.monotonic()
        self._seen: Mapping[str, float] = {}
        self._vote: tuple[torch.Tensor, Arrival | None] | None = None

    def seen(self) -> Mapping[str, float]:
        """Return what was seen of held-out samples since the last call."""
        seen, self._seen = self._seen, {}
        return seen

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._saved = time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        trainer = self.trainer
        assert trainer is not None
        due = time.monotonic() - self._saved > self._options.save_minutes * 60
        stop, due = self._agreed(self.stop, due)
        over = state.global_step >= state.max_steps
        control.should_save = due or stop or over
        control.should_training_stop = stop or over
        if control.should_save:
            self._saved, self._vote = time.monotonic(), None
        every, looks = self._looked.every, self._looked.looks
        if every and looks is not None and (state.global_step % every == 0 or over):
            self._seen = looks(trainer.model, state.global_step)

    def _agreed(self, stop: bool, due: bool) -> tuple[bool, bool]:
        """Return what any card wishes: all have to save or stop at the same update.

        Of several cards it is what they wished an update ago: to read a vote is to wait for all that is under way.
        """
        trainer = self.trainer
        assert trainer is not None
        if trainer.accelerator.num_processes == 1:
            return stop, due
        wishes = [torch.full((), float(wish), device=trainer.args.device) for wish in (stop, due)]
        voted = torch.stack(wishes)
        torch.distributed.all_reduce(voted, torch.distributed.ReduceOp.MAX)
        before, self._vote = self._vote, ask_for(voted)
        if before is None:
            return False, False
        numbers, arrived = before
        if arrived is not None:
            arrived.synchronize()
        stop, due = (number > 0 for number in numbers.tolist())
        return stop, due


@contextmanager
def _sigterm(ends: _Ends) -> Iterator[None]:
    """Let SIGTERM, by which schedulers and people end a run, end it after the update under way, saved."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        ends.stop = True

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)

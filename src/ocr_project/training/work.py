"""The program of a training process: `python -m ocr_project.training.work PHASE JOB`."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from ocr_project.domain.errors import OcrProjectError
from ocr_project.domain.options import TrainingMethod
from ocr_project.domain.types import TrainingSample
from ocr_project.storage.atomic import atomic_file, atomic_json
from ocr_project.storage.shard_folder import ShardFolder
from ocr_project.training.adapters import prepared_for_training, trained_modules
from ocr_project.training.checkpoints import last_checkpoint
from ocr_project.training.encoding import Encoder
from ocr_project.training.evaluation import read_samples
from ocr_project.training.evaluation_tables import tabulate_readings
from ocr_project.training.families import is_tied, read_config
from ocr_project.training.jobs import STOPPED, Job, Phase
from ocr_project.training.loading import checkpoint_folder, device_of, load_base
from ocr_project.training.loop import Packs, PackTrainer, autocast
from ocr_project.training.losses import answer_loss
from ocr_project.training.memory import GIB, shape_of
from ocr_project.training.merging import keep_trained, merge_adapter, probes_of
from ocr_project.training.packing import pack
from ocr_project.training.recording import Looked, read_steps
from ocr_project.training.samples_at_hand import SamplesInShards
from ocr_project.training.speed import speed_of

_LOOKED_AT = 16  # samples whose loss and reading are looked at while training


class Work:
    """One job in one process."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.options = job.options
        self.rank = int(os.environ.get("LOCAL_RANK", "0"))
        self.device = device_of(job.options, self.rank)
        if self.device.type == "cuda":
            torch.cuda.set_device(self.device)
        self.base = checkpoint_folder(job.options)
        self.encoder = Encoder(job.options, self.base)
        self.samples = SamplesInShards(ShardFolder(job.samples, TrainingSample).beside)

    def score_base(self) -> dict[str, Any]:
        """Let the base read the held-out samples."""
        return self._score(load_base(self.base, self.options, self.device), "base")

    def score_tuned(self) -> dict[str, Any]:
        """Let the merged model read them: it is the one that will be served."""
        return self._score(load_base(self.job.run / "merged", self.options, self.device, whole=True), "tuned")

    def train(self) -> dict[str, Any]:
        """Train to the end of the plan.

        Raises:
            SystemExit: It was asked to stop, and has saved.
        """
        options, run = self.options, self.job.run
        torch.manual_seed(options.seed)
        config = read_config(self.base)
        model = load_base(self.base, options, self.device)
        model = prepared_for_training(model, options, self.encoder.family, tied=is_tied(config))
        parts = trained_modules(model, self.encoder.family)
        packs = Packs(pd.read_parquet(self.job.plan), self.samples, self.encoder)
        looked = Looked(options.score_updates, self.look, speed_of(shape_of(config), options))
        trainer = PackTrainer(model, packs, options, run, looked)
        trainer.fit()
        updates, whole = int(trainer.state.global_step), int(trainer.state.max_steps)
        if updates < whole:
            raise SystemExit(STOPPED)
        steps = read_steps(run)
        peak = torch.cuda.max_memory_allocated() / GIB if self.device.type == "cuda" else 0.0
        return {
            "updates": updates,
            "loss": float(steps["loss"].iloc[-1]),
            "tokens_per_second": float(steps["tokens_per_second"].median()),
            "mfu": float(steps["mfu"].median()) if "mfu" in steps else 0.0,
            "gpu_gib": round(peak, 2),
            "trained": parts,
        }

    def merge(self) -> dict[str, Any]:
        """Merge the last checkpoint, prove it, and put adapter and merged model in place."""
        run = self.job.run
        last = last_checkpoint(run)
        assert last is not None, "the training has left a checkpoint"
        held = self._held_out()
        probes = probes_of(self.encoder, next(iter(held.values())) if held else self._some_trained())
        if self.options.method is TrainingMethod.LORA:
            adapter = run / "adapter"
            shutil.rmtree(adapter, ignore_errors=True)
            adapter.mkdir()
            for name in ("adapter_config.json", "adapter_model.safetensors"):
                shutil.copyfile(last / name, adapter / name)
            base = load_base(self.base, self.options, self.device, whole=True)
            proof = merge_adapter(base, adapter, self.base, run / "merged", probes)
        else:
            model = load_base(last, self.options, self.device)
            model = prepared_for_training(
                model, self.options, self.encoder.family, tied=is_tied(read_config(self.base))
            )
            proof = keep_trained(model, self.base, run / "merged", probes)
        return {"adapter_merged": proof.adapter_merged, "frozen": proof.frozen, "moved": proof.moved}

    def look(self, model: Any, update: int) -> Mapping[str, float]:
        """Return the loss on a few held-out samples, and how well they are read, while training."""
        held = self._held_out().get("valid", [])[:_LOOKED_AT]
        if not held:
            return {}
        preparation = self.encoder.preparation
        inner = model.get_base_model() if hasattr(model, "get_base_model") else model
        losses, tokens = 0.0, 0
        model.eval()
        with torch.no_grad(), autocast(self.device):
            for sample in held:
                encoded = self.encoder.encode(sample, augment=False)
                one = pack([encoded], image_id=preparation.image_id, merge=preparation.merge).to(self.device)
                losses += float(answer_loss(inner, one))
                tokens += len(one.targets)
        model.train()
        seen = {"valid_loss": round(losses / tokens, 5)}
        if self.options.devices == 1:  # weights are whole here: with FSDP2 all cards would have to decode together
            table = tabulate_readings(read_samples(model, self.encoder, held, 512), model="", test_set="")
            seen["valid_cer"] = round(table["edits"].sum() / max(1, table["characters"].sum()), 5)
        return seen

    def _score(self, model: Any, name: str) -> dict[str, Any]:
        tables = []
        for test_set, samples in self._held_out().items():
            readings = read_samples(model.eval(), self.encoder, samples, self.options.answer_tokens)
            tables.append(tabulate_readings(readings, model=name, test_set=test_set))
        whole = pd.concat(tables) if tables else tabulate_readings([], model=name, test_set="")
        with atomic_file(self.job.run / f"{name}_readings.parquet") as file:
            whole.to_parquet(file, index=False)
        return {"read": len(whole)}

    def _held_out(self) -> dict[str, list[TrainingSample]]:
        table = pd.read_parquet(self.job.held_out)
        found: dict[str, list[TrainingSample]] = {}
        for test_set, shard, sample_id in table[["set", "shard", "sample_id"]].itertuples(index=False):
            found.setdefault(test_set, []).append(self.samples.sample(shard, sample_id))
        return found

    def _some_trained(self) -> list[TrainingSample]:
        rows = pd.read_parquet(self.job.plan).drop_duplicates("sample_id").head(4)
        return [self.samples.sample(*pair) for pair in rows[["shard", "sample_id"]].itertuples(index=False)]


def main(arguments: Sequence[str]) -> int:
    """Do a phase, and leave its result or what went wrong.

    Args:
        arguments: The phase, and the file of the job.

    Returns:
        The exit status.
    """
    phase, path = Phase(arguments[0]), Path(arguments[1])
    job = Job.read(path)
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    torch.set_num_threads(1 if job.options.device == "cpu" else torch.get_num_threads())
    try:
        work = Work(job)
        result = getattr(work, phase.value)()
    except SystemExit as ended:
        _fail(job, "stopped", "it was asked to stop")
        return int(ended.code or 0)
    except torch.cuda.OutOfMemoryError as error:
        used = f"{torch.cuda.max_memory_allocated() / GIB:.1f} GiB were in use"
        knobs = "lower training.tokens_per_pack, set training.checkpoint_every=1 or training.four_bit=true"
        _fail(job, "memory", f"the card is out of memory ({used}; {str(error).splitlines()[0][:160]}): {knobs}")
        return 1
    except OcrProjectError as error:
        _fail(job, "refused", str(error))
        return 1
    if int(os.environ.get("RANK", "0")) == 0:
        atomic_json(job.run / f"{phase}.json", result)
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
    return 0


def _fail(job: Job, kind: str, message: str) -> None:
    atomic_json(job.run / "failure.json", {"kind": kind, "message": message})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

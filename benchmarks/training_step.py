"""Speed and memory of our own training step on models of true shape without weights, beside what was predicted.

Usage: python -m benchmarks.training_step MODEL HOW PAGES [--steps N] [--every N] [--compile] [--cap GIB] [--side PX]
       torchrun --nproc-per-node 2 -m benchmarks.training_step … --cards 2 [--sharding fsdp2]

MODEL is qwen3-vl-8b, qwen3-vl-2b, qwen2-vl-2b or tiny; HOW is lora, full (float32 copies of the weights) or full_bf16
(none). A page is 1,120 image and 1,000 answer tokens; with --side it is a square image of so many pixels and 30 answer
tokens, a signboard. PAGES of them are a pack, a pack is an update of a card. Prints one line of JSON. Of the GPU:
- `busy_s`: time of an update in which a kernel was at work, by the profiler; copies are not work. Watching makes each
  launch dearer, but no kernel.
- `idle`: the share of the other time, of updates that were not watched; `idle_watched`: of those that were.
- `headroom_s`: time of an update for which the CPU waited for the GPU: near 0, and launches are what limits.
- `waited_s`: time for which it waited for packs.
--causes FILE writes what made it wait, if anything did: gaps between kernels and their neighbours, calls that wait
for the GPU and where they stand, what the CPU spends its time on. --steps counts all updates.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from benchmarks.gpu_machine import gpu_watched
from torch.utils.data import Dataset

from ocr_project.domain.options import Optimizer, Sharding, TrainingMethod, TrainingOptions
from ocr_project.training.adapters import prepared_for_training
from ocr_project.training.families import family_of, is_tied
from ocr_project.training.loop import PackTrainer
from ocr_project.training.memory import GIB, Load, predict, shape_of
from ocr_project.training.packing import Encoded, Pack, pack
from ocr_project.training.recording import Looked, read_steps
from ocr_project.training.speed import speed_of

_IMAGE, _PATCH_NUMBERS = 5, {"qwen3_vl": 3 * 2 * 16 * 16, "qwen2_vl": 3 * 2 * 14 * 14}
_MARKS = {"image_token_id": _IMAGE, "video_token_id": 6, "vision_start_token_id": 3, "vision_end_token_id": 4}
_WATCHED, _EXPLAINED = 4, 2  # updates of which kernels are recorded, and then all
_QWEN3_ROPE = {"rope_type": "default", "rope_theta": 5e6, "mrope_interleaved": True}


def config_of(name: str) -> Any:
    """Return the configuration of a model: shapes of its `config.json` on the Hub."""
    from transformers import Qwen2VLConfig, Qwen3VLConfig

    if name == "qwen2-vl-2b":
        text = dict(hidden_size=1536, intermediate_size=8960, num_hidden_layers=28, num_attention_heads=12)
        text |= dict(num_key_value_heads=2, vocab_size=151936, tie_word_embeddings=True)
        text |= dict(rope_parameters={"rope_type": "default", "rope_theta": 1e6, "mrope_section": [16, 24, 24]})
        vision = dict(depth=32, embed_dim=1280, hidden_size=1536, num_heads=16, mlp_ratio=4, patch_size=14)
        return Qwen2VLConfig(text_config=text, vision_config=vision, tie_word_embeddings=True, **_MARKS)
    wide = {"qwen3-vl-8b": (4096, 12288, 36, 32, 8, 128), "qwen3-vl-2b": (2048, 6144, 28, 16, 8, 128)}
    hidden, inner, layers, heads, fewer, head = wide.get(name, (64, 128, 2, 2, 1, 32))
    tied = name != "qwen3-vl-8b"
    section = [24, 20, 20] if head == 128 else [6, 5, 5]
    text = dict(hidden_size=hidden, intermediate_size=inner, num_hidden_layers=layers, num_attention_heads=heads)
    text |= dict(num_key_value_heads=fewer, head_dim=head, tie_word_embeddings=tied)
    text |= dict(vocab_size=151936 if head == 128 else 512)
    text |= dict(rope_parameters={**_QWEN3_ROPE, "mrope_section": section})
    tower = {"qwen3-vl-8b": (27, 1152, 4304, 16, [8, 16, 24]), "qwen3-vl-2b": (24, 1024, 4096, 16, [5, 11, 17])}
    depth, width, inside, across, deep = tower.get(name, (2, 64, 128, 4, [0]))
    vision = dict(depth=depth, hidden_size=width, intermediate_size=inside, num_heads=across, out_hidden_size=hidden)
    vision |= dict(deepstack_visual_indexes=deep)
    return Qwen3VLConfig(text_config=text, vision_config=vision, tie_word_embeddings=tied, **_MARKS)


def model_of(config: Any, device: torch.device) -> Any:
    """Make a model of random bfloat16 numbers on its device."""
    from transformers import AutoModelForImageTextToText

    torch.set_default_dtype(torch.bfloat16 if device.type == "cuda" else torch.float32)
    try:
        with device:
            return AutoModelForImageTextToText.from_config(config, attn_implementation="sdpa")
    finally:
        torch.set_default_dtype(torch.float32)


class MadePacks(Dataset[Pack]):
    """Packs of random tokens and patches; each has other ones, all have the same shape."""

    def __init__(self, count: int, pages: int, grid: tuple[int, int], answer: int, *, family: str, cards: int) -> None:
        self._count, self._pages, self._grid, self._answer, self._cards = count, pages, grid, answer, cards
        self._numbers = _PATCH_NUMBERS[family]

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, place: int) -> Pack:
        random = torch.Generator().manual_seed(place)
        pages = [self._page(random) for _ in range(self._pages)]
        return pack(pages, image_id=_IMAGE, merge=2, update_tokens=self._pages * self._answer * self._cards)

    def _page(self, random: torch.Generator) -> Encoded:
        high, wide = self._grid
        image = high * wide // 4
        answer = torch.randint(10, 500, (self._answer,), generator=random)
        ids = torch.cat([torch.tensor([1, 2, 3]), torch.full((image,), _IMAGE), torch.tensor([4, 7, 8]), answer])
        labels = ids.clone()
        labels[: image + 6] = -100
        patches = torch.randn(high * wide, self._numbers, generator=random)
        return Encoded("page", ids.numpy(), labels.numpy(), patches, (1, high, wide))


class UnsavedTrainer(PackTrainer):
    """Ours, without checkpoints: what a disk takes is not the step. Some of its updates are watched."""

    watcher: Watcher | None = None

    def training_step(self, *given: Any, **more: Any) -> torch.Tensor:
        if self.watcher is not None:
            self.watcher.before(self.state.global_step)
        return super().training_step(*given, **more)

    def _maybe_log_save_evaluate(self, *given: Any, **more: Any) -> None:
        began = time.perf_counter()
        super()._maybe_log_save_evaluate(*given, **more)
        if self.watcher is not None:
            self.watcher.headroom.append(time.perf_counter() - began)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        return


class Watcher:
    """Records kernels of some updates, and of two later ones what the CPU does and where it waits for the GPU.

    Not of the first ones: packs that are ahead are still being put into new pinned memory, which stops the GPU. Not of
    the last either, when the loader's processes end.

    Attributes:
        headroom: Of each update, seconds for which the CPU waited for the one before.
    """

    def __init__(self, steps: int, causes: Path | None) -> None:
        last = steps - 2
        self.first_watched = last - _WATCHED - (_EXPLAINED if causes else 0)
        self.headroom: list[float] = []
        self._causes = causes
        self._ends = self.first_watched + _WATCHED, last
        self._waits: Counter[str] = Counter()
        self._kernels: Any = None
        self._whole: Any = None

    def before(self, update: int) -> None:
        """Begin or end watching."""
        if not torch.cuda.is_available():
            return
        activity = torch.profiler.ProfilerActivity
        if update == self.first_watched:
            torch.cuda.synchronize()  # kernels of just these updates
            self._kernels = torch.profiler.profile(activities=[activity.CUDA])
            self._kernels.start()
        if update == self._ends[0]:
            torch.cuda.synchronize()
            self._kernels.stop()
            if self._causes is not None:
                self._whole = torch.profiler.profile(activities=[activity.CUDA, activity.CPU])
                self._whole.start()
                warnings.simplefilter("always")
                warnings.showwarning = self._count
                torch.cuda.set_sync_debug_mode("warn")
        if update == self._ends[1] and self._whole is not None:
            torch.cuda.set_sync_debug_mode("default")
            torch.cuda.synchronize()
            self._whole.stop()

    def busy(self) -> tuple[float, float] | None:
        """Return seconds an update in which a kernel was at work, and seconds from the first to the last kernel."""
        if self._kernels is None:
            return None
        kernels = _kernels_of(self._kernels)
        gaps, whole = _gaps_of(kernels), (max(one[1] for one in kernels) - kernels[0][0]) / 1e6
        if self._causes is not None and self._whole is not None:
            self._causes.write_text(_table_of(gaps, whole * 1e6, len(kernels)) + self._explained())
        return (whole - sum(gap for gap, _, _ in gaps) / 1e6) / _WATCHED, whole / _WATCHED

    def _count(self, message: Any, category: Any, filename: str, lineno: int, *_: Any) -> None:
        if "synchronizing" in str(message):
            self._waits[f"{'/'.join(Path(filename).parts[-3:])}:{lineno}"] += 1

    def _explained(self) -> str:
        waits = [f"{count:>6} {where}" for where, count in self._waits.most_common(20)]
        table = self._whole.key_averages().table(sort_by="self_cpu_time_total", row_limit=25, max_name_column_width=48)
        return "\n".join([f"waits for the GPU in {_EXPLAINED} updates, and where:", *waits, str(table), ""])


def _kernels_of(profile: Any) -> list[tuple[float, float, str]]:
    """Return begin, end (microseconds) and name of what was at work; copies are not: the multiprocessors wait."""
    return sorted(
        (one.time_range.start, one.time_range.end, one.name)
        for one in profile.events()
        if one.device_type == torch.autograd.DeviceType.CUDA
        and not (one.is_user_annotation or one.name.startswith(("Memcpy", "Memset")))
    )


def _gaps_of(kernels: Sequence[tuple[float, float, str]]) -> list[tuple[float, str, str]]:
    found, (_, end, before) = [], kernels[0]
    for begin, over, name in kernels:
        if begin > end:
            found.append((begin - end, before, name))
        if over > end:
            end, before = over, name
    return found


def _table_of(gaps: list[tuple[float, str, str]], whole: float, kernels: int) -> str:
    """Say how much of the time went by in gaps of which length, and where the longest are."""
    lines = [f"{whole / 1000:.1f} ms, {kernels} kernels, {len(gaps)} gaps"]
    for low, high in ((0, 5), (5, 20), (20, 100), (100, 1000), (1000, 10_000), (10_000, 1e9)):
        some = [gap for gap, _, _ in gaps if low <= gap < high]
        lines.append(f"{low:>6} to {high:.0f} us: {len(some):>6} gaps, {sum(some) / whole:.4f} of the time")
    lines += [f"{gap:>9.0f} us  {left[:60]}  ->  {right[:60]}" for gap, left, right in sorted(gaps)[:-25:-1]]
    return "\n".join(lines) + "\n"


def options_of(arguments: argparse.Namespace, tokens: int) -> TrainingOptions:
    """Return the options that the command line asks for."""
    return TrainingOptions(
        model=arguments.model,
        method=TrainingMethod.LORA if arguments.how == "lora" else TrainingMethod.FULL,
        optimizer=Optimizer(arguments.optimizer or ("adamw_bf16" if arguments.how == "full_bf16" else "adamw")),
        lora={"dropout": arguments.dropout},
        checkpoint_every=arguments.every,
        compile=arguments.compile,
        tokens_per_pack=max(64, tokens),
        packs_per_update=arguments.cards,
        devices=arguments.cards,
        sharding=Sharding(arguments.sharding),
        learning_rate=1e-5,
        workers=arguments.workers,
        save_minutes=1e6,
    )


def main() -> None:
    arguments = parsed()
    found = measured(arguments)
    if found is not None:
        print(json.dumps(found), flush=True)
        if arguments.json is not None:
            arguments.json.write_text(json.dumps(found))


def measured(arguments: argparse.Namespace) -> dict[str, Any] | None:
    """Train for a few updates and return what it took.

    Started by torchrun, with `cards` and `sharding` in the arguments, this process takes its part in it: FSDP2 or
    replicas, by NCCL on GPUs and by gloo on CPUs (`tiny`).

    Args:
        arguments: As `parsed` returns them.

    Returns:
        None in all processes but the first.
    """
    rank = int(os.environ.get("LOCAL_RANK", "0"))
    device = torch.device("cuda", rank) if torch.cuda.is_available() else torch.device("cpu")
    if device.type == "cuda":
        torch.cuda.set_device(device)
        torch.cuda.reset_peak_memory_stats()
    if arguments.cap:
        torch.cuda.set_per_process_memory_fraction(arguments.cap * GIB / torch.cuda.mem_get_info()[1])
    config = config_of(arguments.model)
    as_stored = config.to_dict()
    family, shape = family_of(as_stored, model=arguments.model), shape_of(as_stored)
    grid, answer = _page_of(arguments, family.side)
    load = Load(
        (grid[0] * grid[1] // 4 + 6 + answer) * arguments.pages,
        grid[0] * grid[1] // 4 * arguments.pages,
        answer * arguments.pages,
    )
    options = options_of(arguments, load.tokens)
    model = prepared_for_training(model_of(config, device), options, family, tied=is_tied(as_stored))
    packs = MadePacks(
        arguments.steps * arguments.cards,
        arguments.pages,
        grid,
        answer,
        family=family.model_type,
        cards=arguments.cards,
    )
    folder = Path(tempfile.mkdtemp())
    started = time.perf_counter()
    trainer = UnsavedTrainer(model, packs, options, folder, Looked(speed=speed_of(shape, options)))
    watcher = trainer.watcher = Watcher(arguments.steps, arguments.causes)
    with gpu_watched(arguments.cards) as gpu:
        trainer.fit()
    if rank:
        return None
    return {
        **_facts(arguments, read_steps(folder), load, watcher),
        **gpu,
        "peak_gib": round(torch.cuda.max_memory_allocated() / GIB, 2) if device.type == "cuda" else 0.0,
        "predicted_gib": round(predict(shape, family, options, load).gib, 2),
        "whole_s": round(time.perf_counter() - started, 1),
    }


def _page_of(arguments: argparse.Namespace, side: int) -> tuple[tuple[int, int], int]:
    """Return the patches of an image, high and wide, and the tokens of an answer."""
    if arguments.model == "tiny":
        return (8, 8), 20
    return ((80, 56), 1000) if not arguments.side else ((_even(arguments, side),) * 2, 30)


def _facts(arguments: argparse.Namespace, found: pd.DataFrame, load: Load, watcher: Watcher) -> dict[str, Any]:
    """Return what was run and how fast, of the updates in the middle: as fast as it is when it is not watched."""
    middle = slice(len(found) // 3, max(len(found) // 3 + 1, watcher.first_watched))
    kept = found.iloc[middle]
    median = statistics.median(kept["seconds"])
    facts = {
        **{name: getattr(arguments, name) for name in ("model", "how", "pages", "every", "compile", "cards")},
        "sharding": arguments.sharding if arguments.cards > 1 else "",
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        "torch": torch.__version__,
        "tokens": load.tokens,
        "loss": round(float(found["loss"].iloc[-1]), 3),
        "step_s": round(median, 4),
        "tokens_s": round(load.tokens * arguments.cards / median),
        "samples_s": round(arguments.pages * arguments.cards / median, 2),
        "mfu": round(float(kept["mfu"].median()), 4) if "mfu" in kept else 0.0,
        "first_s": round(float(found["seconds"].iloc[0]), 1),
        "headroom_s": round(statistics.median(watcher.headroom[middle]), 4),
        "waited_s": round(float(kept["waited"].median()), 4),
    }
    seen = watcher.busy()
    if seen is not None:
        busy, whole = seen
        facts |= {"busy_s": round(busy, 4), "idle": round(1 - busy / kept["seconds"].mean(), 4)}
        facts["idle_watched"] = round(1 - busy / whole, 4)
    return facts


def _even(arguments: argparse.Namespace, side: int) -> int:
    """Return the patches along a side of a square image: two a token."""
    return 2 * round(arguments.side / side)


def parsed(given: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=("qwen3-vl-8b", "qwen3-vl-2b", "qwen2-vl-2b", "tiny"))
    parser.add_argument("how", choices=("lora", "full", "full_bf16"))
    parser.add_argument("pages", type=int)
    parser.add_argument("--steps", type=int, default=24)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--causes", type=Path, help="file for what makes the GPU rest")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--optimizer", choices=[one.value for one in Optimizer])
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--cap", type=float, default=0.0)
    parser.add_argument("--side", type=int, default=0)
    parser.add_argument("--cards", type=int, default=1)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--sharding", choices=[one.value for one in Sharding], default=Sharding.REPLICAS.value)
    return parser.parse_args(given)


if __name__ == "__main__":
    main()

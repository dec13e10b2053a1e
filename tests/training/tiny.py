"""A training of a tiny model from beginning to end, as the tests of this room want it: seconds on a CPU."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ocr_project.domain.options import TrainingOptions
from ocr_project.domain.types import TrainingSample
from ocr_project.testing import tiny_trainable

TEXTS = ("서울특별시 12-3", "Invoice 4711", "Привет, мир", "x = 42 + y")
# PaddleOCR-VL's tower has a start of its own: it wants smaller steps, and more of them.
RECIPES: dict[str, dict[str, Any]] = {
    "qwen3_vl": {"epochs": 90, "learning_rate": 1e-2},
    "qwen2_vl": {"epochs": 90, "learning_rate": 1e-2},
    "paddleocr_vl": {"epochs": 200, "learning_rate": 3e-3},
    "glm_ocr": {"epochs": 200, "learning_rate": 5e-3},
}


def options(model: Path, **changes: Any) -> TrainingOptions:
    values: dict[str, Any] = {
        "model": str(model),
        "learning_rate": 1e-2,
        "tokens_per_pack": 1024,
        "packs_per_update": 1,
        "workers": 0,
        "device": "cpu",
        "save_minutes": 1000,
        "jpeg_quality": None,
        "warmup": 0.02,
    }
    return TrainingOptions.model_validate(values | changes)


@dataclass
class Training:
    """All that a training is made of."""

    options: TrainingOptions
    samples: list[TrainingSample]
    encoder: Any
    plan: pd.DataFrame
    model: Any

    def trainer(self, folder: Path, looked: Any = None) -> Any:
        from ocr_project.training.loop import Packs, PackTrainer
        from ocr_project.training.samples_at_hand import SamplesInMemory

        folder.mkdir(parents=True, exist_ok=True)
        packs = Packs(self.plan, SamplesInMemory(self.samples), self.encoder)
        return PackTrainer(self.model, packs, self.options, folder, looked)


def load(folder: Path) -> Any:
    import torch
    from transformers import AutoModelForImageTextToText

    return AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.float32)


def measure_of(encoder: Any) -> Any:
    def measure(sample: TrainingSample, epoch: int) -> tuple[int, int, int]:
        found = encoder.length(sample, epoch)
        return found.tokens, found.image, found.answer

    return measure


def prepare(
    model: Path, samples: Sequence[TrainingSample] | None = None, chosen: TrainingOptions | None = None, **changes: Any
) -> Training:
    import torch

    from ocr_project.training.adapters import prepared_for_training
    from ocr_project.training.encoding import Encoder
    from ocr_project.training.families import is_tied, read_config
    from ocr_project.training.plan import look_at, plan_packs

    torch.set_num_threads(1)
    used = options(model, **changes) if chosen is None else chosen
    rows = list(samples) if samples is not None else tiny_trainable.samples(TEXTS)
    encoder = Encoder(used)
    sighted = look_at([("shard", row) for row in rows], measure_of(encoder), used)
    plan = plan_packs(sighted, used)
    torch.manual_seed(used.seed)  # LoRA's matrices begin at random
    trained = prepared_for_training(load(model), used, encoder.family, tied=is_tied(read_config(model)))
    return Training(used, rows, encoder, plan, trained)

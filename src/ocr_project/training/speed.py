"""How much of a card's arithmetic a training uses (MFU)."""

from __future__ import annotations

import torch

from ocr_project.domain.options import TrainingOptions
from ocr_project.training.memory import Load, Shape, pack_flops
from ocr_project.training.packing import Pack
from ocr_project.training.recording import Speed

# Dense bfloat16 by the makers' data sheets, floating-point operations a second.
_PEAKS = {"B200": 2250e12, "H200": 989e12, "H100": 989e12, "A100": 312e12, "L40S": 362e12, "L4": 121e12}


def speed_of(shape: Shape, options: TrainingOptions, card: str | None = None) -> Speed:
    """Return how the speed of a training is counted.

    Args:
        shape: Of the model.
        options: What is trained.
        card: Its name; None: of the GPU that is there. One that is not known has no share.
    """
    name = card if card is not None else torch.cuda.get_device_name() if torch.cuda.is_available() else ""
    peak = next((speed for part, speed in _PEAKS.items() if part in name), 0.0)

    def flops(pack: Pack) -> float:
        tokens, patches = pack.inputs["input_ids"].shape[1], pack.inputs["pixel_values"].shape[0]
        return pack_flops(shape, options, Load(tokens, patches // 4, len(pack.targets)), pack.squares)

    return Speed(flops, peak)

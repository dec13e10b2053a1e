"""The base model, as it is trained: whole or in four bits, on the device that is there."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForImageTextToText

from ocr_project.domain.errors import BackendError
from ocr_project.domain.options import TrainingMethod, TrainingOptions
from ocr_project.engine.models import locate_model

log = logging.getLogger(__name__)


def checkpoint_folder(options: TrainingOptions) -> Path:
    """Return the folder of the base model; one that is not on this machine is downloaded.

    Raises:
        BackendError: It is nowhere.
    """
    located = locate_model(options.model, options.revision, option="training.model")
    if located.folder is not None:
        return located.folder
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    try:
        return Path(snapshot_download(options.model, revision=options.revision))
    except (HfHubHTTPError, OSError) as error:
        raise BackendError(
            f"{options.model} cannot be downloaded ({error}): set training.model to a folder"
        ) from error


def device_of(options: TrainingOptions, rank: int = 0) -> torch.device:
    """Return the device of a process: its own GPU, or the CPU."""
    if options.device == "cpu" or (options.device == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu")
    return torch.device("cuda", rank)


def load_base(folder: Path, options: TrainingOptions, device: torch.device, *, whole: bool = False) -> Any:
    """Load the base: bfloat16 on a GPU, float32 on a CPU, four bits where the options say so.

    Args:
        folder: Of the checkpoint.
        options: Its method and `four_bit`.
        device: Where it goes.
        whole: Not in four bits, whatever the options say: for merging.

    Raises:
        BackendError: It cannot be loaded; the message says why.
    """
    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    more: dict[str, Any] = {}
    if options.four_bit and not whole:
        more = {"quantization_config": _four_bits(), "device_map": {"": device}}
    try:
        model = AutoModelForImageTextToText.from_pretrained(folder, dtype=dtype, **more)
    except (OSError, ValueError, ImportError, KeyError) as error:
        raise BackendError(f"transformers cannot load {folder}: {error}; change training.model") from error
    if more:
        return model
    if options.method is TrainingMethod.FULL and device.type == "cpu":
        model = model.float()
    return model.to(device)


def _four_bits() -> Any:
    try:
        import bitsandbytes  # noqa: F401
    except ImportError as error:
        raise BackendError(
            "training.four_bit needs bitsandbytes: pip install bitsandbytes, or leave it out"
        ) from error
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
        llm_int8_skip_modules=["lm_head", "visual"],
    )

"""What a training needs: a torch that is not slow, a card that holds it, and room for what it leaves."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ocr_project.checks.doctor.disk import free_bytes
from ocr_project.checks.doctor.finding import Finding, missing, ok, warning
from ocr_project.checks.doctor.needs import Needs
from ocr_project.domain.errors import BackendError, OptionError
from ocr_project.engine.models import locate_model
from ocr_project.training.families import family_of, read_config
from ocr_project.training.memory import Load, check_fits, disk_bytes, fitted, shape_of

_SLOW = "2.9"  # its Conv3d with bfloat16 makes the towers' patch embedding 10 to 20 times slower (pytorch#174051)
_ANSWERS = 0.5  # of a pack's tokens are learnt, about: a page of 1,120 image and 1,000 answer tokens


def check_training(needs: Needs, data: Path) -> list[Finding]:
    """Look at torch, and predict the memory of a full pack and the room of what is saved; nothing is loaded.

    Args:
        needs: Of the run.
        data: The folder that fills up.
    """
    options = needs.training
    if options is None:
        return []
    findings = list(_torch())
    try:
        located = locate_model(options.model, options.revision, option="training.model")
        if located.folder is None:
            return [*findings, warning("memory", "not predicted: the model is not here yet", "download it first")]
        config = read_config(located.folder)
        family = family_of(config, model=options.model)
        tokens = options.tokens_per_pack
        load = Load(tokens, round(tokens * (1 - _ANSWERS)), round(tokens * _ANSWERS))
        gib = 0.0 if options.device == "cpu" else needs.gpu_memory_gib
        shape = shape_of(config)
        findings.append(_room(disk_bytes(shape, options), data))
        predicted = check_fits(shape, family, fitted(shape, family, options, load, gib), load, gib)
    except (BackendError, OptionError) as error:
        return [*findings, missing("training", str(error), "see docs/training.md")]
    card = f"of {gib:g}" if gib else "(runtime.gpu_memory_gib says of how many)"
    parts = ", ".join(f"{name} {size:g}" for name, size in predicted.table().items() if name != "peak")
    return [*findings, ok("training", f"a full pack needs about {predicted.card_gib:.1f} GiB {card}: {parts}")]


def _room(wanted: float, data: Path) -> Finding:
    free = free_bytes(data)
    found = f"{free / 1e9:.1f} GB free; checkpoints and the merged model take about {wanted / 1e9:.1f} GB"
    if wanted > free:
        return missing("room", found, "free some, let data/ be a link to a larger disk, or lower training.keep")
    return ok("room", found)


def _torch() -> list[Finding]:
    try:
        found = version("torch")
    except PackageNotFoundError:
        return []
    if found.startswith(f"{_SLOW}."):
        return [warning("torch", f"{found}: its Conv3d is 10 to 20 times slower", "take torch 2.10 or newer")]
    return []

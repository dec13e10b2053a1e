"""Which cards a run uses, and how they are shown to the processes that it starts.

A process numbers the cards that it sees from 0, whatever the machine calls them: in a worker that sees card 3 alone
card 0 is that one, and there is no card 1.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from ocr_project.domain.errors import BackendError
from ocr_project.domain.options import RuntimeOptions
from ocr_project.domain.options.runtime import ALL
from ocr_project.engine.running.monitoring.nvml import open_nvml, shown_gpus, visible_gpus

VISIBLE = "CUDA_VISIBLE_DEVICES"
MANY = 2  # cards from which on a process for each reads more than one for all: docs/decisions/0033


def cards_of(runtime: RuntimeOptions) -> tuple[int, ...]:
    """Return the numbers that `runtime.gpus` names; of `all`, those of the GPUs that CUDA shows to this process.

    Empty where nothing is named, and where there is no GPU: what needs one says so.
    """
    if runtime.gpus != ALL:
        return runtime.gpus
    nvml = open_nvml()
    if nvml is None:
        return ()
    try:
        return tuple(range(len(visible_gpus(nvml))))
    finally:
        nvml.nvmlShutdown()


def cards_shown() -> list[str]:
    """Return what `CUDA_VISIBLE_DEVICES` calls the cards that this process sees: as it does, or else by number."""
    nvml = open_nvml()
    if nvml is None:
        return []
    try:
        return [name for name, _ in shown_gpus(nvml)]
    finally:
        nvml.nvmlShutdown()


def cards_by_uuid() -> list[str]:
    """Return the same cards by names that mean the same to every process of the machine: UUIDs, of slices their own.

    In a job of Slurm's whose cgroup withholds cards, card 0 is the job's first; to docker's daemon the machine's.
    """
    nvml = open_nvml()
    if nvml is None:
        return []
    try:
        return [name if gpu is None else gpu.uuid for name, gpu in shown_gpus(nvml)]
    finally:
        nvml.nvmlShutdown()


def cards_watched() -> dict[int, str]:
    """Return the UUIDs of the cards that this process sees, by NVML's numbers, as footers of shards have them."""
    nvml = open_nvml()
    if nvml is None:
        return {}
    try:
        return {gpu.index: gpu.uuid for gpu in visible_gpus(nvml)}
    finally:
        nvml.nvmlShutdown()


def nvml_number(number: int, environ: Mapping[str, str] = os.environ) -> int:
    """Return what NVML, and so nvidia-smi and the footers of shards, calls a card.

    Args:
        number: Among those that this process sees.
        environ: Of this process.

    Returns:
        NVML's number. Where there is no NVML, the number that the variable has in its place; else, of a slice, too,
        `number` itself.
    """
    nvml = open_nvml()
    if nvml is None:
        named = dict(enumerate(map(str.strip, environ.get(VISIBLE, "").split(",")))).get(number, "")
        return int(named) if named.isdecimal() else number
    try:
        gpus = [gpu for _, gpu in shown_gpus(nvml, environ)]
    finally:
        nvml.nvmlShutdown()
    gpu = gpus[number] if number < len(gpus) else None
    return number if gpu is None else gpu.index


def only_card(number: int, option: str, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return what lets a child see one card only.

    Args:
        number: Among those that this process sees.
        option: Names it, for messages.
        environ: Of this process.

    Raises:
        BackendError: This process sees fewer. Nothing but the variable is looked at.
    """
    if VISIBLE not in environ:
        return {VISIBLE: str(number)}
    shown = [name for name in map(str.strip, environ[VISIBLE].split(",")) if name]
    if not shown:
        return {VISIBLE: ""}  # no card is to be seen, by the child neither
    if number >= len(shown):
        raise BackendError(
            f"{option} names GPU {number}, but {VISIBLE}={environ[VISIBLE]} shows {len(shown)} to this process,"
            " numbered from 0: name others, or runtime.gpus=all"
        )
    return {VISIBLE: shown[number]}


def first_cards(count: int, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return what lets a child see the first cards of this process and no others."""
    shown = environ[VISIBLE].split(",") if VISIBLE in environ else map(str, range(count))
    return {VISIBLE: ",".join(list(map(str.strip, shown))[:count])}

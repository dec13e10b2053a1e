"""What a profile needs of the machine, looked at before a GPU is paid for.

needs.py     options to needs
packages.py  vLLM, torch, transformers against the pins of the gpu extra
gpus.py      driver, CUDA, GPUs and their memory
models.py    weights in the cache or on the Hub, tokens
disk.py      room for the corpus
rates.py     what a page takes, here or where it was measured; prediction.py: what the run will take
services.py  ports, servers that run already, Tesseract
training.py  a torch that is not slow, the memory of a pack, room for what is saved
"""

from __future__ import annotations

from pathlib import Path

from ocr_project.checks.doctor.disk import check_disk
from ocr_project.checks.doctor.finding import Finding, State
from ocr_project.checks.doctor.gpus import check_gpus
from ocr_project.checks.doctor.models import check_models
from ocr_project.checks.doctor.needs import Profile, needs_of
from ocr_project.checks.doctor.packages import check_packages
from ocr_project.checks.doctor.prediction import Seen, machine_of, predict
from ocr_project.checks.doctor.services import (
    check_bytecode,
    check_compiled,
    check_old_options,
    check_orientation,
    check_ports,
    check_servers,
    check_tesseract,
)
from ocr_project.checks.doctor.training import check_training

__all__ = ["Finding", "Profile", "Seen", "State", "examine", "machine_of", "predict"]


def examine(profile: Profile, root: Path, data: Path) -> list[Finding]:
    """Look at everything that a profile needs.

    Args:
        profile: The options of all stages.
        root: The project.
        data: The folder that a run would fill.

    Returns:
        What was found, in the order in which it should be put right.
    """
    needs = needs_of(profile.stages())
    return [
        *check_packages(needs),
        *check_gpus(needs),
        *check_models(needs),
        *check_ports(needs),
        *check_compiled(needs),
        *check_bytecode(needs),
        *check_servers(needs),
        *check_tesseract(needs),
        *check_orientation(needs),
        *check_old_options(needs),
        *check_training(needs, data),
        *check_disk(needs, root, data),
    ]

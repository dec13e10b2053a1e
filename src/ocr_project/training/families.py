"""The models that can be trained, by the `model_type` of their configuration: a table of what differs between them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from ocr_project.domain.errors import OptionError
from ocr_project.domain.options import DialectName


class Part(StrEnum):
    """The parts of a vision-language model."""

    VISION = "vision"
    PROJECTOR = "projector"
    LANGUAGE = "language"
    HEAD = "head"


@dataclass(frozen=True, slots=True)
class Family:
    """Models of one architecture.

    Attributes:
        model_type: As in `config.json`.
        dialect: Where neither the options nor the model's name say another.
        side: Pixels along one token: two patches.
        parts: The beginnings of the names of weights; the longest that fits decides.
        head_norms: Whether queries and keys are normalised head by head: float32 copies of them stay in memory.
        norms: Vectors of a layer's width that its norms and sums leave behind in training.
        tower_mlp: Vectors of a block's inner width that it leaves behind.
    """

    model_type: str
    dialect: DialectName
    side: int
    parts: Mapping[str, Part]
    head_norms: bool = False
    norms: float = 7.5
    tower_mlp: float = 2.1


_QWEN = {"model.visual.merger": Part.PROJECTOR, "model.visual.deepstack_merger_list": Part.PROJECTOR}
_COMMON = {"model.visual": Part.VISION, "model.language_model": Part.LANGUAGE, "lm_head": Part.HEAD}

_PADDLE = {**_COMMON, "model.projector": Part.PROJECTOR}
_GLM = {**_COMMON, **_QWEN, "model.visual.downsample": Part.PROJECTOR}

FAMILIES: Mapping[str, Family] = {
    family.model_type: family
    for family in (
        Family("qwen3_vl", DialectName.CHAT, 32, {**_COMMON, **_QWEN}, head_norms=True),
        Family("qwen2_vl", DialectName.CHAT, 28, {**_COMMON, **_QWEN}, tower_mlp=3.15),  # QuickGELU keeps one more
        Family("paddleocr_vl", DialectName.PADDLEOCR_VL, 28, _PADDLE),
        Family("glm_ocr", DialectName.GLM_OCR, 28, _GLM, norms=11.0, tower_mlp=4.0),  # four norms a layer; gated tower
    )
}


def part_of(name: str, family: Family) -> Part:
    """Return the part of the model that a weight belongs to.

    Args:
        name: Of the weight in the base model, without PEFT's additions.

    Raises:
        OptionError: It is in none of them: the table above is not of this model.
    """
    fitting = [start for start in family.parts if name == start or name.startswith(f"{start}.")]
    if not fitting:
        raise OptionError(f"{name} is in no known part of a {family.model_type}: training/families.py lists its parts")
    return family.parts[max(fitting, key=len)]


def plain_name(name: str) -> str:
    """Take PEFT's and the compiler's additions off the name of a weight."""
    for addition in ("base_model.model.", "base_layer.", "_orig_mod.", "module."):
        name = name.replace(addition, "")
    return name


def family_of(config: Mapping[str, Any], *, model: str) -> Family:
    """Return the family of a model.

    Args:
        config: Its `config.json`.
        model: Its name, for the message.

    Raises:
        OptionError: It is none that can be trained here.
    """
    found = FAMILIES.get(str(config.get("model_type")))
    if found is None:
        raise OptionError(
            f"training.model: {model} is a {config.get('model_type')!r}; those that can be trained are"
            f" {', '.join(sorted(FAMILIES))}"
        )
    return found


def read_config(folder: Path) -> dict[str, Any]:
    """Read the configuration of a checkpoint."""
    config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return config


def is_tied(config: Mapping[str, Any]) -> bool:
    """Say whether the head is the embedding turned round: as the text's configuration says it, or else the whole's.

    Qwen3-VL-2B and -4B are tied, -8B and PaddleOCR-VL are not.
    """
    text = config.get("text_config") or {}
    return bool(config.get("tie_word_embeddings", text.get("tie_word_embeddings", False)))

"""All cards of a machine for every stage: `runtime.gpus` written into the options that name cards one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from ocr_project.domain.options.base import Options
from ocr_project.domain.options.layout import PpDocLayoutOptions
from ocr_project.domain.options.matrix import MatrixOptions
from ocr_project.domain.options.serving import ServerOptions

T = TypeVar("T", bound=Options)


def on_cards(options: T, gpus: tuple[int, ...]) -> T:
    """Return options that use these cards, in the blocks below them, too.

    Args:
        options: Of a section, or of a block of one. A profile is written for one card: requests in flight, and the
            processes that cut crops where it says how many, are as many for each of them.
        gpus: Numbers among those that this process sees; empty: as the options say.
    """
    if not gpus:
        return options
    if isinstance(options, ServerOptions):
        return options if options.urls else options.model_copy(update=_servers(options, gpus))
    if isinstance(options, PpDocLayoutOptions):
        return options.model_copy(update={"gpus": gpus})
    if isinstance(options, MatrixOptions):
        return options.model_copy(update={"gpus": gpus})
    blocks = {name: block for name, block in options if isinstance(block, Options)}
    changed = {name: there for name, block in blocks.items() if (there := on_cards(block, gpus)) is not block}
    return options.model_copy(update=changed) if changed else options


def _servers(options: ServerOptions, gpus: tuple[int, ...]) -> Mapping[str, Any]:
    times = len(gpus) / len(options.gpus)
    crops = getattr(options, "crop_workers", 0)  # 0: by the cores of the machine, which are as many for any cards
    more = {"crop_workers": max(1, round(times * crops))} if crops else {}
    return {"gpus": gpus, "requests": round(times * options.requests), **more}

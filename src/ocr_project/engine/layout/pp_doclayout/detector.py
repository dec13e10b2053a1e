"""PP-DocLayoutV3 as a detector."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from functools import cached_property
from time import perf_counter
from typing import TYPE_CHECKING

from ocr_project.domain.options import PpDocLayoutOptions
from ocr_project.domain.types import Box, Identity, Page, Region, Status
from ocr_project.engine.layout.pp_doclayout.checkpoint import check, locate, revision_of
from ocr_project.engine.layout.pp_doclayout.labels import BY_CLASS
from ocr_project.engine.layout.whole_page import page_region

if TYPE_CHECKING:
    from ocr_project.engine.layout.pp_doclayout.runner import Found, Runner

VERSION = "1"  # of the rules in this folder: raise it when the same weights would give other regions
_SPEED_ONLY = {"checkpoint", "revision", "device", "gpus", "compile", "batch_pages", "decoders"}
_CALLS = 2  # to a model at once: one batch is decoded while the model works on another


class PpDocLayoutDetector:
    """Finds regions with PP-DocLayoutV3, on one card or several. Weights are loaded for the first page, not before."""

    def __init__(self, options: PpDocLayoutOptions) -> None:
        on_each = _on_each(options)
        for one in on_each:
            check(one)
        self._options = options
        self._models = list(map(_Model, on_each))
        self._lock = threading.Lock()  # around how many calls each has
        self.workers = _CALLS * len(self._models)

    @property
    def batch_pages(self) -> int:
        return self._options.batch_pages

    @property
    def identity(self) -> Identity:
        settings = self._options.model_dump(mode="json", exclude=_SPEED_ONLY)
        return Identity("pp_doclayout_v3", f"{VERSION}+{self._weights}", settings)

    def detect(self, pages: Sequence[Page]) -> list[list[Region]]:
        answers = [[page_region(page)] for page in pages]  # stands for pages that failed upstream
        sound = [place for place, page in enumerate(pages) if page.image is not None]
        for first in range(0, len(sound), self.batch_pages):
            places = sound[first : first + self.batch_pages]
            start = perf_counter()
            found = self._run([pages[place] for place in places])
            seconds = (perf_counter() - start) / len(places)
            for place, item in zip(places, found, strict=True):
                answers[place] = _regions(pages[place], item, seconds)
        return answers

    def close(self) -> None:
        for model in self._models:
            model.close()

    @cached_property
    def _weights(self) -> str:
        return revision_of(locate(self._options))

    def _run(self, pages: Sequence[Page]) -> list[Found]:
        """Let the model that has the least to do find the boxes."""
        with self._lock:
            model = min(self._models, key=lambda one: one.calls)
            model.calls += 1
        try:
            return model.loaded().run(pages)
        finally:
            with self._lock:
                model.calls -= 1


# transformers loads weights into a model that it makes without any, by a switch that counts for all threads
_LOADING = threading.Lock()


class _Model:
    """The model on one card."""

    def __init__(self, options: PpDocLayoutOptions) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._runner: Runner | None = None
        self.calls = 0  # that it works on, or that wait for it

    def loaded(self) -> Runner:
        with self._lock:
            if self._runner is None:
                from ocr_project.engine.layout.pp_doclayout.runner import Runner

                with _LOADING:
                    self._runner = Runner(locate(self._options), self._options)
            return self._runner

    def close(self) -> None:
        with self._lock:
            runner, self._runner = self._runner, None
        if runner is not None:
            runner.close()


def _on_each(options: PpDocLayoutOptions) -> list[PpDocLayoutOptions]:
    """Return the options for each card; they share the cores that decode."""
    kind = options.device.partition(":")[0]
    devices = [kind if kind == "cpu" else f"{kind}:{gpu}" for gpu in options.gpus] or [options.device]
    cores = options.decoders or len(os.sched_getaffinity(0))
    decoders = max(1, cores // len(devices))
    return [options.model_copy(update={"device": device, "decoders": decoders}) for device in devices]


def _regions(page: Page, found: Found, seconds: float) -> list[Region]:
    """Turn what was found into rows; a page without regions is one region, and says why."""
    if found.reason:
        return [page_region(page, Status.FAILED, found.reason, seconds)]
    if found.blank:
        return [page_region(page, Status.EMPTY, "blank page", seconds)]
    width, height = found.size
    corners = found.boxes.boxes.clip(0, (width, height, width, height)).tolist()
    rows = zip(found.boxes.classes.tolist(), found.boxes.scores.tolist(), corners, strict=True)
    regions: list[Region] = []
    for place, (number, score, corner) in enumerate(rows):
        box = Box(*corner)
        if box.x0 >= box.x1 or box.y0 >= box.y1:
            continue
        label, native = BY_CLASS[number]
        regions.append(
            Region(
                page.page_id,
                len(regions),
                label,
                native,
                box,
                score=score,
                seconds=0.0 if regions else seconds,
                polygon=None if found.masks is None else _polygon(found, place, corner),
            )
        )
    return regions or [page_region(page, reason="no regions were found: it is read whole", seconds=seconds)]


def _polygon(found: Found, place: int, corners: list[float]) -> tuple[float, ...] | None:
    from ocr_project.engine.layout.pp_doclayout.polygons import outline

    assert found.masks is not None
    x0, y0, x1, y1 = corners
    return outline(found.masks[place], (x0, y0, x1, y1), found.size)

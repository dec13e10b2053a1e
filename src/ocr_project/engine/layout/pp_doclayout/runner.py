"""Runs the model over batches: what is enqueued where, and who waits for whom.

One batch is four steps: decode and resize, forward, post-processing, copy to the host. Each calling thread decodes
on a stream of its own; the steps on the model go to one shared stream, enqueued by a thread that does nothing else and
not waited for, so that the next batch stands in line before this one is done. With two threads the model never waits
for a decoder. One thread for the model, because cuDNN keeps the algorithms that it has tried out by thread, and to try
them costs seconds: with two threads 512 pages took three times as long (docs/log.md).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ocr_project.domain.errors import BackendError
from ocr_project.domain.options import PpDocLayoutOptions
from ocr_project.domain.types import Page
from ocr_project.engine.layout.pp_doclayout.labels import class_thresholds
from ocr_project.engine.layout.pp_doclayout.model import Output, build_forward, load
from ocr_project.engine.layout.pp_doclayout.postprocess import Boxes, Rules, find_boxes, unpack
from ocr_project.engine.layout.pp_doclayout.preprocess import prepare, to_input

_LEAST_CONTRAST = 8  # of 255, on the page as the model sees it: less is a blank page


@dataclass(frozen=True, slots=True)
class Found:
    """What became of one page.

    Attributes:
        size: Width and height as decoded, in pixels.
        boxes: In reading order; may hold none.
        masks: Shape (n, 200, 200), uint8, for each box; None where outlines are not asked for.
        blank: The page is of one colour.
        reason: Why it could not be decoded; an empty string where it was.
    """

    size: tuple[int, int]
    boxes: Boxes
    masks: NDArray[np.uint8] | None
    blank: bool
    reason: str


class Runner:
    """A loaded model and the queue before it. `run` may be called from several threads."""

    def __init__(self, folder: Path, options: PpDocLayoutOptions) -> None:
        self._options = options
        self._device = torch.device(options.device)
        self._forward = build_forward(load(folder, options), options)
        self._rules = Rules.of(options, self._device)
        self._mask_logit = float(torch.logit(torch.tensor(min(class_thresholds(options)))))
        cores = options.decoders or len(os.sched_getaffinity(0))
        self._decoders = ThreadPoolExecutor(cores, thread_name_prefix="decode")
        self._modeller = ThreadPoolExecutor(1, thread_name_prefix="layout-model")
        self._own = threading.local()  # the stream on which a thread decodes
        self._stream = torch.cuda.Stream(self._device) if self._device.type == "cuda" else None

    def run(self, pages: Sequence[Page]) -> list[Found]:
        """Find the boxes of at most `batch_pages` pages, each with an image.

        Raises:
            BackendError: The GPU's memory is too small for the batch.
        """
        try:
            return self._run(pages)
        except torch.cuda.OutOfMemoryError as error:
            raise BackendError(
                f"the GPU's memory is too small for {self._options.batch_pages} pages at once ({error}): lower"
                " layout.pp_doclayout_v3.batch_pages, or recognition.vllm.gpu_memory_utilization"
            ) from error

    def close(self) -> None:
        """Stop the threads and let go of the model: the GPU's memory is for the next stage."""
        self._decoders.shutdown()
        self._modeller.shutdown()
        del self._forward
        if self._stream:
            torch.cuda.empty_cache()

    def _run(self, pages: Sequence[Page]) -> list[Found]:
        # On a GPU every batch has the same shape: nothing is compiled or tuned twice.
        rows = self._options.batch_pages if self._stream else len(pages)
        with self._decoding():
            prepared = prepare(pages, self._device, self._decoders, rows=rows)
            sizes = torch.tensor(prepared.sizes, dtype=torch.float32, device=self._device)
            decoded = self._event()
        output, home, done = self._modeller.submit(self._model, prepared.pixels, sizes, decoded).result()
        if done is not None:
            done.synchronize()
        boxes = unpack(home.numpy())
        if boxes is None:  # a chain of rivals longer than real pages have
            boxes = unpack(self._find(output, sizes, rounds=output.logits.shape[1] + 1).cpu().numpy()) or []
        blank = home[:, -1, 1] < _LEAST_CONTRAST
        columns = (prepared.sizes, boxes, self._masks(output, boxes), blank.tolist(), prepared.reasons)
        return [Found(*row) for row in zip(*columns, strict=True)]

    def _model(self, pixels: torch.Tensor, sizes: torch.Tensor, decoded: Any) -> tuple[Output, torch.Tensor, Any]:
        """Enqueue everything from the pixels to the boxes on their way to the host."""
        with self._modelling(decoded, pixels, sizes):
            output = self._forward(to_input(pixels))
            home = self._home(self._find(output, sizes), pixels)
            return output, home, self._event()

    def _find(self, output: Output, sizes: torch.Tensor, **rounds: int) -> torch.Tensor:
        count = len(sizes)
        logits, boxes, order = output.logits[:count], output.boxes[:count], output.order[:count]
        with torch.inference_mode():
            return find_boxes(logits, boxes, order, sizes, self._rules, **rounds)

    def _home(self, packed: torch.Tensor, pixels: torch.Tensor) -> torch.Tensor:
        """Enqueue the one copy to the host; contrast rides along in the last row."""
        with torch.inference_mode():
            flat = pixels[: len(packed)].flatten(1)
            packed[:, -1, 1] = flat.amax(1).float() - flat.amin(1).float()
            if self._stream is None:
                return packed
            home = torch.empty(packed.shape, dtype=packed.dtype, pin_memory=True)
            return home.copy_(packed, non_blocking=True)

    @contextmanager
    def _decoding(self) -> Iterator[None]:
        """Work on this thread's own stream."""
        if self._stream is None:
            yield
            return
        if not hasattr(self._own, "stream"):
            self._own.stream = torch.cuda.Stream(self._device)
        with torch.cuda.stream(self._own.stream):
            yield

    @contextmanager
    def _modelling(self, decoded: Any, *inputs: torch.Tensor) -> Iterator[None]:
        """Work on the stream of the model, once the inputs are there."""
        if self._stream is None:
            yield
            return
        with torch.cuda.stream(self._stream):
            self._stream.wait_event(decoded)
            for tensor in inputs:
                tensor.record_stream(self._stream)  # its memory is not taken back while the model reads it
            yield

    def _event(self) -> Any:
        """Mark this point of the current stream. Waiting for it sleeps instead of spinning on a core."""
        if self._stream is None:
            return None
        event = torch.cuda.Event(blocking=True)
        event.record(torch.cuda.current_stream(self._device))
        return event

    def _masks(self, output: Output, boxes: Sequence[Boxes]) -> Sequence[NDArray[np.uint8] | None]:
        """Fetch the masks of the boxes that were kept, and of no others."""
        if output.masks is None:
            return [None] * len(boxes)
        pages = np.repeat(np.arange(len(boxes)), [len(found.queries) for found in boxes])
        queries = np.concatenate([found.queries for found in boxes])
        with torch.inference_mode():
            masks = output.masks[torch.from_numpy(pages), torch.from_numpy(queries)] > self._mask_logit
        return np.split(masks.to(torch.uint8).cpu().numpy(), np.cumsum([len(found.queries) for found in boxes])[:-1])

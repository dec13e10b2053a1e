"""Regions to text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ocr_project.domain.options import RecognitionOptions, RuntimeOptions
from ocr_project.domain.protocols import ShardSource
from ocr_project.domain.types import Page, Prune, Recognition, Region, Shard
from ocr_project.engine.recognition import build_recognizer
from ocr_project.engine.shards import join_pages, pending, stream


def recognize_regions(
    pages: ShardSource,
    regions: ShardSource,
    recognitions_done: ShardSource,
    options: RecognitionOptions,
    runtime: RuntimeOptions,
) -> Iterator[Shard | Prune]:
    """Read every region."""
    recognizer = build_recognizer(options)
    plan = pending(regions.index().values(), recognitions_done, "recognition", recognizer.identity)

    def read(name: str) -> Iterator[tuple[Page, list[Region]]]:
        return join_pages(pages.read(name, without=("text_layer_words",)), regions.read(name))

    def recognize(batch: Sequence[tuple[Page, list[Region]]]) -> list[Recognition]:
        return [recognition for page, found in batch for recognition in recognizer.recognize(page, found)]

    yield from stream(plan, read, recognize, runtime)

"""Regions to text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing

from ocr_project.domain.options import RecognitionOptions, RuntimeOptions
from ocr_project.domain.protocols import Recognizer, ShardSource, ShardStore, SubmittingRecognizer
from ocr_project.domain.types import Made, Page, Recognition, Region
from ocr_project.engine.recognition import build_recognizer
from ocr_project.engine.recognition.text_layer import recognize_page, submit_page
from ocr_project.engine.running.keep import keep_all
from ocr_project.engine.running.plan import pending
from ocr_project.engine.running.sources import check_sources
from ocr_project.engine.running.stream import join_pages, stream
from ocr_project.engine.running.workers import AsyncWork, Work


def recognize_regions(
    pages: ShardSource,
    regions: ShardSource,
    recognitions_done: ShardStore,
    options: RecognitionOptions,
    runtime: RuntimeOptions,
) -> Made:
    """Read every region."""
    check_sources(pages, regions)
    with closing(build_recognizer(options, runtime.tessdata)) as recognizer:
        plan = pending(regions, recognitions_done, "recognition", recognizer.identity, runtime.retry)

        def read(name: str) -> Iterator[tuple[Page, list[Region]]]:
            return join_pages(pages.read(name), regions.read(name))

        return keep_all(recognitions_done, stream(plan, read, _work_of(recognizer), runtime))


def _work_of(recognizer: Recognizer) -> Work[tuple[Page, list[Region]]]:
    if isinstance(recognizer, SubmittingRecognizer):

        def submit(batch: Sequence[tuple[Page, list[Region]]]) -> Future[list[Recognition]]:
            ((page, found),) = batch
            return submit_page(recognizer, page, found)

        return AsyncWork(submit, recognizer.in_flight_pages)

    def recognize(batch: Sequence[tuple[Page, list[Region]]]) -> list[Recognition]:
        return [recognition for page, found in batch for recognition in recognize_page(recognizer, page, found)]

    return recognize

"""Pages to regions in reading order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing

from ocr_project.domain.options import LayoutOptions, RuntimeOptions
from ocr_project.domain.protocols import ShardSource, ShardStore
from ocr_project.domain.types import Made, Page, Region
from ocr_project.engine.layout import build_detector, detect_all
from ocr_project.engine.running.keep import keep_all
from ocr_project.engine.running.plan import pending
from ocr_project.engine.running.stream import stream


def detect_regions(
    pages: ShardSource, regions_done: ShardStore, options: LayoutOptions, runtime: RuntimeOptions
) -> Made:
    """Find the regions of every page."""
    with closing(build_detector(options, runtime.tessdata)) as detector:
        plan = pending(pages, regions_done, "layout", detector.identity, runtime.retry)

        def detect(batch: Sequence[Page]) -> list[Region]:
            return [region for regions in detect_all(detector, batch) for region in regions]

        def read(name: str) -> Iterator[Page]:
            return pages.read(name, without=("text_layer_words",))

        if detector.workers is not None:
            runtime = runtime.model_copy(update={"workers": detector.workers})
        return keep_all(regions_done, stream(plan, read, detect, runtime, batch=detector.batch_pages))

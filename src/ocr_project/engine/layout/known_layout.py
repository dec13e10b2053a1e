"""Pages whose layout is known beforehand: the crop of a table or formula, a page that a question is asked about."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

from ocr_project.domain.protocols import Detector
from ocr_project.domain.types import Box, Label, Page, Region, Status


def detect_all(detector: Detector, pages: Sequence[Page]) -> list[list[Region]]:
    """Find the regions of each page; the detector sees only those of which nothing is known.

    Args:
        detector: Any.
        pages: Those with `given` become one region of that label, those with a `question` one of the whole page.

    Returns:
        As `Detector.detect`.
    """
    unknown = [page for page in pages if page.given is None and not page.question]
    found = iter(detector.detect(unknown) if unknown else ())
    return [next(found) if page.given is None and not page.question else [_whole_page(page)] for page in pages]


def _whole_page(page: Page) -> Region:
    started = perf_counter()
    label = page.given or Label.PAGE
    box = Box(0.0, 0.0, float(page.width), float(page.height))
    status, reason = Status.OK, ""
    if page.image is None:
        status, reason = Status.SKIPPED, page.reason or "the page has no image"
    seconds = perf_counter() - started
    return Region(page.page_id, 0, label, label.value, box, status=status, reason=reason, seconds=seconds)

"""No layout at all: one region a page, for pages that a recognizer reads whole."""

from __future__ import annotations

from collections.abc import Sequence

from ocr_project.domain.types import Box, Identity, Label, Page, Region, Status

VERSION = "1"


class WholePageDetector:
    """Gives each page one region over all of it."""

    batch_pages = 1
    workers = None

    @property
    def identity(self) -> Identity:
        return Identity("whole_page", VERSION)

    def detect(self, pages: Sequence[Page]) -> list[list[Region]]:
        return [[page_region(page)] for page in pages]

    def close(self) -> None:
        """There is nothing to stop."""


def page_region(page: Page, status: Status = Status.OK, reason: str = "", seconds: float = 0.0) -> Region:
    """Make the region that stands for the whole page.

    Args:
        page: Where it failed upstream, the region is skipped and carries the page's reason.
        status: Of the region, where the page itself is sound.
        reason: Of the region, where the page itself is sound.
        seconds: Layout time of the page.
    """
    if page.image is None:
        status, reason = Status.SKIPPED, page.reason or "the page has no image"
    box = Box(0.0, 0.0, float(page.width), float(page.height))
    return Region(page.page_id, 0, Label.PAGE, "page", box, status=status, reason=reason, seconds=seconds)

"""The regions of pages on which nothing was looked for or found."""

from __future__ import annotations

from ocr_project.domain.types import Box, Label, Page, Region, Status


def whole(page: Page, status: Status = Status.OK, reason: str = "") -> list[Region]:
    """Return one region over all of the page."""
    box = Box(0.0, 0.0, float(page.width), float(page.height))
    return [Region(page.page_id, 0, Label.PAGE, "page", box, status=status, reason=reason)]


def skipped(page: Page) -> list[Region]:
    """Return the region of a page that failed before."""
    return whole(page, Status.SKIPPED, page.reason or "the page has no image")

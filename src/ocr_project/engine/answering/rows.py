"""The rows of questions that are not asked, and of pages that cannot be used."""

from __future__ import annotations

from collections.abc import Sequence

from ocr_project.domain.causes import cause_of
from ocr_project.domain.types import Answer, Asked, Page, Status


def unasked(page: Page, asked: Sequence[Asked], status: Status, reason: str) -> list[Answer]:
    """Return a row for each question, none of which was asked.

    Args:
        page: Whose questions they are.
        asked: The questions.
        status: Of each.
        reason: Of each.
    """
    cause = cause_of(reason) if status is Status.FAILED else None
    return [Answer(one.question_id, page.page_id, "", status, reason, cause, attempts=0) for one in asked]


def without_image(page: Page, asked: Sequence[Asked]) -> list[Answer]:
    """Return the rows of a page that failed before."""
    return unasked(page, asked, Status.SKIPPED, page.reason or "the page has no image")

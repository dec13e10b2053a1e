"""What was read of an item, beside what is known about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ocr_project.domain.types import Page, Recognition, Status, TextFormat, Transcript, Truth
from ocr_project.engine.recognition.given import NOT_READ


@dataclass(frozen=True, slots=True)
class Outcome:
    """An item after the lane.

    Attributes:
        page: Without its image.
        recognitions: Of its regions, in reading order.
        truths: At least one.
    """

    page: Page
    recognitions: Sequence[Recognition]
    transcript: Transcript
    truths: Sequence[Truth]

    @property
    def unscorable(self) -> str:
        """Return why the item cannot be scored, through no fault of the recognizer; empty where it can be."""
        if self.page.status in (Status.FAILED, Status.SKIPPED):
            return self.page.reason or "the page could not be read"
        if self.not_read:
            return self.recognitions[0].reason
        if self.page.question and all(r.status is Status.SKIPPED for r in self.recognitions):
            return self.recognitions[0].reason
        return ""

    @property
    def not_read(self) -> bool:
        """Tell whether answers were given, and none for this item."""
        return bool(self.recognitions) and all(r.reason.startswith(NOT_READ) for r in self.recognitions)

    @property
    def unread(self) -> str:
        """Return the first reason why a part of it was not read: the item is scored, and its score is lower for it."""
        return next((r.reason for r in self.recognitions if r.status is Status.FAILED), "")

    @property
    def answer(self) -> str:
        """Return what the recognizer answered, region by region, as it wrote it."""
        return "\n".join(r.text for r in self.recognitions if r.text)

    @property
    def tables(self) -> str:
        """Return the tables it wrote, HTML or Markdown; text that is not a table is left out."""
        marked = (TextFormat.HTML, TextFormat.MARKDOWN)
        return "\n\n".join(r.text for r in self.recognitions if r.format in marked and r.text)

    def silenced(self) -> Outcome:
        """Return the item as if nothing had been read: the metrics and denominators of one that cannot be scored."""
        page = self.page
        blank = Transcript(page.page_id, page.doc_id, page.path, page.group, page.number, "", "")
        return Outcome(page, [Recognition(page.page_id, 0, "", TextFormat.TEXT)], blank, self.truths)

"""What was read of an item, beside what is known about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ocr_project.domain.protocols import ShardSource
from ocr_project.domain.types import Page, Recognition, Status, TextFormat, Transcript, Truth
from ocr_project.engine.running.stream import join_pages


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
    def obstacle(self) -> str:
        """Return why the item cannot be scored, through no fault of what it would have read; empty where it can."""
        if self.page.status in (Status.FAILED, Status.SKIPPED):
            return self.page.reason or "the page could not be read"
        if self.page.question and all(r.status is Status.SKIPPED for r in self.recognitions):
            return self.recognitions[0].reason
        return ""

    @property
    def fault(self) -> str:
        """Return the first reason why something of it was not read: a score below is lower for it."""
        return next((r.reason for r in self.recognitions if r.status is Status.FAILED), "")

    @property
    def answer(self) -> str:
        """Return what the recognizer said, region by region, as it said it."""
        return "\n".join(r.text for r in self.recognitions if r.text)

    @property
    def tables(self) -> str:
        """Return the tables it wrote, HTML or Markdown; text that is no table is left out."""
        marked = (TextFormat.HTML, TextFormat.MARKDOWN)
        return "\n\n".join(r.text for r in self.recognitions if r.format in marked and r.text)


@dataclass(frozen=True, slots=True)
class LaneShards:
    """The folders of the lane, side by side."""

    pages: ShardSource
    recognitions: ShardSource
    transcripts: ShardSource
    truths: ShardSource

    def read(self, name: str) -> Iterator[Outcome]:
        """Walk through a shard, item by item."""
        pages = self.pages.read(name, without=("image", "text_layer_words"))
        others = (self.recognitions.read(name), self.transcripts.read(name), self.truths.read(name))
        for page, recognitions, transcripts, truths in join_pages(pages, *others):
            yield Outcome(page, recognitions, transcripts[0], truths)

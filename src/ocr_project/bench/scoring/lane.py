"""The folders of the lane, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ocr_project.bench.rules.outcome import Outcome
from ocr_project.domain.protocols import ShardSource
from ocr_project.engine.running.origins import origin_of
from ocr_project.engine.running.stream import join_pages


@dataclass(frozen=True, slots=True)
class LaneShards:
    """Pages, what was read of them, and what is known about them."""

    pages: ShardSource
    recognitions: ShardSource
    transcripts: ShardSource
    truths: ShardSource

    def origins(self) -> dict[str, str]:
        """Return what tells these shards from all others."""
        return {name: origin_of(getattr(self, name)) for name in ("pages", "recognitions", "transcripts", "truths")}

    def read(self, name: str) -> Iterator[Outcome]:
        """Walk through a shard, item by item."""
        pages = self.pages.read(name, without=("image", "text_layer_words"))
        others = (self.recognitions.read(name), self.transcripts.read(name), self.truths.read(name))
        for page, recognitions, transcripts, truths in join_pages(pages, *others):
            yield Outcome(page, recognitions, transcripts[0], truths)

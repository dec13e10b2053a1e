"""A corpus as one thing: what its documents have come to, stage by stage."""

from __future__ import annotations

from dataclasses import dataclass

from ocr_project.domain.protocols import ShardSource


@dataclass(frozen=True, slots=True)
class Corpus:
    """The shards of the stages, side by side; a shard has the same name and the same pages in each of them.

    Attributes:
        pages: Of `Page`.
        regions: Of `Region`.
        recognitions: Of `Recognition`.
        transcripts: Of `Transcript`.
        page_vectors: Of `Embedding`; None where they are not needed.
    """

    pages: ShardSource
    regions: ShardSource
    recognitions: ShardSource
    transcripts: ShardSource
    page_vectors: ShardSource | None = None

    def stages(self) -> dict[str, ShardSource]:
        """Return the shards by the stage that makes them, in the order of the stages."""
        found = {
            "ingest": self.pages,
            "layout": self.regions,
            "recognition": self.recognitions,
            "transcript": self.transcripts,
        }
        return found if self.page_vectors is None else {**found, "embedding": self.page_vectors}

"""What is found in an entry to a row: its image read and measured, limits held, split and identity drawn by hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from ocr_project.domain.options import IngestOptions, TextLayer, TrainingDataOptions
from ocr_project.domain.types import Document, Identity, Page, PageFacts, Split, Status, Task, TrainingSample
from ocr_project.engine.ingest import ingest_identity, read_single_page
from ocr_project.engine.models.dialects.html_table import parse_markup
from ocr_project.training.samples.held_out import Guard
from ocr_project.training.samples.shards import Chosen
from ocr_project.training.samples.source import Entry, Found, Refused

VERSION = "1"  # of what all sources share, and of the sources: raise it when the same entry would give another row
_ID_DIGITS = 32
_MOST_RATIO = 200  # of the sides: beyond it the processors of Qwen2-VL and Qwen3-VL raise (smart_resize)
_SHOWN = 2_000  # characters kept of the answer of a row that is refused
# of `training_data`, what changes rows; sources and what is held out have keys of their own
_SETTINGS = {
    *("images", "aihub_words", "valid", "test", "longest_side", "least_side", "most_side", "most_characters"),
    *("rules", "seed"),
}


class SampleMaker:
    """Makes rows. Its methods may be called from several threads at once."""

    def __init__(self, options: TrainingDataOptions, ingest: IngestOptions, guard: Guard) -> None:
        """Remember how.

        Args:
            options: Limits and shares.
            ingest: How bytes become pages: limits and quality. Text layers are left alone.
            guard: What is held out.
        """
        self._options = options
        self._guard = guard
        self._ingest = page_options(options, ingest)

    def identity(self, **more: str) -> Identity:
        """Return what makes a row what it is, beside its source.

        Args:
            more: Versions of what decides beside this, such as KaTeX.
        """
        images = ingest_identity(self._ingest)
        settings = {
            **self._options.model_dump(mode="json", include=_SETTINGS),
            "ingest": dict(images.settings),
            "held_out": self._guard.fingerprint(),
            **more,
        }
        return Identity("training_data", f"{VERSION} {images.revision}", settings)

    def make(self, chosen: Sequence[Chosen]) -> list[TrainingSample]:
        """Make a row for each entry, in the order given; nothing is raised for a bad one."""
        return [
            self._row(piece.source.label, piece.source.entries[index], found)
            for piece in chosen
            for index, found in zip(piece.indices, piece.source.read(piece.indices), strict=True)
        ]

    def _row(self, label: str, entry: Entry[object], found: Found) -> TrainingSample:
        document = found.document or entry.document
        try:
            image, width, height = self._image(entry, found, document)
        except Refused as refused:
            return TrainingSample(
                sample_id=_digest(label, entry.place),
                source=label,
                document=document,
                place=entry.place,
                split=split_of(document, self._options),
                task=found.task,
                whole_page=found.whole_page,
                question=found.question,
                image=None,
                width=0,
                height=0,
                answer=found.answer[:_SHOWN],
                format=found.format,
                facts=found.facts,
                status=refused.status,
                rule=refused.rule,
                reason=str(refused),
            )
        return TrainingSample(
            sample_id=_sample_id(image, found),
            source=label,
            document=document,
            place=entry.place,
            split=split_of(document, self._options),
            task=found.task,
            whole_page=found.whole_page,
            question=found.question,
            image=image,
            width=width,
            height=height,
            answer=found.answer,
            format=found.format,
            facts=found.facts,
        )

    def _image(self, entry: Entry[object], found: Found, document: str) -> tuple[bytes, int, int]:
        """Return the image that is used, and its size; whatever speaks against the sample is raised.

        Raises:
            Refused: It is not used.
        """
        if found.rule:
            raise Refused(found.rule, found.reason, found.status)
        self._check_answer(found)
        page = self._page(entry, found)
        if page.image is None:
            raise Refused(page.reason.partition(":")[0] or "unusable", page.reason, Status.FAILED)
        self._check_size(page)
        file = found.image.read_bytes() if isinstance(found.image, Path) else None
        if held := self._guard.found(document, file, page.image):
            raise Refused("held_out", held)
        return page.image, page.width, page.height

    def _check_answer(self, found: Found) -> None:
        answer, most = found.answer, self._options.most_characters
        if not answer.strip() and found.facts is None:
            raise Refused("empty_answer", "there is nothing to learn: the answer is empty", Status.EMPTY)
        if len(answer) > most:
            raise Refused("long_answer", f"{len(answer):,} characters; training_data.most_characters is {most:,}")
        if found.task is Task.TABLE:
            markup = parse_markup(answer)
            if markup.tables != 1 or not any(markup.rows):
                raise Refused("no_table", f"{markup.tables} tables in HTML, where one with cells is wanted")

    def _page(self, entry: Entry[object], found: Found) -> Page:
        document = Document("", entry.place, "", "", 1, 0, "")  # of a PDF the first page
        return read_single_page(document, 1, found.image, self._ingest)

    def _check_size(self, page: Page) -> None:
        short, long = sorted((page.width, page.height))
        size = f"{page.width} x {page.height} pixels"
        if short < self._options.least_side:
            raise Refused("small_image", f"{size}; training_data.least_side is {self._options.least_side}")
        if long > self._options.most_side:
            raise Refused("large_image", f"{size}; training_data.most_side is {self._options.most_side:,}")
        if long > _MOST_RATIO * short:
            raise Refused("narrow_image", f"{size}: one side is more than {_MOST_RATIO} times the other")


def page_options(options: TrainingDataOptions, ingest: IngestOptions) -> IngestOptions:
    """Return how images and PDF pages become samples: without text layers, PDF pages of olmOCR's size."""
    return ingest.model_copy(update={"text_layer": TextLayer.OFF, "longest_side": options.longest_side})


def split_of(document: str, options: TrainingDataOptions) -> Split:
    """Draw the split of a document by its name: all of its samples have the same, whatever else there is."""
    digest = hashlib.sha256(f"{options.seed}:{document}".encode("utf-8", "surrogateescape")).digest()
    drawn = int.from_bytes(digest[:8], "big") / (1 << 64)
    if drawn < options.test:
        return Split.TEST
    return Split.VALID if drawn < options.test + options.valid else Split.TRAIN


def _sample_id(image: bytes, found: Found) -> str:
    facts: PageFacts | None = found.facts
    said = [found.task, found.whole_page, found.question, found.answer, None if facts is None else asdict(facts)]
    return _digest(hashlib.sha256(image).hexdigest(), json.dumps(said))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:_ID_DIGITS]

"""What a person should look at, worst first: lines that are probably wrong, and what was not read at all.

One rule says which lines (`engine/transcript/confidence.py`; docs/review.md has its figures). Pages with a reference
text of their own are left out, and so are single lines that were corrected: a person has read them already.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ocr_project.domain.corpus import Corpus
from ocr_project.domain.types import Box, Label, Page, Region, Status, Transcript
from ocr_project.engine.ingest.line_corrections import box_key
from ocr_project.engine.running.stream import join_pages
from ocr_project.engine.transcript import readings
from ocr_project.engine.transcript.confidence import (
    NOISE,
    NOISE_REASON,
    LineConfidence,
    calibration_for,
    line_confidences,
    readings_confidence,
)
from ocr_project.engine.transcript.lines import Reading

_UNREAD = frozenset({Label.PICTURE, Label.CHART, Label.SEAL})  # kept as images, by design


@dataclass(frozen=True, slots=True)
class Doubt:
    """A place on a page that a person should look at.

    Attributes:
        region: Index of the region; -1 for the page as a whole.
        line: Number of the line within it; -1 for all of it.
        label: Of the region; an empty string for the page as a whole.
        box: In pixels of the page.
        text: What was read there.
        confidence: Expected share of right characters; None where nothing is known.
        expected_errors: Wrong characters to be expected; None where nothing is known.
        reason: What is wrong, and what to look at.
    """

    region: int
    line: int
    label: str
    box: Box
    text: str
    confidence: float | None
    expected_errors: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class PageDoubts:
    """A page with what is in doubt on it.

    Attributes:
        shard: Where its rows are.
        confidence: Expected share of right characters of all its words; None where nothing is known.
        known: Whether the recognizer says how sure it is.
        doubts: Worst first.
    """

    shard: str
    page_id: str
    doc_id: str
    path: str
    number: int
    status: Status
    confidence: float | None
    known: bool
    doubts: Sequence[Doubt]

    @property
    def weight(self) -> tuple[bool, float]:
        """By which pages are ordered, largest first: what was not read, then expected wrong characters."""
        unread = any(doubt.expected_errors is None for doubt in self.doubts)
        return unread, sum(doubt.expected_errors or 0.0 for doubt in self.doubts)


def review_pages(corpus: Corpus, settled: Container[str]) -> Iterator[PageDoubts]:
    """Look at all pages of a corpus; no image is read.

    Args:
        corpus: What its documents have come to.
        settled: Ids of pages that a person has read: nothing on them is in doubt.

    Yields:
        A row for each page, in the order of the corpus.
    """
    read_by = {name: info.identity for name, info in corpus.recognitions.index().items()}
    for name in corpus.transcripts.index():
        yield from _shard(corpus, name, read_by[name], settled)


def without_lines(row: PageDoubts, seen: Collection[tuple[int, ...]]) -> PageDoubts:
    """Return a page without the doubts of lines that a person has looked at.

    Args:
        row: A page.
        seen: Where these lines stand, as `box_key` says it.
    """
    left = [doubt for doubt in row.doubts if doubt.line < 0 or box_key(doubt.box) not in seen]
    return row if len(left) == len(row.doubts) else replace(row, doubts=left)


def worst_first(rows: Iterable[PageDoubts]) -> list[PageDoubts]:
    """Return pages, those with the most to look at first, equal ones as they are given."""
    return sorted(rows, key=lambda row: row.weight, reverse=True)


def _shard(corpus: Corpus, name: str, identity: str, settled: Container[str]) -> Iterator[PageDoubts]:
    joined = join_pages(
        corpus.pages.read(name, without=("image",)),
        corpus.regions.read(name),
        corpus.recognitions.read(name),
        corpus.transcripts.read(name, without=("text", "markdown")),
    )
    for page, regions, recognitions, (transcript, *_) in joined:
        calibration = calibration_for(page, identity)
        read = readings(page, regions, recognitions)
        lines = {reading.region.index: line_confidences(reading, calibration) for reading in read}
        doubts = [] if page.page_id in settled else list(_doubts(page, transcript, read, lines))
        yield PageDoubts(
            shard=name,
            page_id=page.page_id,
            doc_id=page.doc_id,
            path=page.path,
            number=page.number,
            status=transcript.status,
            confidence=readings_confidence(read, calibration),
            known=calibration is not None,
            doubts=sorted(doubts, key=_order),
        )


def _order(doubt: Doubt) -> tuple[bool, float]:
    return doubt.expected_errors is not None, -(doubt.expected_errors or 0.0)


def _doubts(
    page: Page,
    transcript: Transcript,
    read: Sequence[Reading],
    lines: dict[int, list[LineConfidence]],
) -> Iterator[Doubt]:
    unread = [doubt for reading in read for doubt in _unread(reading)]
    lost = transcript.status in (Status.FAILED, Status.SKIPPED)
    by_line = NOISE_REASON in transcript.reason  # each of them has a place of its own
    if lost or (transcript.reason and not unread and not by_line):
        whole = Box(0, 0, page.width, page.height)
        yield Doubt(-1, -1, "", whole, "", None, None, transcript.reason or "the page was not read")
    if lost:
        return
    yield from unread
    for reading in read:
        for line in lines[reading.region.index]:
            if line.doubtful:
                yield _unsure(reading.region, line)


def _unread(reading: Reading) -> Iterator[Doubt]:
    region, recognition = reading.region, reading.recognition
    failed = recognition.status is Status.FAILED or region.status is Status.FAILED
    empty = recognition.status is Status.EMPTY and region.label not in _UNREAD | {Label.PAGE}
    if failed or empty:
        reason = recognition.reason or region.reason or "nothing was read"
        found = f"not read: {reason}" if failed else f"there is ink, but {reason}: is it text?"
        yield Doubt(region.index, -1, region.label.value, region.box, recognition.text, None, None, found)


def _unsure(region: Region, line: LineConfidence) -> Doubt:
    wrong = max(1, round(line.expected_errors))
    if line.letters == 1:
        reason = "one character that may be wrong, or none: compare it with the image"
    else:
        reason = f"about {wrong} of {line.letters} characters may be wrong: compare them with the image"
    if line.confidence < NOISE:
        reason = NOISE_REASON
    errors = line.expected_errors
    return Doubt(region.index, line.number, region.label.value, line.box, line.text, line.confidence, errors, reason)

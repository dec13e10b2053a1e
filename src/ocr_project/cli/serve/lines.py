"""The lines of a page, as its text has them: where each stands, and how much of it is right."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from ocr_project.domain.types import Box, Page, Recognition, Region
from ocr_project.engine.ingest.line_corrections import LineCorrection, box_key
from ocr_project.engine.transcript import readings
from ocr_project.engine.transcript.calibration import Calibration
from ocr_project.engine.transcript.confidence import calibration_for, line_confidences
from ocr_project.engine.transcript.lines import Reading


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of a page.

    Attributes:
        number: From 1.
        box: In pixels of the page; None where the recognizer does not say.
        confidence: Expected share of right characters; None where nothing is known, or a person has read it.
        doubtful: Whether a person should look at it.
        corrected: Whether a person has read it and, in a reference text, written something else than was read.
        read: What was read there, where `text` is a person's; None: the same.
    """

    number: int
    text: str
    box: Box | None = None
    confidence: float | None = None
    doubtful: bool = False
    corrected: bool = False
    read: str | None = None

    @property
    def key(self) -> tuple[str, tuple[int, ...]]:
        """By which a correction of this line alone is found again."""
        return (self.text if self.read is None else self.read), box_key(self.box)


def lines_of_page(
    page: Page, regions: Sequence[Region], recognitions: Sequence[Recognition], identity: str
) -> list[TextLine]:
    """Return what was read, line by line, in the order of the page's text.

    Args:
        page: Its image is not needed.
        regions: All of the page.
        recognitions: One for each region.
        identity: Of the recognizer, as the footer of its shard has it.
    """
    calibration = calibration_for(page, identity)
    ordered = sorted(readings(page, regions, recognitions), key=lambda reading: reading.region.index)
    found = [line for reading in ordered for line in _lines(reading, calibration)]
    return [replace(line, number=number) for number, line in enumerate(found, 1)]


def _lines(reading: Reading, calibration: Calibration | None) -> Iterator[TextLine]:
    """Yield the lines of a region; the words only say where they stand, where there are as many lines of words."""
    texts = reading.lines
    known = line_confidences(reading, calibration)
    if len(known) != len(texts):
        yield from (TextLine(0, text, reading.region.box if len(texts) == 1 else None) for text in texts)
        return
    for text, line in zip(texts, known, strict=True):
        yield TextLine(0, text, line.box, line.confidence, line.doubtful)


def with_reference(read: Sequence[TextLine], reference: str) -> list[TextLine]:
    """Put a reference text in the place of what was read; its lines stand where those stood that they replace."""
    texts = reference.rstrip("\n").split("\n") if reference.strip() else []
    found: list[TextLine] = []
    matcher = SequenceMatcher(None, [line.text for line in read], texts, autojunk=False)
    for kind, start, end, first, last in matcher.get_opcodes():
        places = read[start:end]
        for number, text in enumerate(texts[first:last]):
            box = places[number].box if number < len(places) else None
            found.append(TextLine(len(found) + 1, text, box, corrected=kind != "equal"))
    return found


def with_corrections(read: Sequence[TextLine], corrections: Iterable[LineCorrection]) -> list[TextLine]:
    """Put lines that a person has looked at in the place of what was read; the others stay as doubtful as they are.

    A correction of a line that is not there any more, since another model has read the page, changes nothing.
    """
    known = {(one.read, one.box): one.text for one in corrections}
    found = [
        TextLine(0, known[line.key], line.box, corrected=True, read=line.text) if line.key in known else line
        for line in read
    ]
    return [replace(line, number=number) for number, line in enumerate((x for x in found if x.text), 1)]


def corrections_with(before: Iterable[LineCorrection], line: TextLine, text: str) -> list[LineCorrection]:
    """Return the corrections of a page with one more, or a newer one."""
    read, box = line.key
    others = [one for one in before if (one.read, one.box) != line.key]
    return [*others, LineCorrection(read, " ".join(text.split()), box)]


def with_line(lines: Sequence[TextLine], number: int, text: str) -> str:
    """Return the text of a page in which one line says something else; an empty line goes."""
    clean = " ".join(text.split())
    changed = [clean if line.number == number else line.text for line in lines]
    return "\n".join(line for line, before in zip(changed, lines, strict=True) if line or before.number != number)


def fingerprint(lines: Sequence[TextLine]) -> str:
    """Return what tells a text from another one: a form that was made for an earlier text is refused."""
    return hashlib.sha256("\n".join(line.text for line in lines).encode("utf-8", "surrogatepass")).hexdigest()[:16]

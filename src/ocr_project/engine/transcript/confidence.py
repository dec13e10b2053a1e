"""How much of what was read is right: the expected share of right characters, of words, lines, regions and pages.

A recognizer's own confidence is not such a share: of words that it is 0.9 sure of, Tesseract has 98 of 100 characters
right, of single signs 75. `calibration.py` has what it is worth, as measured on real pages. Lines, regions and pages
are means over their words, weighted by characters. What is missing on a page costs nothing here: it has no confidence.

Where a backend gives no confidence (a model without words, a text layer) there is None, never a number.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from ocr_project.domain.types import Box, Page, Word
from ocr_project.engine.transcript.calibration import Calibration, calibration_of
from ocr_project.engine.transcript.lines import Reading, line_of

DOUBTFUL = 0.9
"""Expected share of right characters under which a line is in doubt; docs/review.md says what that finds."""
NOISE = 0.5
"""The same under which nearly all lines that were measured were not text: noise, a logo, another script."""
NOISE_REASON = "probably no text (noise, a logo, a script that was not expected)"
_UNREAD_SCRIPT = 0.8  # a page's share under which its script, or its state, is none that was expected
_LEAST_READ = 20  # characters that say something of a page
_SHOWN = 30  # characters of the worst of them
_NOISE_LETTERS = 3  # of a line: what is shorter may be a sign or a number of a list, and is in doubt like others


@dataclass(frozen=True, slots=True)
class LineConfidence:
    """A line and how much of it is right.

    Attributes:
        number: Of the line within its region.
        letters: Characters without white space.
        confidence: Expected share of right ones.
        words: The same of each word, in order.
    """

    number: int
    text: str
    box: Box
    letters: int
    confidence: float
    words: tuple[float, ...]

    @property
    def doubtful(self) -> bool:
        """Whether a person should look at it: the one rule for text of low confidence."""
        return self.confidence < DOUBTFUL

    @property
    def noise(self) -> bool:
        """Whether it is probably no text: it stays where it was read, and its page has a reason."""
        return self.confidence < NOISE and self.letters >= _NOISE_LETTERS

    @property
    def expected_errors(self) -> float:
        """Wrong characters to be expected."""
        return self.letters * (1.0 - self.confidence)


def calibration_for(page: Page, identity: str) -> Calibration | None:
    """Return what the confidences of a page's readings are worth; None where they say nothing.

    Args:
        page: Where its text layer stands in for OCR, nothing was recognized.
        identity: Of the recognizer, as the footer of its shard has it; an empty string where that is not known.
    """
    return None if page.text_layer_preferred else _calibration_by(identity)


def line_confidences(reading: Reading, calibration: Calibration | None) -> list[LineConfidence]:
    """Return the lines of a reading that has words, with the confidence of each."""
    if calibration is None:
        return []
    words = sorted(reading.recognition.words, key=lambda word: word.line)
    found = []
    for number, group in groupby(words, key=lambda word: word.line):
        line = list(group)
        confidence = words_confidence(line, calibration)
        if confidence is not None:
            placed = line_of(line)
            assert placed.box is not None  # it has words
            shares = tuple(calibration.share(word.text, word.confidence) for word in line)
            found.append(LineConfidence(number, placed.text, placed.box, _letters(line), confidence, shares))
    return found


def noise_reason(readings: Iterable[Reading], identity: str) -> str:
    """Return what is to be said of a page on which much of what OCR read is probably wrong; else an empty string.

    Args:
        readings: Of the page. What comes from a text layer alone is left out, and words of one among those that were
            read are sure of themselves.
        identity: Of the recognizer, as `calibration_for` takes it.
    """
    calibration = _calibration_by(identity)
    asked = [one for one in readings if one.recognition.attempts]
    lines = [line for one in asked for line in line_confidences(one, calibration) if line.noise]
    if not lines:
        return _unread_script(asked, calibration)
    worst = min(lines, key=lambda line: line.confidence).text
    shown = worst if len(worst) <= _SHOWN else f"{worst[:_SHOWN]}…"
    lines_are = "1 line is" if len(lines) == 1 else f"{len(lines)} lines are"
    return f"{lines_are} {NOISE_REASON}, as “{shown}”: compare with the image"


def _unread_script(asked: Sequence[Reading], calibration: Calibration | None) -> str:
    """Return what is to be said of a page where no line is surely noise, but few are sure: Chinese read as Korean."""
    words = [word for one in asked for word in one.recognition.words]
    share = words_confidence(words, calibration)
    if share is None or share >= _UNREAD_SCRIPT or _letters(words) < _LEAST_READ:
        return ""
    return (
        f"of what OCR read about {1 - share:.0%} of the characters are probably wrong (a script that was not expected,"
        " or a bad image): compare with the image; recognition.tesseract.languages says what is read"
    )


def _calibration_by(identity: str) -> Calibration | None:
    return calibration_of(str(json.loads(identity)["name"])) if identity else None


def words_confidence(words: Sequence[Word], calibration: Calibration | None) -> float | None:
    """Return the expected share of right characters of words; None where there are none, or nothing is known."""
    letters = _letters(words)
    if calibration is None or not letters:
        return None
    return sum(_letters([word]) * calibration.share(word.text, word.confidence) for word in words) / letters


def readings_confidence(readings: Iterable[Reading], calibration: Calibration | None) -> float | None:
    """Return the expected share of right characters of a page."""
    return words_confidence([word for reading in readings for word in reading.recognition.words], calibration)


def _letters(words: Sequence[Word]) -> int:
    return sum(len("".join(word.text.split())) for word in words)

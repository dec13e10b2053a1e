"""Latin words, numbers with units and single Latin letters within Korean lines.

Tesseract's Korean model reads `LPG` as `6`, `64GB` as `6468` and `K매장` without the `K`; its Latin model
cannot tell where a word ends that a particle of Hangul follows. PP-OCRv6 reads both, and says little over Hangul: what
it reads with confidence is a run. The runs are cut out of the line, which is read once more, so that no letter of
Hangul suffers from them, and they are put back where they stood. What numbers were set by is in docs/log.md.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.imaging.ink import levels
from ocr_project.engine.imaging.tesseract import ReadWord, together
from ocr_project.engine.imaging.text_bands import find_inked
from ocr_project.engine.models.onnx.line_reader import ReadCharacter
from ocr_project.engine.recognition.korean import is_hangul

_LETTERS = frozenset(string.ascii_letters)
_WITHIN = _LETTERS | frozenset(string.digits) | frozenset("&/.,-°²³℃%#()ìí'")
_NOT_FIRST, _NOT_LAST = ".,-/&)%°", "-/&(#'"
_STRAY = re.compile(r"[^A-Za-z]*\d[.,]+[A-Za-z]")  # a single letter behind a date: the bracket that closes it
_WON = re.compile(r"[W#]\d{1,3}(,\d{3})+")
_EXCESS = 0.35  # in widths of a syllable: a box that is wider than its syllables by more holds a letter beside them
_POINT = 0.3  # widths of a syllable that a comma takes
_CAPITAL = 0.4  # of its height that a capital is wide, at least: strokes of vowels, which look like one, are narrower
_LEAST = 0.5  # confidence of each character of a run
_SURE = 0.8  # mean confidence of a run
_DOUBTFUL = 0.8  # mean confidence of what Tesseract has in its place, at most
_CERTAIN = 0.9  # mean confidence of a run of several characters that needs no doubt
_SURER = 0.1  # by which a run of a single letter is surer than what Tesseract is not in doubt about
_OWN = 0.9  # confidence of a syllable of Hangul that stays although something Latin was seen there
_STEP = 1.3  # in heights of the line: characters that are farther apart are not one run
_GAP = 0.4  # in heights of the line: white in place of a run that was cut out, with the white beside it
_RIM = 0.05  # in heights of the line: grey beside the ink of a run, cut out with it
_BESIDE = 0.7  # in heights of the line: as near to a run as what is left of its edges
_STROKES = frozenset("lIㅣｌ1|!\\'`ㆍ:")  # what is read of an edge
_NEAR = 0.25  # in heights of the line: less white does not part words
# One sign as wide as a syllable, and how it is read: written with two letters a unit is wider.
_UNITS = {
    **{"m³": "㎥", "m3": "㎥", "cm": "㎝", "km": "㎞", "kg": "㎏", "mm": "㎜", "mg": "㎎"},
    **{"ml": "㎖", "me": "㎖", "ha": "㏊", "°C": "℃", "°℃": "℃", "cm²": "㎠", "km²": "㎢"},
}
_MEASURED = re.compile(r"(.*\d)(m[²³23iìí°'1]|" + "|".join(_UNITS) + ")")
_ONE_SIGN = 1.0  # in widths of a syllable


@dataclass(frozen=True, slots=True)
class Run:
    """Characters that are not Hangul.

    Attributes:
        left: First column of its ink, in pixels of the line.
        right: The column after its last.
        confidence: Mean over its characters.
        power: Columns of a sign that is `㎡` or `㎥`: at this size the reader tells no 2 from a 3.
    """

    text: str
    left: int
    right: int
    confidence: float
    power: tuple[int, int] | None = None

    @property
    def alone(self) -> bool:
        """Whether it is a single letter."""
        return sum(map(str.isalnum, self.text)) == 1


def find_runs(seen: Sequence[ReadCharacter], columns: NDArray[np.bool_], words: Sequence[ReadWord]) -> list[Run]:
    """Find what is Latin in a Korean line and was not read as such.

    Args:
        seen: What the trained reader saw.
        columns: Those of the line that hold ink.
        words: What Tesseract read, with boxes in pixels of the line.

    Returns:
        Runs from left to right.
    """
    parts = [part for word in words for part in word.parts or (word,)]
    height, pitch = line_height(words), _pitch(words)
    hangul = [_core(part, pitch) for part in parts if is_hangul(part.text[0]) and part.confidence >= _OWN]
    found: list[Run] = []
    for characters, bounds in _split(seen, hangul, height):
        run = _run(characters, bounds, columns, pitch)
        if found and run.left < found[-1].right:
            continue
        there = [part for part in parts if run.left <= _middle(part) < run.right]
        if _is_new(run, there) and (not run.alone or _may_stand_alone(run, columns, height)):
            comma = there and there[-1].text.endswith(",") and not run.text.endswith(",")
            found.append(replace(run, text=run.text + ",") if comma else run)
    return found


@dataclass(frozen=True, slots=True)
class Cut:
    """A line without its runs.

    Attributes:
        pixels: Shape (height, width), uint8: a word's gap of paper in place of each run.
        columns: Of the whole line, for each column of `pixels`.
    """

    pixels: NDArray[np.uint8]
    columns: NDArray[np.int64]

    def whole(self, word: ReadWord) -> ReadWord:
        """Move a word of the cut line to where it stands in the whole one."""
        x0, y0, x1, y1 = word.box
        last = len(self.columns) - 1
        box = (int(self.columns[min(x0, last)]), y0, int(self.columns[min(max(x0, x1 - 1), last)]) + 1, y1)
        return replace(word, box=box, parts=tuple([self.whole(part) for part in word.parts]))


def cut_out(line: NDArray[np.uint8], runs: Sequence[Run], words: Sequence[ReadWord]) -> Cut:
    """Cut runs out of a line: a wider gap than between words would make Tesseract take those for none."""
    height = line_height(words)
    rim = max(1, round(_RIM * height))
    inked = np.asarray(find_inked(line).any(axis=0))
    kept = np.ones(line.shape[1], np.bool_)
    bare = line.copy()
    for run in runs:
        bare[:, max(0, run.left - rim) : run.right + rim] = levels(line, 0.90)[0]
        beside = _white_before(inked, run.left) + _white_behind(inked, run.right)
        kept[run.left + max(1, round(_GAP * height - beside)) if beside < np.inf else run.left : run.right] = False
    columns = np.flatnonzero(kept)
    return Cut(np.ascontiguousarray(bare[:, columns]), columns)


def drop_remains(
    words: Sequence[ReadWord], runs: Sequence[Run], seen: Sequence[ReadCharacter], height: float
) -> list[ReadWord]:
    """Leave out signs that were read beside a cut and not seen there: of the edges of what was cut out.

    Args:
        words: Of the line, with boxes in its pixels, without the runs.
        runs: Those that were cut out.
        seen: What the trained reader saw in the whole line.
        height: Of the line.
    """

    def remains(part: ReadWord) -> bool:
        middle = _middle(part)
        if len(part.text) > 1 or (part.text.isalnum() and part.text not in _STROKES):
            return False
        beside = any(run.left - _BESIDE * height <= middle <= run.right + _BESIDE * height for run in runs)
        return beside and not any(one.text == part.text and abs(one.x - middle) < _BESIDE * height for one in seen)

    found = []
    for word in words:
        parts = word.parts or (word,)
        kept = [part for part in parts if not remains(part)]
        if len(kept) == len(parts):
            found.append(word)
        elif kept:
            found.append(replace(together("".join(part.text for part in kept), kept), line=word.line))
    return found


def restore_points(again: Sequence[ReadWord], words: Sequence[ReadWord], runs: Sequence[Run]) -> list[ReadWord]:
    """Put commas back that were read before the runs beside them were cut out.

    Args:
        again: Words of the line without the runs.
        words: Words that were read of the whole line.
        runs: Those that were cut out.
    """
    found = list(again)
    reach = _NEAR * line_height(words)
    for part in (part for word in words for part in word.parts or (word,)):
        x = _middle(part)
        if part.text != "," or any(run.left <= x < run.right for run in runs):
            continue
        before, _ = _parted(found, round(x))
        if not before or "," in before[-1].text[-1:] or part.box[0] - before[-1].box[2] > 2 * reach:
            continue
        if any(abs(_middle(other) - x) < reach for word in found for other in word.parts or (word,)):
            continue
        place = len(before) - 1
        if place < len(found) and found[place] == before[-1]:
            found[place] = _joined(found[place], replace(part, line=found[place].line))
    return found


def put_runs(words: Sequence[ReadWord], runs: Sequence[Run], columns: NDArray[np.bool_], line: int) -> list[ReadWord]:
    """Put runs among the words of a line that was read without them.

    Args:
        words: Of the line, with boxes in its pixels.
        runs: From left to right.
        columns: Those of the line that hold ink.
        line: Its number.
    """
    height = line_height(words) if words else float(len(columns))
    top, bottom = _rows(words)
    found = list(words)
    for run in runs:
        word = ReadWord(run.text, (run.left, top, run.right, bottom), run.confidence, line)
        before, behind = _parted(found, run.left)
        if before and _white_before(columns, run.left) < _NEAR * height:
            word = _joined(before.pop(), word)
        if behind and _white_behind(columns, run.right) < _NEAR * height:
            word = _joined(word, behind.pop(0))
        found = [*before, word, *behind]
    return found


def _parted(words: Sequence[ReadWord], left: int) -> tuple[list[ReadWord], list[ReadWord]]:
    """Part the words of a line at a column, and the word that reaches over it."""
    before: list[ReadWord] = []
    behind: list[ReadWord] = []
    for word in words:
        parts = word.parts or (word,)
        first = [part for part in parts if _middle(part) < left]
        if len(first) in (0, len(parts)):
            (before if first else behind).append(word)
            continue
        for half, target in ((first, before), ([part for part in parts if _middle(part) >= left], behind)):
            target.append(replace(together("".join(part.text for part in half), half), line=word.line))
    return before, behind


def _core(part: ReadWord, pitch: float) -> tuple[float, float]:
    """Return where syllables surely stand: a box that is too wide for them holds something else at one of its ends."""
    x0, _, x1, _ = part.box
    spare = x1 - x0 - pitch * sum(1.0 if is_hangul(character) else _POINT for character in part.text)
    return (x0 + spare, x1 - spare) if _EXCESS * pitch < spare < (x1 - x0) / 2 else (x0, x1)


def _split(
    seen: Sequence[ReadCharacter], hangul: Sequence[tuple[float, float]], height: float
) -> Iterator[tuple[list[ReadCharacter], tuple[float, float]]]:
    """Yield characters that may be runs, and the places on both sides that they do not reach."""
    fits = [
        one.text in _WITHIN and one.confidence >= _LEAST and not any(x0 <= one.x <= x1 for x0, x1 in hangul)
        for one in seen
    ]
    start = 0
    for end in range(1, len(seen) + 1):
        if end < len(seen) and fits[end] and fits[end - 1] and seen[end].x - seen[end - 1].x <= _STEP * height:
            continue
        first, last = start, end
        start = end
        if last < len(seen) and _is_split_syllable(seen[last - 1], seen[last], height):
            last -= 1
        while first < last and (not fits[first] or seen[first].text in _NOT_FIRST):
            first += 1
        while first < last and (seen[last - 1].text in _NOT_LAST or _is_circle_of_a_syllable(seen[first:last])):
            last -= 1
        if any(one.text in _LETTERS or one.text == "℃" for one in seen[first:last]):
            left = (seen[first - 1].x + seen[first].x) / 2 if first else 0.0
            right = (seen[last - 1].x + seen[last].x) / 2 if last < len(seen) else np.inf
            # a syllable that stands close to a bracket is not seen by the reader, and its ink is near the bracket's
            left = max([left, *(x1 for _, x1 in hangul if x1 <= seen[first].x)])
            right = min([right, *(x0 for x0, _ in hangul if x0 >= seen[last - 1].x)])
            yield list(seen[first:last]), (left, right)


def _is_circle_of_a_syllable(characters: Sequence[ReadCharacter]) -> bool:
    """Return whether a circle follows a number with its unit: no unit ends in one."""
    text = "".join(one.text for one in characters)
    return text[-1:] in "oO0" and _MEASURED.fullmatch(text[:-1]) is not None


def _is_split_syllable(one: ReadCharacter, other: ReadCharacter, height: float) -> bool:
    """Return whether two characters are one syllable: `이` is seen as `o|`, `기` as `7|`."""
    return one.text in "oO0742" and other.text in "|]l｜I1ㅣ}" and other.x - one.x < height


def _run(
    characters: Sequence[ReadCharacter], bounds: tuple[float, float], columns: NDArray[np.bool_], pitch: float
) -> Run:
    confidence = sum(c.confidence for c in characters) / len(characters)
    text = "".join(c.text for c in characters)
    left, right = _edges(columns, characters[0].x, characters[-1].x, bounds)
    bare = text.rstrip(",.)")
    measured = _MEASURED.fullmatch(bare)
    power = None
    if measured:
        number, unit = measured.groups()
        within = characters[len(number)].x, characters[len(bare) - 1].x
        first, last = _edges(columns, *within, bounds)
        if last - first <= _ONE_SIGN * pitch:
            text = number + (_UNITS.get(unit) or "㎡") + text[len(bare) :]
            power = (first, last) if text[len(number)] == "㎡" else None
    elif _WON.match(text):
        text = "₩" + text[1:]
    return Run(_unmistaken(text), left, right, confidence, power)


def _unmistaken(text: str) -> str:
    """Write `O` and `I` where a word of capitals seems to hold a zero or a small l."""
    word = text.strip("(),.")
    if sum(map(str.isdigit, word)) == word.count("0") and sum(map(str.isupper, word)) > 1:
        text = text.replace("0", "O")
    if sum(map(str.isupper, word)) > 1 or (word[:1] == "l" and any(map(str.isupper, word))):
        text = text.replace("l", "I")
    return text


def _is_new(run: Run, there: Sequence[ReadWord]) -> bool:
    """Return whether a run is surer than what Tesseract has in its place, and says something else."""
    if "".join(part.text for part in there) == run.text or _STRAY.fullmatch(run.text):
        return False
    if run.confidence < _SURE or any(is_hangul(part.text[0]) and part.confidence >= _OWN for part in there):
        return False
    taken = sum(part.confidence for part in there) / len(there) if there else 0.0
    return taken < _DOUBTFUL or run.confidence >= (taken + _SURER if run.alone else _CERTAIN)


def _may_stand_alone(run: Run, columns: NDArray[np.bool_], height: float) -> bool:
    """Return whether a single letter is a wide capital that begins a word: strokes of vowels look like capitals."""
    wide = run.right - run.left >= _CAPITAL * height
    return wide and run.text.strip("(),.").isupper() and _white_before(columns, run.left) >= _NEAR * height


def _edges(columns: NDArray[np.bool_], first: float, last: float, bounds: tuple[float, float]) -> tuple[int, int]:
    """Return the first column of the ink at one place and the column after the ink at another.

    Places are not exact: the ink at them is looked for within bounds, and followed to the next white.
    """
    low, high = max(0, int(bounds[0])), int(min(len(columns), bounds[1] + 1))
    inked = low + np.flatnonzero(columns[low:high])
    if not len(inked):
        return int(first), int(last) + 1
    left = int(inked[np.argmin(np.abs(inked - first))])
    right = int(inked[np.argmin(np.abs(inked - last))])
    before, behind = np.flatnonzero(~columns[:left]), np.flatnonzero(~columns[right:])
    start = int(before[-1]) + 1 if len(before) else 0
    end = right + int(behind[0]) if len(behind) else len(columns)
    # Ink that reaches the middle of the neighbour goes on into it.
    return start if start > 2 * low - first else low, end if end < 2 * high - last else high


def _white_before(columns: NDArray[np.bool_], left: int) -> float:
    inked = np.flatnonzero(columns[:left])
    return float(left - 1 - inked[-1]) if len(inked) else np.inf


def _white_behind(columns: NDArray[np.bool_], right: int) -> float:
    inked = np.flatnonzero(columns[right:])
    return float(inked[0]) if len(inked) else np.inf


def _joined(first: ReadWord, second: ReadWord) -> ReadWord:
    parts = [part for word in (first, second) for part in word.parts or (word,)]
    return replace(together(first.text + second.text, parts), line=first.line)


def _middle(word: ReadWord) -> float:
    return (word.box[0] + word.box[2]) / 2


def line_height(words: Sequence[ReadWord]) -> float:
    """Return the median height of what a line was read to, in pixels."""
    return float(np.median([part.box[3] - part.box[1] for word in words for part in word.parts or (word,)]))


def _pitch(words: Sequence[ReadWord]) -> float:
    """Return how far syllables of a word are from each other."""
    steps = [
        _middle(right) - _middle(left)
        for word in words
        for left, right in pairwise(word.parts)
        if len(left.text) == len(right.text) == 1 and is_hangul(left.text) and is_hangul(right.text)
    ]
    return float(np.median(steps)) if steps else line_height(words)


def _rows(words: Sequence[ReadWord]) -> tuple[int, int]:
    return min((word.box[1] for word in words), default=0), max((word.box[3] for word in words), default=1)

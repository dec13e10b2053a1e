"""OCRBench v2: answers with boxes. Coordinates are x0 y0 x1 y1, in thousandths of the image's sides."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ocr_project.bench.metrics.answers import contains_or_similar
from ocr_project.bench.testsets.ocrbench_v2.rules.forms import read_flat_form

_FOUR = re.compile(r"[(\[]" + ",".join([r"\s*(\d+)\s*"] * 4) + r"[)\]]")
_GROUP = re.compile(r"[\[(]\s*([^\[\]()]*?)\s*[\])]")
_QUOTED = re.compile(r'\s*"(.*)"\s*')
_HIGHEST = 1000
_OVERLAP = 0.5  # two boxes that overlap more are the same; also how much of a box may lie in one that is not scored
_ILLEGIBLE = "###"  # ICDAR: text that need not be read
_EDGE_MARKS = "!?.:,*\"()·[]/'"  # may be missing at the ends of the truth

Box = Sequence[int]


@dataclass(frozen=True, slots=True)
class _Word:
    box: Box
    text: str


def last_box(answer: str) -> list[int] | None:
    """Find the last box in an answer, `[1, 2, 3, 4]` or `(1, 2, 3, 4)`, none of its numbers above 1,000."""
    boxes = ([int(number) for number in found] for found in _FOUR.findall(answer))
    return next(reversed([box for box in boxes if max(box) <= _HIGHEST]), None)


def overlap(box: Box | None, other: Box) -> float:
    """Return the intersection of two boxes over their union; 0 where there is no box, or one of no area."""
    if box is None:
        return 0.0
    shared = _shared(box, other)
    union = _area(box) + _area(other) - shared
    return shared / union if union else 0.0


def answer_with_place_score(answers: Sequence[str], place: Box, hypothesis: str) -> float:
    """Score `{"answer": …, "bbox": …}`: half for the answer (as questions are scored), half for the overlap."""
    said = read_flat_form(hypothesis)
    right = contains_or_similar(answers, said["answer"]) if "answer" in said else 0.0
    return (right + overlap(_written_box(said.get("bbox", "")), place)) / 2


def _written_box(text: str) -> list[int] | None:
    try:
        values = ast.literal_eval(text)
        box = [int(value) for value in values]
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):  # no box: it overlaps with nothing
        return None
    return box if len(box) >= 4 else None


def spotting_score(places: Sequence[Sequence[int]], texts: Sequence[str], hypothesis: str) -> float:
    """Score words with their boxes by the F-measure of ICDAR's end-to-end protocol (version 1.1, IoU 0.5).

    A word is right where its box overlaps with that of the truth by more than one half, and its text is the same,
    but for case and for one mark at either end. Words on illegible text (`###`) do not count. Each box of the truth
    takes the first one that overlaps, right or wrong.

    Args:
        places: Polygons of the truth, x and y in turn; the rectangle around each counts.
        texts: As many texts.
        hypothesis: A list of `[x0, y0, x1, y1, text]`.
    """
    words = [
        _Word((min(p[0::2]), min(p[1::2]), max(p[0::2]), max(p[1::2])), _unquoted(text))
        for p, text in zip(places, texts, strict=False)
    ]
    found = [word for word in _words(hypothesis) if word.box[0] < word.box[2] and word.box[1] < word.box[3]]
    if not words or not found:
        return 0.0
    ignored = [word.box for word in words if word.text == _ILLEGIBLE]
    cared = [word for word in words if word.text != _ILLEGIBLE]
    kept = [word for word in found if not any(_shared(word.box, box) > _OVERLAP * _area(word.box) for box in ignored)]
    right, free = 0, list(kept)
    for word in cared:
        match = next((other for other in free if overlap(other.box, word.box) > _OVERLAP), None)
        if match is not None:
            free.remove(match)
            right += _same_text(word.text.upper(), match.text.upper())
    return 2 * right / (len(cared) + len(kept)) if right else 0.0


def _same_text(truth: str, said: str) -> bool:
    starts, ends = truth[:1] in _EDGE_MARKS, truth[-1:] in _EDGE_MARKS
    forms = {truth, truth[1:] if starts else truth, truth[:-1] if ends else truth}
    return said in forms or (starts and ends and said == truth[1:-1])


def _words(answer: str) -> Iterator[_Word]:
    """Yield the words of an answer, each once: a Python list, or else whatever stands in brackets."""
    seen = set()
    for parts in _word_parts(answer):
        try:
            box = tuple(int(str(part).strip()) for part in parts[:4])
        except ValueError:  # no number: no box
            continue
        text = str(parts[4]).replace("\n", "").strip().strip('"').strip("'")
        if all(0 <= value <= _HIGHEST for value in box) and (box, text) not in seen:
            seen.add((box, text))
            yield _Word(box, _unquoted(text))


def _word_parts(answer: str) -> list[Sequence[Any]]:
    try:
        read = ast.literal_eval(answer)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):  # other text beside the list, or cut
        read = None
    if read is None:
        read = [group.split(",", 4) for group in _GROUP.findall(answer)]
    groups = read if isinstance(read, list | tuple) else []
    return [group for group in groups if isinstance(group, list | tuple) and len(group) >= 5]


def _unquoted(text: str) -> str:
    """Take quotes and their escapes away, as the protocol reads its files."""
    found = _QUOTED.fullmatch(text.replace("\r", ""))
    if found is None:
        return text.replace("\r", "")
    return found.group(1).replace("\\\\", "\\").replace('\\"', '"')


def _shared(box: Box, other: Box) -> int:
    width = min(box[2], other[2]) - max(box[0], other[0])
    height = min(box[3], other[3]) - max(box[1], other[1])
    return max(0, width) * max(0, height)


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])

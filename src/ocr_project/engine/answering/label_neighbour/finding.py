"""Where the label of a field stands on a page, and the words beside or below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from ocr_project.engine.answering.label_neighbour.reading import PageLine
from ocr_project.engine.answering.label_neighbour.values import form_of
from ocr_project.engine.imaging.tesseract import ReadWord

_ALIKE = 0.75  # of a label and of words that are taken for it: 1 - edits / the longer
_GAP = 6.0  # heights of a line: what stands further away belongs to another label
_BELOW = 3.5  # heights of a line, at most, between a label and the value below it
_MARKS = " :;.,-–—№#|_"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a label stands.

    Attributes:
        line: Number of the line.
        first: Its first word in the line; `last` is the one after its last.
        likeness: 0 to 1.
    """

    line: int
    first: int
    last: int
    likeness: float


def find_value(
    field: str, labels: Sequence[str], lines: Sequence[PageLine], others: Mapping[int, set[int]]
) -> tuple[str, str]:
    """Find the value of a field.

    Args:
        field: Its name, which says what form its values have.
        labels: What may stand before it on the page.
        lines: Of the page.
        others: Words that belong to labels of other fields, by line: a value ends there.

    Returns:
        The value and an empty string, or an empty string and why there is none.
    """
    form = form_of(field)
    place = find_label(labels, lines)
    for text in _neighbours(place, lines, others) if place else ():
        if form is None:
            return text, ""
        if found := form.pattern.search(text):
            return found.group().strip(), ""
    if form is not None and (form.anywhere or place is None):
        for line in lines:
            if found := form.pattern.search(line.text):
                return found.group().strip(), ""
    return "", "no value found beside its label" if place else "no label of this field found on the page"


def find_label(labels: Sequence[str], lines: Sequence[PageLine]) -> Place | None:
    """Return the place most like one of the labels, the first of several; None where none is like one."""
    best: Place | None = None
    for label in labels:
        wanted, count = _folded(label), max(1, len(label.split()))
        for number, line in enumerate(lines):
            for first in range(len(line.words) - count + 1):
                found = _folded(" ".join(word.text for word in line.words[first : first + count]))
                likeness = Levenshtein.normalized_similarity(wanted, found)
                if likeness >= _ALIKE and (best is None or likeness > best.likeness):
                    best = Place(number, first, first + count, likeness)
    return best


def taken_by(places: Sequence[Place | None]) -> dict[int, set[int]]:
    """Return the words that belong to labels, by line."""
    taken: dict[int, set[int]] = {}
    for place in places:
        if place is not None:
            taken.setdefault(place.line, set()).update(range(place.first, place.last))
    return taken


def _neighbours(place: Place, lines: Sequence[PageLine], others: Mapping[int, set[int]]) -> list[str]:
    """Return what may be the value of a label, the likeliest first: beside it, then below it."""
    line = lines[place.line]
    beside = _stretch(line, place.last, line.words[place.last - 1], others.get(place.line, set()))
    found = [_cleaned(beside)]
    left, right = line.words[place.first].box[0], line.words[place.last - 1].box[2]
    floor = max(word.box[3] for word in line.words[place.first : place.last])
    for number in range(place.line + 1, min(place.line + 3, len(lines))):
        below = lines[number]
        if min(word.box[1] for word in below.words) - floor > _BELOW * line.height:
            break
        under = [i for i, word in enumerate(below.words) if word.box[2] > left and word.box[0] < right + line.height]
        if under and under[0] not in others.get(number, set()):
            first = below.words[under[0]]
            rest = _stretch(below, under[0] + 1, first, others.get(number, set()))
            found.append(_cleaned([first, *rest]))
    return [text for text in found if text]


def _stretch(line: PageLine, start: int, before: ReadWord, others: set[int]) -> list[ReadWord]:
    """Return the words from a place on, up to a wide gap or to another label."""
    words: list[ReadWord] = []
    for number in range(start, len(line.words)):
        word = line.words[number]
        if number in others or word.box[0] - before.box[2] > _GAP * line.height:
            break
        words.append(word)
        before = word
    return words


def _cleaned(words: Sequence[ReadWord]) -> str:
    return " ".join(word.text for word in words).strip(_MARKS)


def _folded(text: str) -> str:
    return "".join(sign for sign in text.casefold().replace("ё", "е") if sign.isalnum())

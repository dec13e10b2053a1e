"""Where the label of a field stands on a page, and the words beside, half a line above, or below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from ocr_project.domain.types import Box
from ocr_project.engine.answering.label_neighbour.reading import PageLine
from ocr_project.engine.answering.label_neighbour.values import form_of
from ocr_project.engine.imaging.tesseract import ReadWord

_ALIKE = 0.75  # of a label and of words that are taken for it: 1 - edits / the longer
# In heights of the label.
_FIRST_GAP = 20.0  # between a label and its value: forms leave room
_GAP = 2.5  # between the words of a value
_RAISED = 1.5  # by which a value that is typed onto a form's line may stand above its label
_BELOW = 3.5  # between a label and the value below it
_NEXT_ROW = 2.5  # between the rows of a label that is written in two
_NAME_ROWS = 6.0  # below the label of a whole name, in which its parts stand
_WHOLE_NAME = ("Ф.И.О.", "ФИО")
_PARTS = {"фамилия": 0, "имя": 1, "отчество": 2}
_BEFORE = " :;.,-–—№#|_"  # between a label and its value
_AFTER = " :;,-–—|_"


@dataclass(frozen=True, slots=True)
class Label:
    """A label as it stands on the page.

    Attributes:
        words: Of it, which belong to no value.
        box: Their hull.
        likeness: To what was looked for, 0 to 1.
    """

    words: tuple[ReadWord, ...]
    box: Box
    likeness: float

    @property
    def height(self) -> float:
        """Height of its words, in pixels."""
        return max(word.box[3] - word.box[1] for word in self.words)


def find_label(names: Sequence[str], lines: Sequence[PageLine]) -> Label | None:
    """Return what on the page is most like one of the names, the first of several; None where nothing is like one."""
    best: Label | None = None
    for name in names:
        wanted, count = _folded(name), max(1, len(name.split()))
        for words in (*_runs(lines, count), *_stacks(lines, count)):
            likeness = Levenshtein.normalized_similarity(wanted, _folded(" ".join(word.text for word in words)))
            if likeness >= _ALIKE and (best is None or likeness > best.likeness):
                best = Label(words, _hull(words), likeness)
    return best


def find_value(
    field: str, label: Label | None, others: Sequence[ReadWord], lines: Sequence[PageLine]
) -> tuple[str, str]:
    """Find the value of a field.

    Args:
        field: Its name, which says what form its values have.
        label: Where it stands; None where it was not found.
        others: Words of the labels of other fields: a value ends there.
        lines: Of the page.

    Returns:
        The value and an empty string, or an empty string and why there is none.
    """
    form = form_of(field)
    for text in _neighbours(label, lines, others) if label else ():
        if form is None:
            return text, ""
        if found := form.pattern.search(text):
            return found.group().strip(), ""
    if label is None and (part := _part_of_name(field, lines)):
        return part, ""
    if form is not None and (form.anywhere or label is None):
        for line in lines:
            is_free = form.anywhere or not set(line.words) & set(others)  # a date beside another label is that one's
            if is_free and (found := form.pattern.search(line.text)):
                return found.group().strip(), ""
    return "", "no value found beside its label" if label else "no label of this field found on the page"


def _part_of_name(field: str, lines: Sequence[PageLine]) -> str:
    """Return a surname, name or patronymic where one label stands before all three, in a row or one below another."""
    place = _PARTS.get(field.casefold().strip())
    label = None if place is None else find_label(_WHOLE_NAME, lines)
    if place is None or label is None:
        return ""
    words = [
        word
        for line in lines
        for word in line.words
        if word.box[0] >= label.box.x1 and label.box.y0 <= _middle(word) <= label.box.y1 + _NAME_ROWS * label.height
    ]
    return words[place].text if place < len(words) else ""


def _runs(lines: Sequence[PageLine], count: int) -> Iterator[tuple[ReadWord, ...]]:
    """Yield so many words next to each other in a line."""
    for line in lines:
        for first in range(len(line.words) - count + 1):
            yield line.words[first : first + count]


def _stacks(lines: Sequence[PageLine], count: int) -> Iterator[tuple[ReadWord, ...]]:
    """Yield two words of which one stands below the other: a label in two rows."""
    if count != 2:
        return
    words = [word for line in lines for word in line.words]
    for upper in words:
        for lower in words:
            height = upper.box[3] - upper.box[1]
            if 0 < lower.box[1] - upper.box[1] < _NEXT_ROW * height and abs(lower.box[0] - upper.box[0]) < height:
                yield upper, lower


def _neighbours(label: Label, lines: Sequence[PageLine], others: Sequence[ReadWord]) -> Iterator[str]:
    """Yield what may be the value of a label, the likeliest first: beside it, typed above its line, below it."""
    words = sorted((word for line in lines for word in line.words), key=lambda word: word.box[0])
    box, height = label.box, label.height
    beside = [word for word in words if word.box[0] >= box.x1 - height / 2 and word not in label.words]
    for lowest, highest in ((box.y0, box.y1), (box.y0 - _RAISED * height, box.y0)):
        row = [word for word in beside if lowest <= _middle(word) < highest]
        if text := _value(row, box.x1, height, others):
            yield text
    under = [word for word in words if box.y1 <= _middle(word) <= box.y1 + _BELOW * height]
    starts = [word for word in under if word.box[2] > box.x0 and word.box[0] < box.x1 + height]
    if starts:
        first = min(starts, key=lambda word: (_middle(word), word.box[0]))
        row = [word for word in under if word.box[0] >= first.box[0] and abs(_middle(word) - _middle(first)) < height]
        if text := _value(row, float(first.box[0]), height, others):
            yield text


def _value(row: Sequence[ReadWord], start: float, height: float, others: Sequence[ReadWord]) -> str:
    """Join the words of a row, left to right, up to a wide gap or to the label of another field."""
    found: list[ReadWord] = []
    for word in row:
        room = (_GAP if found else _FIRST_GAP) * max(height, word.box[3] - word.box[1])
        if word in others or word.box[0] - start > room:
            break
        found.append(word)
        start = float(word.box[2])
    return " ".join(word.text for word in found).lstrip(_BEFORE).rstrip(_AFTER)


def _middle(word: ReadWord) -> float:
    return (word.box[1] + word.box[3]) / 2


def _hull(words: Sequence[ReadWord]) -> Box:
    boxes = [word.box for word in words]
    return Box(min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes))


def _folded(text: str) -> str:
    return "".join(sign for sign in text.casefold().replace("ё", "е") if sign.isalnum())

"""What Tesseract's Korean model has no letters for: circled digits, corner brackets, curly quotes, marks.

It reads `①` as `@`, `(3` or nothing. A model that knows signs, and no Hangul, reads the same line; what it sees is put
in the place where it stands. Numbers of the rules were set before the first result (docs/log.md).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import dropwhile, groupby

from ocr_project.engine.imaging.tesseract import ReadWord
from ocr_project.engine.models.onnx.line_reader import ReadCharacter
from ocr_project.engine.recognition.korean import is_hangul

_CIRCLED = frozenset(chr(code) for code in range(ord("①"), ord("⑳") + 1))
_BEFORE_A_NUMBER, _AFTER_A_NUMBER = frozenset("△▲₩"), frozenset("℃")
_SIGNS = _CIRCLED | _BEFORE_A_NUMBER | _AFTER_A_NUMBER | frozenset("「」『』“”‘’※○□")
_SURE = 0.5  # confidence of a sign that is taken
_REACH = 0.5  # in heights of a letter: Tesseract's characters that are nearer to a sign stand for it
_SAME = 0.4  # in heights of a letter: the same character, seen by both
_LOOKS_LIKE_CIRCLED = frozenset("@©®")  # what Tesseract makes of circled digits, and puts beside them
_WON = re.compile(r"\\#?(?=\d)")
_CURLY = "“”"
_QUOTES = frozenset('"“”')
_BEFORE_AN_OPENING_QUOTE = frozenset("([{<「『《〈‘·,:")
_POINTED = frozenset("0123456789.,")
_APART = 0.25  # in heights of a letter: a wider gap is a space


@dataclass(slots=True)
class _Letter:
    """A character that Tesseract read, or a sign; `word` counts from 0; `alone` is a word beside that one."""

    text: str
    left: float
    right: float
    confidence: float
    word: int
    alone: bool = False

    @property
    def x(self) -> float:
        return (self.left + self.right) / 2


def put_signs(words: Sequence[ReadWord], seen: Sequence[ReadCharacter]) -> list[ReadWord]:
    """Put signs into the words of a line.

    Args:
        words: Of one line, from left to right, with boxes in pixels of the line.
        seen: What the other model read of the same line.

    Returns:
        Words from left to right, those without a sign as they were.
    """
    if not words or len({word.line for word in words}) > 1:  # read as a block: places along a line mean nothing
        return list(words)
    signs = [sign for place, sign in enumerate(seen) if _is_sign(sign, seen[:place], seen[place + 1 :])]
    height = _letter_height(words)
    letters = [letter for number, word in enumerate(words) for letter in _letters(word, number)]
    touched: set[int] = set()
    for sign in signs:
        touched |= _put(sign, letters, seen, height)
    touched |= _put_points(letters, seen, height)
    return _rebuilt(words, letters, touched)


def _is_sign(sign: ReadCharacter, before: Sequence[ReadCharacter], behind: Sequence[ReadCharacter]) -> bool:
    if sign.text not in _SIGNS or sign.confidence < _SURE:
        return False
    if sign.text in _BEFORE_A_NUMBER:
        return bool(behind) and behind[0].text.isdigit()
    return sign.text not in _AFTER_A_NUMBER or (bool(before) and before[-1].text.isdigit())


def won_signs(words: Sequence[ReadWord]) -> list[ReadWord]:
    """Write `₩` for a backslash before a number: in Korean encodings they are one character."""
    return [replace(word, text=_WON.sub("₩", word.text)) if "\\" in word.text else word for word in words]


def pair_quotes(words: Sequence[ReadWord]) -> list[ReadWord]:
    """Make double quotes of a text curly where one of them was seen to be, each by where it stands.

    Between syllables of Hangul the other model sees none, and takes closing ones for opening ones.
    """
    if not any(quote in word.text for word in words for quote in _CURLY):
        return list(words)
    return [replace(word, text=_paired(word.text)) if _QUOTES & set(word.text) else word for word in words]


def _paired(text: str) -> str:
    """Choose by what stands before the quote; of two in one word the first opens."""
    several = sum(character in _QUOTES for character in text) > 1
    found = ""
    for character in text:
        if character in _QUOTES:
            open_now = several and found.count(_CURLY[0]) > found.count(_CURLY[1])
            begins = not open_now and (several or not found or found[-1] in _BEFORE_AN_OPENING_QUOTE)
            character = _CURLY[0] if begins else _CURLY[1]
        found += character
    return found


def _put(sign: ReadCharacter, letters: list[_Letter], seen: Sequence[ReadCharacter], height: float) -> set[int]:
    """Replace what stands where a sign was seen; return the numbers of the words that changed."""
    stands = [letter for letter in letters if abs(letter.x - sign.x) <= _REACH * height]
    if any(letter.text == sign.text for letter in stands):
        return set()
    wrong = [letter for letter in stands if not is_hangul(letter.text) and not _confirmed(letter, seen, height)]
    if sign.text in _BEFORE_A_NUMBER:
        digit = seen[seen.index(sign) + 1]
        wrong = [letter for letter in wrong if letter.text != digit.text]
    if sign.text in _CIRCLED and not wrong:
        wrong = _misplaced(sign, letters)
    half = height / 2 if sign.text in _CIRCLED else height / 4
    if wrong:
        touched = {letter.word for letter in wrong}
        edges = min(letter.left for letter in wrong), max(letter.right for letter in wrong)
        place = letters.index(wrong[0])
        letters[place] = _Letter(sign.text, *edges, sign.confidence, wrong[0].word)
        letters[:] = [letter for letter in letters if letter not in wrong[1:]]
        return touched
    if sign.text not in _CIRCLED | _BEFORE_A_NUMBER or any(
        is_hangul(letter.text) and _under(sign.x, letter) for letter in stands
    ):
        return set()
    new = _Letter(sign.text, sign.x - half, sign.x + half, sign.confidence, -1)
    beside = reversed(letters) if sign.text in _BEFORE_A_NUMBER else letters  # the number comes behind it
    near = [x for x in beside if max(x.left - new.right, new.left - x.right) < _APART * height]
    if near:
        new.word = near[0].word
        letters.insert(letters.index(near[0]) + (near[0].x < new.x), new)
        return {new.word}
    behind = [place for place, letter in enumerate(letters) if letter.left > new.x]
    place = behind[0] if behind else len(letters)
    new.word = letters[place].word if behind else letters[-1].word
    new.alone = True
    letters.insert(place, new)
    return {new.word}


def _misplaced(sign: ReadCharacter, letters: Sequence[_Letter]) -> list[_Letter]:
    """Return the neighbour that Tesseract made of a circled digit: its box may lie two letters away."""
    before = max((x for x in letters if x.x <= sign.x), key=lambda x: x.x, default=None)
    after = min((x for x in letters if x.x > sign.x), key=lambda x: x.x, default=None)
    return [x for x in (before, after) if x is not None and x.text in _LOOKS_LIKE_CIRCLED][:1]


def _put_points(letters: list[_Letter], seen: Sequence[ReadCharacter], height: float) -> set[int]:
    """Add points and commas behind numbers that both read alike; return the numbers of the words that changed."""
    touched: set[int] = set()
    for pointed, group in groupby(list(letters), key=lambda letter: (letter.text in _POINTED, letter.word)):
        run = list(group)
        if not pointed[0] or not any(letter.text.isdigit() for letter in run):
            continue
        reach = _SAME * height
        again = [c for c in seen if run[0].left - reach <= c.x <= run[-1].right + reach and c.text in _POINTED]
        if run[0].text.isdigit():  # a point before it belongs to the number before it
            again = list(dropwhile(lambda c: not c.text.isdigit(), again))
        if len(again) > len(run) and _stem(again) == _stem(run) and min(c.confidence for c in again) >= _SURE:
            first = letters.index(run[0])
            width = (run[-1].right - run[0].left) / len(again)
            lefts = [run[0].left + place * width for place in range(len(again))]
            letters[first : first + len(run)] = [
                _Letter(c.text, left, left + width, c.confidence, run[0].word)
                for c, left in zip(again, lefts, strict=True)
            ]
            touched.add(run[0].word)
    return touched


def _stem(characters: Sequence[_Letter] | Sequence[ReadCharacter]) -> str:
    """Return a number without the points and commas behind it: within it the other model sees some too many."""
    return "".join(character.text for character in characters).rstrip(".,")


def _confirmed(letter: _Letter, seen: Sequence[ReadCharacter], height: float) -> bool:
    return any(other.text == letter.text and abs(other.x - letter.x) <= _SAME * height for other in seen)


def _under(x: float, letter: _Letter) -> bool:
    return letter.left <= x <= letter.right


def _letter_height(words: Sequence[ReadWord]) -> float:
    heights = sorted(part.box[3] - part.box[1] for word in words for part in word.parts or (word,))
    return float(heights[len(heights) // 2])


def _letters(word: ReadWord, number: int) -> list[_Letter]:
    found = []
    for part in word.parts or (word,):
        x0, _, x1, _ = part.box
        step = (x1 - x0) / len(part.text)
        for place, text in enumerate(part.text):
            found.append(_Letter(text, x0 + place * step, x0 + (place + 1) * step, part.confidence, number))
    return found


def _rebuilt(words: Sequence[ReadWord], letters: Sequence[_Letter], touched: set[int]) -> list[ReadWord]:
    """Write the words that changed anew; the others keep their parts, and all keep their order."""
    found: list[ReadWord] = []
    for number, word in enumerate(words):
        if number not in touched:
            found.append(word)
            continue
        own = [letter for letter in letters if letter.word == number]
        for _, group in groupby(own, key=lambda letter: letter.alone and id(letter)):
            found.append(_word(list(group), word))
    return found


def _word(letters: Sequence[_Letter], source: ReadWord) -> ReadWord:
    parts = tuple(_part(letter, source) for letter in letters)
    box = (min(p.box[0] for p in parts), source.box[1], max(p.box[2] for p in parts), source.box[3])
    confidence = sum(letter.confidence for letter in letters) / len(letters)
    return ReadWord("".join(letter.text for letter in letters), box, confidence, source.line, parts)


def _part(letter: _Letter, source: ReadWord) -> ReadWord:
    left = max(0, round(letter.left))
    box = (left, source.box[1], max(left + 1, round(letter.right)), source.box[3])
    return ReadWord(letter.text, box, letter.confidence, source.line)

"""Which of the corpus's languages a page, and a line of it, is read in.

A page in Russian that is read with Korean is read badly, and slowly. A few lines are read in each
script that the options allow, and the model that is surest of itself reads the page: on 80 real
pages the right one's confidence was 0.70 to 0.97, that of any other at most 0.53. (Tesseract's own
script detection took 3 Korean pages of 47 for Latin, and 1 English page of 19 for Cyrillic.)

That holds of lines of text. Of a title alone ("Signature and date") the Korean model has been sure with 0.87, and of
numbers every model is: where few letters were read, all are asked. On pages in two languages a line that its page's
model doubts is asked about again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ocr_project.engine.imaging.tesseract import ReadWord
from ocr_project.engine.recognition.korean import is_hangul

SURE = 0.7  # confidence of the right model, by the pages above: the others need not be asked
ENOUGH = 30  # letters that it was sure of
CLEARLY = 0.2  # by which more languages must be surer than fewer of them
_CERTAIN, _SURER = (
    0.9,
    0.05,
)  # of print as clear as that, less will do: of short titles in Russian English has had 0.87
CLEARER = 0.1  # by which another language must be surer of a line than that of its page
_LEAST = 4  # letters and digits of a line that may be in another language
_OWN = 0.3  # of them that are Hangul in any line of Korean; of others the Korean model has been sure with 0.87
_SURELY, _MOSTLY = 0.85, 0.5  # confidence of Hangul, and its share of the letters: the line is in Korean
HANGUL = "hangul"
_SCRIPT_OF = {"kor": HANGUL, "jpn": "han", "chi_sim": "han", "chi_tra": "han", "rus": "cyrillic", "ukr": "cyrillic"}
_WITH_LATIN = {"cyrillic"}


def script_of(language: str) -> str:
    """Return the script that a language of Tesseract is written in; Latin unless it is known otherwise."""
    return _SCRIPT_OF.get(language, "latin")


def by_script(languages: Sequence[str]) -> dict[str, str]:
    """Gather languages by script, in the order in which they come.

    Args:
        languages: Those that the corpus may hold, the leading one first.

    Returns:
        For each script what to read it with: names joined by `+`. Korean is read alone, since its model
        knows Latin letters, and with English beside it reads Hangul into English words (CER 2.1 against
        3.5 % on Korean statutes). Russian is read with the Latin languages beside it: its model does not
        know Latin letters.
    """
    found: dict[str, list[str]] = {}
    for language in languages:
        found.setdefault(script_of(language), []).append(language)
    latin = found.get("latin", [])
    return {script: "+".join([*names, *(latin if script in _WITH_LATIN else [])]) for script, names in found.items()}


class Sampled(NamedTuple):
    """What a model made of a sample.

    Attributes:
        confidence: Mean over the characters; 0 to 1, and 0 where nothing was read.
        letters: Characters that are neither digits nor signs.
    """

    confidence: float
    letters: int


Ask = Callable[[str], Sampled]


def surest(candidates: Sequence[str], ask: Ask, again: Ask | None = None) -> str:
    """Choose what to read a page with.

    Args:
        candidates: Languages joined by `+`, the leading ones first: they win where nothing can be told.
        ask: Reads a sample of the page.
        again: As `ask`, with more of the page: for the candidates that are left where none is `SURE`.

    Returns:
        The first candidate that is `SURE` of enough letters, else the one with the highest confidence. But one that
        holds the languages of another, and more, must be surer than that by `CLEARLY`, or certain: it reads all that
        the other does, and finds Cyrillic in Latin letters that are printed badly.
    """
    scores = _asked(candidates, ask)
    best = max(scores.values())
    left = [name for name in candidates if scores.get(name, 0.0) > best - CLEARLY]
    if again is not None and best < SURE and len(left) > 1:
        scores = _asked(left, again)
    chosen = max(scores, key=lambda name: scores[name])
    within = [other for other in scores if set(other.split("+")) < set(chosen.split("+"))]
    margin = _SURER if scores[chosen] >= _CERTAIN else CLEARLY
    return next((other for other in within if scores[chosen] < scores[other] + margin), chosen)


def may_be_foreign(words: Sequence[ReadWord], confidence: float, script: str) -> bool:
    """Return whether a line may be in another language than its page.

    Args:
        words: Of the line, as the page's model read it.
        confidence: Their mean.
        script: Of that model.
    """
    characters = [character for word in words for character in word.text if character.isalnum()]
    if len(characters) < _LEAST:
        return False
    if script != HANGUL:
        return confidence < SURE
    letters = sum(map(str.isalpha, characters))
    hangul = sum(is_hangul(character) for character in characters)
    sure = sum(
        map(
            is_hangul,
            (c for word in words for part in word.parts or (word,) if part.confidence >= _SURELY for c in part.text),
        )
    )
    if sure and sure >= _MOSTLY * letters:
        return False
    return confidence < SURE or (letters > 0 and hangul < _OWN * len(characters) and confidence < _CERTAIN)


def letters_in(words: Sequence[ReadWord]) -> int:
    """Count the characters of words that are neither digits nor signs."""
    return sum(character.isalpha() for word in words for character in word.text)


def _asked(candidates: Sequence[str], ask: Ask) -> dict[str, float]:
    """Ask candidates until one is sure of enough letters."""
    scores: dict[str, float] = {}
    for candidate in candidates:
        scores[candidate], letters = ask(candidate)
        if scores[candidate] >= SURE and letters >= ENOUGH:
            break
    return scores

"""Which of the corpus's languages a page is read in.

A page in Russian that is read with Korean is read badly, and slowly. A few lines are read in each
script that the options allow, and the model that is surest of itself reads the page: on 80 real
pages the right one's confidence was 0.70 to 0.97, that of any other at most 0.53. (Tesseract's own
script detection took 3 Korean pages of 47 for Latin, and 1 English page of 19 for Cyrillic.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

SURE = 0.7  # confidence of the right model, by the pages above: the others need not be asked
CLEARLY = 0.2  # by which more languages must be surer than fewer of them
_SCRIPT_OF = {"kor": "hangul", "jpn": "han", "chi_sim": "han", "chi_tra": "han", "rus": "cyrillic", "ukr": "cyrillic"}
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


def surest(
    candidates: Sequence[str], confidence: Callable[[str], float], again: Callable[[str], float] | None = None
) -> str:
    """Choose what to read a page with.

    Args:
        candidates: Languages joined by `+`, the leading ones first: they win where nothing can be told.
        confidence: Reads a sample of the page; 0 to 1, and 0 where nothing was read.
        again: As `confidence`, with more of the page: for the candidates that are left where none is `SURE`.

    Returns:
        The first candidate that is `SURE`, else the one with the highest confidence. But one that holds the languages
        of another, and more, must be surer than that by `CLEARLY`: it reads all that the other does, and finds
        Cyrillic in Latin letters that are printed badly.
    """
    scores = _asked(candidates, confidence)
    best = max(scores.values())
    left = [name for name in candidates if scores.get(name, 0.0) > best - CLEARLY]
    if again is not None and best < SURE and len(left) > 1:
        scores = _asked(left, again)
    chosen = max(scores, key=lambda name: scores[name])
    within = [other for other in scores if set(other.split("+")) < set(chosen.split("+"))]
    return next((other for other in within if scores[chosen] < scores[other] + CLEARLY), chosen)


def _asked(candidates: Sequence[str], confidence: Callable[[str], float]) -> dict[str, float]:
    """Ask candidates until one is sure."""
    scores: dict[str, float] = {}
    for candidate in candidates:
        scores[candidate] = confidence(candidate)
        if scores[candidate] >= SURE:
            break
    return scores

"""Which of the corpus's languages a page is read in.

A page in Russian that is read with Korean first is read badly, and slowly. Tesseract's own script
detection looks at the page once; what it finds chooses among the languages that the options allow.
"""

from __future__ import annotations

from collections.abc import Sequence

_SCRIPT_OF = {"kor": "hangul", "jpn": "han", "chi_sim": "han", "chi_tra": "han", "rus": "cyrillic", "ukr": "cyrillic"}
_SEEN_AS = {
    "Korean": "hangul",
    "Hangul": "hangul",
    "Japanese": "hangul",  # Korean print is often taken for it; where no Korean is allowed, it counts as han
    "Han": "hangul",
    "Cyrillic": "cyrillic",
    "Latin": "latin",
}
_WITH_LATIN = {"cyrillic"}


def script_of(language: str) -> str:
    """Return the script that a language of Tesseract is written in; Latin unless it is known otherwise."""
    return _SCRIPT_OF.get(language, "latin")


def choose(languages: Sequence[str], seen: str | None) -> str:
    """Choose languages for a page.

    Args:
        languages: Those that the corpus may hold, the leading one first.
        seen: Tesseract's name of the page's script; None where it could not tell.

    Returns:
        Names joined by `+`. Korean is read alone, since its model knows Latin letters, and with English
        beside it reads Hangul into English words (CER 2.1 against 3.5 % on Korean statutes). Russian
        is read with the Latin languages beside it: its model does not know Latin letters.
    """
    by_script: dict[str, list[str]] = {}
    for language in languages:
        by_script.setdefault(script_of(language), []).append(language)
    script = _SEEN_AS.get(seen or "", "")
    if script == "hangul" and "hangul" not in by_script:
        script = "han"
    if script not in by_script:
        return "+".join(languages) if len(by_script) == 1 else "+".join(by_script[script_of(languages[0])])
    chosen = list(by_script[script])
    if script in _WITH_LATIN:
        chosen += by_script.get("latin", [])
    return "+".join(chosen)

"""What a text is cut into, for questions and pages alike.

N-grams stay within words, because the spaces of recognised Korean are unreliable: a wrong space costs a
word one n-gram. They need no dictionary, forgive a misread syllable, and find a Korean stem behind its
endings. Morphemes are what a dictionary makes of a text: sharper, and lost where a syllable is misread.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import TypeAlias

from ocr_project.domain.errors import BackendError
from ocr_project.domain.options import LexicalOptions, Tokens

Tokenizer: TypeAlias = Callable[[str], list[str]]

_WORD = re.compile(r"\w+")
# Sejong tags of what carries meaning: nouns, verbs and adjectives, roots, Latin letters, Chinese characters,
# numbers. Particles, endings, symbols are left out.
_MEANING = ("NN", "NR", "VV", "VA", "XR", "SL", "SH", "SN", "W_")


def build_tokenizer(options: LexicalOptions) -> Tokenizer:
    """Return the function that cuts a text into tokens, in order, with repetitions.

    Raises:
        BackendError: Morphemes are asked for, and Kiwi is not installed.
    """
    match options.tokens:
        case Tokens.NGRAMS:
            return lambda text: character_ngrams(text, options.smallest, options.largest)
        case Tokens.MORPHEMES:
            return _morphemes()


def words(text: str) -> list[str]:
    """Return the words of a text: letters and digits, NFKC, lower case."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).lower())


def character_ngrams(text: str, smallest: int, largest: int) -> list[str]:
    """Return the n-grams of each word, sizes one after another; a word that is shorter than all stays whole."""
    found = []
    for word in words(text):
        if len(word) <= smallest:
            found.append(word)
            continue
        for size in range(smallest, largest + 1):
            found += [word[place : place + size] for place in range(len(word) - size + 1)]
    return found


def _morphemes() -> Tokenizer:
    try:
        from kiwipiepy import Kiwi
    except ImportError as error:
        raise BackendError(
            "search.lexical.tokens=morphemes needs kiwipiepy: pip install -e '.[korean]', or take ngrams"
        ) from error
    kiwi = Kiwi()

    def cut(text: str) -> list[str]:
        normal = unicodedata.normalize("NFKC", text).lower()
        return [token.form for token in kiwi.tokenize(normal) if token.tag.startswith(_MEANING)]

    return cut

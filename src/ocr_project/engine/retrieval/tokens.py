"""What a text is cut into, for questions and pages alike: n-grams of the characters of each word.

They stay within words, because the spaces of recognised Korean are unreliable: a wrong space costs a word
one n-gram. They need no dictionary, forgive a misread syllable, and find a Korean stem behind its endings.
"""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"\w+")


def character_ngrams(text: str, smallest: int, largest: int) -> list[str]:
    """Cut a text into n-grams, in order, with repetitions.

    Args:
        text: Compared in NFKC and lower case; only letters and digits count.
        smallest: Characters in the shortest n-gram; a word that is no longer stays whole.
        largest: Characters in the longest.
    """
    found = []
    for word in _WORD.findall(unicodedata.normalize("NFKC", text).lower()):
        if len(word) <= smallest:
            found.append(word)
            continue
        for size in range(smallest, largest + 1):
            found += [word[place : place + size] for place in range(len(word) - size + 1)]
    return found

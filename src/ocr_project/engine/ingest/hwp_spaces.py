"""Where the spaces are in a line of HWP: as the document's own text has them.

rhwp's drawing has no spaces, and in justified lines they may be narrower than a gap between letters. The text of the
document has them, but says of no letter on which page it stands. So each line of the drawing is looked up in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import Any

_LEAST = 3  # letters: fewer are found anywhere
_MOST_SKIPPED = 6  # letters: a number or bullet that Hancom's program counted, in no text
_DOTS = str.maketrans(dict.fromkeys("ㆍ‧・•∙⋅", "·"))  # all drawn as one disc


class OwnText:
    """The text of a document, looked up from its first line to its last."""

    def __init__(self, representation: Any) -> None:
        """Take the text.

        Args:
            representation: rhwp's JSON of the document ("rhwp IR").
        """
        words = [word for text in _texts(representation) for word in text.split()]
        self._letters = "".join(words)
        self._folded = self._letters.translate(_DOTS)
        self._ends = frozenset(accumulate(map(len, words)))
        self._place = 0

    def look_up(self, line: str) -> tuple[str, list[bool | None]]:
        """Say where spaces are in a line.

        Args:
            line: Its letters, without spaces.

        Returns:
            The line, its dots as the document has them, and whether a space follows, for each letter; None where the
            text does not say: it has no such line, or none that begins so.
        """
        folded = line.translate(_DOTS)
        for skipped in range(max(0, min(_MOST_SKIPPED, len(line) - _LEAST)) + 1):
            found = self._find(folded[skipped:])
            if found >= 0:
                self._place = end = found + len(line) - skipped
                spaces = [at in self._ends for at in range(found + 1, end + 1)]
                return line[:skipped] + self._letters[found:end], [None] * skipped + spaces
        return line, [None] * len(line)

    def _find(self, letters: str) -> int:
        if len(letters) < _LEAST:
            return -1
        found = self._folded.find(letters, self._place)
        return found if found >= 0 else self._folded.find(letters)  # a cell, a note: in another order in the drawing


def _texts(node: Any) -> Iterator[str]:
    """Yield the paragraphs of the body, of cells, notes, heads and feet, in the document's order."""
    if isinstance(node, list):
        for one in node:
            yield from _texts(one)
    elif isinstance(node, dict):
        if node.get("kind") == "paragraph" and isinstance(node.get("text"), str):
            yield node["text"]
        for name, one in node.items():
            if name != "inlines":
                yield from _texts(one)

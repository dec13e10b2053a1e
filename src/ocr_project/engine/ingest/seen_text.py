"""What is seen of a page's text, and what is seen beside it: a page is drawn twice, with its text and without.

A letter whose place looks alike in both drawings cannot be seen, whatever the reason: white on white, painted over,
clipped, invisible. What the drawing without text still shows is pictures, and letters that are drawn as lines.

A word that is not seen, or shares its place with another, but lies on something that is drawn is **doubted**: it may
say what a picture shows (Hancom's word processor draws bold letters so), or what the picture hides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.domain.types import Box, Word
from ocr_project.engine.imaging.pixels import Pixels, clip

_ENOUGH = 1000  # pixels, the longer side of a page on which letters still have edges
_CONTRAST = 48  # of 255, between neighbours: an edge of a letter, and no noise of a scan
_RULE = 20  # a twentieth of the page, half an inch: taller than letters, but for posters
_ALIKE = 12  # of 255, between the two drawings
_LEAST_LETTER = 12.0  # square pixels: of smaller boxes nothing is said
# A letter reaches to all four sides of its box; the strip along a side without anything of it is painted over. Strips
# are so wide, in the box's sides, and told of boxes with so many pixels to a side; and where more of a page's letters
# leave one empty, its fonts do not say how large their letters are, and nothing is told of any.
_STRIP, _LEAST_SIDE, _MOST_HALF = 0.34, 6.0, 0.2

# Of what looks like text, in heights of the layer's median word.
_LEAST_HEIGHT = 6.0  # pixels
_NEAR = 0.3  # around a word: what a font draws outside of the box that it states
_GAP = 0.6  # between letters
_LOWEST, _HIGHEST, _LONG = 0.4, 6.0, 2.0
_DENSE = 0.35  # of its box, joined
# Of two words in one place one was painted over, and the other may be what makes it seem to be seen.
_CORE = 0.2  # of the height and of a letter's width, left out at each edge of a word
_SHARED = 0.4  # of the smaller core
_LIKE_SIZES = 2.0  # between heights: large pale letters across a page do not correct it


@dataclass(frozen=True, eq=False)
class Drawings:
    """A page drawn twice, shape (height, width, 3), uint8, both of one size.

    Attributes:
        whole: As it is seen.
        bare: Without its text.
    """

    whole: Pixels
    bare: Pixels

    @cached_property
    def of_text(self) -> NDArray[np.uint8]:
        """Shape (height, width): 1 where text makes a difference."""
        alike = cv2.inRange(cv2.absdiff(self.whole, self.bare), (0, 0, 0), (_ALIKE, _ALIKE, _ALIKE))
        return np.asarray(alike == 0, np.uint8)

    @cached_property
    def step(self) -> int:
        """Every how many pixels edges are looked for."""
        return edge_step(self.whole)

    @cached_property
    def edges(self) -> NDArray[np.bool_]:
        """Of the whole, every `step` pixels."""
        return edges(self.whole, self.step)

    @cached_property
    def edges_left(self) -> NDArray[np.bool_]:
        """What words have yet to account for: edges of the bare page, and of its text."""
        near_text = cv2.dilate(self.of_text, np.ones((3, 3), np.uint8))[:: self.step, :: self.step] > 0
        return edges(self.bare, self.step) | (self.edges & near_text)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What is to be thought of each word, shape (words,).

    Attributes:
        seen: All its letters are seen, and no other word is in their place.
        doubted: That is not so, but something is drawn there.
        shared: Another word is in its place.
    """

    seen: NDArray[np.bool_]
    doubted: NDArray[np.bool_]
    shared: NDArray[np.bool_]


def look_at(words: Sequence[Word], letters: NDArray[np.float64], spans: NDArray[np.int64], drawings: Drawings) -> Seen:
    """Say which words are seen, whole and by themselves.

    Args:
        words: Their boxes in pixels of the page.
        letters: Boxes of all letters, shape (n, 4), in pixels.
        spans: First letter of each word and the one after its last, shape (words, 2).
        drawings: Of the page.
    """
    drawn = drawings.of_text
    marked = _marked(letters, drawn) & ~_half_covered(letters, drawn)
    sizes = np.prod(np.maximum(letters[:, 2:] - letters[:, :2], 0), axis=1)
    judged = sizes >= _LEAST_LETTER
    seen = np.ones(len(words), bool)
    for number, (word, (start, end)) in enumerate(zip(words, spans.tolist(), strict=True)):
        of_it = [at for at, sign in enumerate(word.text, start) if at < end and judged[at] and sign.isalnum()]
        seen[number] = marked[of_it].all() if of_it else bool(marked[start:end].any())
    shared = _in_one_place(words, drawn.shape)
    boxes = np.array([word.box for word in words], np.float64).reshape(-1, 4) / drawings.step
    there = _marked(boxes, drawings.edges.view(np.uint8))
    seen &= ~shared
    return Seen(seen, ~seen & there, shared)


def text_without_words(words: Sequence[Word], drawings: Drawings) -> list[Box]:
    """Find what looks like a word or a line of text and lies under no word.

    Args:
        words: That are used; their boxes in pixels.
        drawings: Of the page.

    Returns:
        Boxes, in pixels, of rows of edges as high as the words, more or less, and some letters long.
    """
    if not words:
        return []
    step, left = drawings.step, drawings.edges_left.copy()
    height = max(_LEAST_HEIGHT, float(np.median([word.box.y1 - word.box.y0 for word in words])) / step)
    near = round(height * _NEAR)
    for box in [word.box for word in words]:
        x0, y0, x1, y1 = clip(Box(*(edge / step for edge in box)), left.shape[1], left.shape[0])
        left[max(0, y0 - near) : y1 + near, max(0, x0 - near) : x1 + near] = False
    joined = cv2.morphologyEx(
        left.view(np.uint8), cv2.MORPH_CLOSE, np.ones((1, max(2, round(height * _GAP))), np.uint8)
    )
    _, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    wide, high, inked = (stats[1:, column].astype(np.float64) for column in (2, 3, 4))
    like = (
        (high >= _LOWEST * height)
        & (high <= _HIGHEST * height)
        & (wide >= _LONG * high)
        & (inked >= _DENSE * wide * high)
    )
    return [Box(x, y, x + w, y + h) for x, y, w, h, _ in (stats[1:][like] * float(step)).tolist()]


def edges(pixels: Pixels, step: int) -> NDArray[np.bool_]:
    """Return where neighbours differ as they do at letters, in every `step`th pixel; straight rules are left out."""
    grey = np.ascontiguousarray(pixels[::step, ::step, 1])  # green, the channel nearest to brightness
    contrast = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((2, 2), np.uint8)) >= _CONTRAST
    return _without_rules(contrast.view(np.uint8))


def edge_step(pixels: Pixels) -> int:
    """Return the `step` with which a page is looked at."""
    return max(1, max(map(int, pixels.shape)) // _ENOUGH)


def _without_rules(marks: Pixels) -> NDArray[np.bool_]:
    """Take away straight lines longer than a letter is: a form of empty cells is not missing text."""
    length = max(2, max(marks.shape) // _RULE)
    across = cv2.morphologyEx(marks, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    down = cv2.morphologyEx(marks, cv2.MORPH_OPEN, np.ones((length, 1), np.uint8))
    return np.asarray(marks > np.maximum(across, down), np.bool_)


def _marked(letters: NDArray[np.float64], drawn: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Say of each letter whether anything of text is drawn in its box."""
    height, width = drawn.shape
    sums = cv2.integral(drawn)
    low = np.floor(letters[:, :2]).astype(np.int64)
    high = np.ceil(letters[:, 2:]).astype(np.int64)
    (x0, y0), (x1, y1) = (np.clip(edge, 0, (width, height)).T for edge in (low, high))
    return np.asarray(sums[y1, x1] - sums[y0, x1] - sums[y1, x0] + sums[y0, x0] > 0, np.bool_)


def _half_covered(letters: NDArray[np.float64], drawn: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Say of each letter whether a part of it is painted over, so that another letter may seem to stand there."""
    whole = _marked(letters, drawn)
    sides = letters[:, 2:] - letters[:, :2]
    told = whole & (sides >= _LEAST_SIDE).all(axis=1)
    half = np.zeros(len(letters), np.bool_)
    for axis in (0, 1):
        for first, last in ((0.0, _STRIP), (1 - _STRIP, 1.0)):
            strips = letters.copy()
            strips[:, axis] = letters[:, axis] + first * sides[:, axis]
            strips[:, axis + 2] = letters[:, axis] + last * sides[:, axis]
            half |= told & ~_marked(strips, drawn)
    return half if half.sum() <= _MOST_HALF * max(1, told.sum()) else np.zeros_like(half)


def _in_one_place(words: Sequence[Word], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Say which words share their place with another that says something else."""
    owner = np.full(shape, -1, np.int32)
    shared = np.zeros(len(words), bool)
    heights = [word.box.y1 - word.box.y0 for word in words]
    for number, word in enumerate(words):
        aside = _CORE * word.box.width / max(1, len(word.text))
        above = _CORE * word.box.height
        core = Box(word.box.x0 + aside, word.box.y0 + above, word.box.x1 - aside, word.box.y1 - above)
        x0, y0, x1, y1 = clip(core, shape[1], shape[0])
        place = owner[y0:y1, x0:x1]
        for other in np.unique(place[place >= 0]).tolist():
            like = max(heights[other], heights[number]) <= _LIKE_SIZES * min(heights[other], heights[number])
            if like and words[other].text != word.text and (place == other).sum() > _SHARED * place.size:
                shared[[number, other]] = True
        place[...] = number
    return shared

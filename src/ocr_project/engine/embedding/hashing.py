"""Character n-grams hashed into a fixed number of dimensions: search by text without a model.

An n-gram's place and sign come from its hash (Weinberger et al., 2009, "Feature hashing for large
scale multitask learning"); its weight is 1 + ln(count). N-grams stay within words, because the spaces
of recognised Korean are unreliable: a wrong space costs a word one n-gram, not several. Nothing is
learned from a corpus, so a page's vector depends on that page alone and is the same on every machine.

What it does not know: meaning. A synonym is a different string, and without a corpus the endings
that every Korean question shares weigh as much as its rare words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ocr_project.domain.options import HashingOptions
from ocr_project.domain.types import Identity

# Raise it whenever a vector changes for the same options: it is part of every shard's key.
VERSION = "1"

_WORD = re.compile(r"\w+")
_SPACE = np.uint64(ord(" "))

# FNV-1a's 64-bit offset and prime; SplitMix64's finaliser (Steele, Lea and Flood, 2014).
_FNV_OFFSET = np.uint64(0xCBF29CE484222325)
_FNV_PRIME = np.uint64(0x100000001B3)
_MIX_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_MIX_SECOND = np.uint64(0x94D049BB133111EB)


class HashingEmbedder:
    """Embeds texts and queries alike, without state."""

    def __init__(self, options: HashingOptions) -> None:
        self._options = options
        self._identity = Identity("hashing", VERSION, options.model_dump(mode="json"))

    @property
    def identity(self) -> Identity:
        """Name, revision and the n-gram options."""
        return self._identity

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self._options.dimensions

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed passages: shape (len(texts), dimensions), float32, unit rows, zeros for empty texts."""
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        for row, text in zip(vectors, texts, strict=True):
            row[:] = self._embed(text)
        return vectors

    def embed_queries(self, queries: Sequence[str]) -> NDArray[np.float32]:
        """Embed queries, exactly as passages are."""
        return self.embed_texts(queries)

    def close(self) -> None:
        """Nothing was started."""

    def _embed(self, text: str) -> NDArray[np.float64]:
        points = _code_points(text)
        sums = np.zeros(self.dimensions)
        for size in range(self._options.smallest, self._options.largest + 1):
            grams, counts = np.unique(_hash_grams(points, size), return_counts=True)
            signs = np.where(grams >> np.uint64(63), -1.0, 1.0)
            places = ((grams & np.uint64(0xFFFFFFFF)) * np.uint64(self.dimensions)) >> np.uint64(32)
            weights = signs * (1.0 + np.log(counts))
            sums += np.bincount(places.astype(np.int64), weights, minlength=self.dimensions)
        length = float(np.linalg.norm(sums))
        return sums / length if length else sums


def _code_points(text: str) -> NDArray[np.uint64]:
    """Return the words of a text as code points, NFKC and lower case, a space between them."""
    words = _WORD.findall(unicodedata.normalize("NFKC", text).lower())
    return np.frombuffer(" ".join(words).encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)


def _hash_grams(points: NDArray[np.uint64], size: int) -> NDArray[np.uint64]:
    """Hash the n-grams of one size that lie within a word.

    Returns:
        One 64-bit hash for each occurrence: FNV-1a over code points, mixed since its high bits are weak.
    """
    spaces = np.concatenate([[0], np.cumsum(points == _SPACE)])
    starts = np.flatnonzero(spaces[size:] == spaces[:-size])  # no space in points[start : start + size]
    hashes = np.full(len(starts), _FNV_OFFSET ^ np.uint64(size))
    for offset in range(size):
        hashes = (hashes ^ points[starts + offset]) * _FNV_PRIME
    hashes = (hashes ^ (hashes >> np.uint64(30))) * _MIX_FIRST
    hashes = (hashes ^ (hashes >> np.uint64(27))) * _MIX_SECOND
    return hashes ^ (hashes >> np.uint64(31))

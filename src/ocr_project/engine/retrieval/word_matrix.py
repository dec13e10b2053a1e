"""The matrix of BM25 scores, made in memory that does not grow with the corpus, laid out as bm25s reads it.

bm25s keeps the tokens of all pages, their scores and a sorted copy of these at once: some 10 kB a page. Here pages are
counted one at a time; counts are sorted by term in blocks of one size and put on the disk; then the blocks are merged
a range of terms at a time (inverted indexes by merging sorted blocks: Zobel and Moffat, 2006, "Inverted files for text
search engines", section 5). In memory are the words themselves, the lengths of the pages, a block, and a range.
"""

from __future__ import annotations

import math
import os
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from ocr_project.domain.options import LexicalOptions

BLOCK = 100_000  # counts that are sorted at once: 1.2 MB, some fifty pages; with temporary copies 6 MB
_DATA, _INDICES = "data.csc.index.npy", "indices.csc.index.npy"  # names of bm25s

_Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class _Block:
    """Counts on the disk, sorted by term and then by page: all terms, all pages, all counts."""

    file: IO[bytes]
    start: int
    length: int

    @classmethod
    def written(cls, file: IO[bytes], terms: _Ints, pages: _Ints, counts: _Ints) -> _Block:
        order, start = np.argsort(terms, kind="stable"), file.seek(0, os.SEEK_END)
        for column in (terms, pages, counts):
            column[order].tofile(file)
        file.flush()
        return cls(file, start, len(terms))

    def read(self, column: int, first: int, last: int) -> _Ints:
        self.file.seek(self.start + 4 * (column * self.length + first))
        return np.frombuffer(self.file.read(4 * (last - first)), np.int32)


class _Counts:
    """How often which term stands on which page, as the pages come."""

    def __init__(self, file: IO[bytes], block: int) -> None:
        self.block = block
        self.blocks: list[_Block] = []
        self.lengths = array("i")  # of the pages, in terms
        self._file = file
        self._open: list[array[int]] = [array("i") for _ in range(3)]

    def add(self, terms: Sequence[int]) -> None:
        counted, (numbers, pages, times) = Counter(terms), self._open
        numbers.extend(counted.keys())
        pages.extend([len(self.lengths)] * len(counted))
        times.extend(counted.values())
        self.lengths.append(len(terms))
        if len(self._open[0]) >= self.block:
            self.close()

    def close(self) -> None:
        """Put what is open on the disk."""
        if self._open[0]:
            self.blocks.append(_Block.written(self._file, *(np.frombuffer(column, np.int32) for column in self._open)))
            self._open = [array("i") for _ in range(3)]


def write_matrix(folder: Path, pages: Iterable[Sequence[str]], options: LexicalOptions, *, block: int = BLOCK) -> int:
    """Write the scores of all pages into a folder that bm25s loads.

    Args:
        folder: Is made where there is any term; drafts of some kB a page lie beside it meanwhile.
        pages: The tokens of each page, in order.
        options: k1 and b.
        block: Counts that are sorted at once.

    Returns:
        The number of different tokens.
    """
    vocabulary: dict[str, int] = {}
    with TemporaryFile(dir=folder.parent) as file:
        counts = _Counts(file, block)
        for tokens in pages:
            counts.add([vocabulary.setdefault(token, len(vocabulary)) for token in tokens])
        counts.close()
        if vocabulary:
            _merge(folder, counts, vocabulary, options)
    return len(vocabulary)


def inverse_document_frequency(having: int, total: int) -> float:
    """Return Lucene's inverse document frequency of a token that `having` of `total` pages have."""
    return math.log(1 + (total - having + 0.5) / (having + 0.5))


def _merge(folder: Path, counts: _Counts, vocabulary: dict[str, int], options: LexicalOptions) -> None:
    import bm25s

    frequencies = np.zeros(len(vocabulary), np.int64)
    for block in counts.blocks:
        frequencies += np.bincount(block.read(0, 0, block.length), minlength=len(vocabulary))
    starts = np.concatenate([[0], np.cumsum(frequencies)])
    matrix: Any = bm25s.BM25(k1=options.k1, b=options.b, method="lucene")
    nothing = {"data": np.zeros(0, np.float32), "indices": np.zeros(0, np.int32)}
    matrix.scores = {**nothing, "indptr": starts, "num_docs": len(counts.lengths)}
    matrix.vocab_dict, matrix.nonoccurrence_array = vocabulary, None
    matrix.save(str(folder), show_progress=False)
    with (folder / _DATA).open("wb") as data, (folder / _INDICES).open("wb") as indices:
        _header(data, "<f4", int(starts[-1]))
        _header(indices, "<i4", int(starts[-1]))
        for scores, places in _scored(counts, frequencies, starts, options):
            scores.tofile(data)
            places.tofile(indices)


def _scored(
    counts: _Counts, frequencies: NDArray[np.int64], starts: NDArray[np.int64], options: LexicalOptions
) -> Iterator[tuple[NDArray[np.float32], _Ints]]:
    """Yield scores and pages, range after range of the terms: Lucene's formula, as bm25s computes it."""
    lengths = np.frombuffer(counts.lengths, np.int32)
    norms = options.k1 * ((1 - options.b) + options.b * lengths / lengths.mean())
    total = len(lengths)
    idf_of = {int(df): inverse_document_frequency(int(df), total) for df in np.unique(frequencies)}
    idf = np.array([idf_of[int(df)] for df in frequencies], np.float32)
    edges = _ranges(starts, counts.block)
    bounds = [np.searchsorted(block.read(0, 0, block.length), edges) for block in counts.blocks]
    for number in range(len(edges) - 1):
        terms, pages, found = (
            np.concatenate(
                [block.read(column, *at[number : number + 2]) for block, at in zip(counts.blocks, bounds, strict=True)]
            )
            for column in range(3)
        )
        order = np.argsort(terms, kind="stable")  # blocks are in the order of the pages
        terms, pages, times = terms[order], pages[order], found[order].astype(np.float32)
        yield (idf[terms] * (times / (norms[pages] + times))).astype(np.float32), pages


def _ranges(starts: NDArray[np.int64], block: int) -> list[int]:
    """Return where to cut the terms so that a range has about a block's number of counts; a term is never cut."""
    edges = [0]
    while edges[-1] < len(starts) - 1:
        after = int(np.searchsorted(starts, starts[edges[-1]] + block, side="right")) - 1
        edges.append(max(after, edges[-1] + 1))
    return edges


def _header(file: IO[bytes], dtype: str, length: int) -> None:
    np.lib.format.write_array_header_1_0(file, {"descr": dtype, "fortran_order": False, "shape": (length,)})

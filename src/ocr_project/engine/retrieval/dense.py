"""Exact search over vectors that are mapped into memory.

The vectors are read once for each question, or once for each group of questions, a block at a time: a
search is as fast as memory is read, and takes no memory but the scores of a block.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.retrieval.ranking import Ranking, best

Vectors: TypeAlias = NDArray[np.floating[Any]]
Found: TypeAlias = tuple[NDArray[np.int64], NDArray[np.float32]]

_BLOCK_CELLS = 1 << 23  # 32 MiB of float32 looked at together
_COPIED_CELLS = 1 << 18  # 1 MiB, where they do not lie together
_FEW = 3  # for so few questions one after another is faster: a matrix product pays from four on
_QUERIES_AT_ONCE = 64


def top_k(vectors: Vectors, query: NDArray[np.float32], k: int) -> Found:
    """Find the k vectors with the largest inner product; exact, equal scores in order of index.

    Args:
        vectors: Shape (n, d), float32 or float16; may be mapped into memory.
        query: Shape (d,), float32.
        k: How many; all n where there are fewer.

    Returns:
        Indices (int64) and scores (float32), both of shape (min(k, n),), best first.

    Raises:
        ValueError: The shapes do not fit, or k is negative.
    """
    if vectors.ndim != 2 or query.shape != vectors.shape[1:]:
        raise ValueError(f"vectors of shape {vectors.shape} cannot be searched by a query of shape {query.shape}")
    scores = np.empty(len(vectors), np.float32)
    for start, block in _blocks(vectors):
        _products(block, query, scores[start : start + len(block)])
    places = best(scores, k)
    return places, scores[places]


def top_k_each(vectors: Vectors, queries: NDArray[np.float32], k: int) -> Iterator[Found]:
    """Do what `top_k` does for many questions, reading the vectors once for 64 of them.

    A matrix product adds up in an order of its own, so that equal vectors may differ in the last bit: it
    only says which vectors may be among the best. Those are compared as `top_k` compares them.

    Args:
        vectors: As for `top_k`; rows of unit length or zeros, as embedders make them (of longer ones those
            that are equal to within rounding may be missed).
        queries: Shape (m, d), float32.
        k: How many for each.

    Yields:
        What `top_k` returns, in the order of the questions.

    Raises:
        ValueError: As `top_k`.
    """
    if vectors.ndim != 2 or queries.shape[1:] != vectors.shape[1:]:
        raise ValueError(f"vectors of shape {vectors.shape} cannot be searched by queries of shape {queries.shape}")
    if len(queries) <= _FEW:
        yield from (top_k(vectors, query, k) for query in queries)
        return
    for first in range(0, len(queries), _QUERIES_AT_ONCE):
        group = queries[first : first + _QUERIES_AT_ONCE]
        for query, candidates in zip(group, _candidates(vectors, group, k), strict=True):
            scores = np.empty(len(candidates), np.float32)
            for start, block in _blocks(vectors, candidates):
                _products(block, query, scores[start : start + len(block)])
            chosen = best(scores, k)
            yield candidates[chosen], scores[chosen]


def rank_by_vectors(ids: Sequence[str], vectors: Vectors, queries: NDArray[np.float32], k: int) -> Iterator[Ranking]:
    """Rank pages for each question; a question without a vector (zeros) finds nothing.

    Args:
        ids: Of the rows of `vectors`.
        vectors: As for `top_k_each`.
        queries: Shape (m, d), float32.
        k: How many pages for each.
    """
    if not len(queries) or not len(vectors):
        yield from ([] for _ in queries)
        return
    for query, found in zip(queries, top_k_each(vectors, queries, k), strict=True):
        yield [(ids[place], float(score)) for place, score in zip(*found, strict=True)] if query.any() else []


def _candidates(vectors: Vectors, queries: NDArray[np.float32], k: int) -> Iterator[NDArray[np.int64]]:
    """Yield for each question, in order, the places of the vectors that rounding may have kept from the best k.

    The rounding error of an inner product of d terms is below d · eps/2 · |x| · |y| (Higham, 2002, section
    3.1), here for two ways of adding up, on either side of the border. In memory are the scores of a block, and of
    each question what is among the best so far.
    """
    slack = 2 * vectors.shape[1] * np.finfo(np.float32).eps * np.linalg.norm(queries, axis=1)
    borders = np.full(len(queries), -np.inf)
    places = [np.empty(0, np.int64) for _ in queries]
    scores = [np.empty(0, np.float32) for _ in queries]
    for start, block in _blocks(vectors):
        for number, about in enumerate(queries @ block.T):
            near = np.flatnonzero(about >= borders[number])
            found, score = np.append(places[number], near + start), np.append(scores[number], about[near])
            if len(score) >= k:
                borders[number] = score[best(score, k)[-1]] - slack[number] if k else np.inf
            kept = score >= borders[number]
            places[number], scores[number] = found[kept], score[kept]
    yield from places


def _blocks(vectors: Vectors, places: NDArray[np.int64] | None = None) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Yield vectors, all or those at some places, as many as are looked at together."""
    count, cells = (len(vectors), _BLOCK_CELLS) if places is None else (len(places), _COPIED_CELLS)
    step = max(1, cells // max(1, vectors.shape[1]))
    for start in range(0, count, step):
        part = slice(start, start + step)
        yield start, np.asarray(vectors[part if places is None else places[part]], np.float32)  # of a slice a view


def _products(block: NDArray[np.float32], query: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    # einsum adds every row up in the same order; BLAS does not, and is not faster at one question.
    np.einsum("ij,j->i", block, query, out=out)

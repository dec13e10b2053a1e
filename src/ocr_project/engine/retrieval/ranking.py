"""What a search answers, and the choice of the best among scores."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Ranking: TypeAlias = list[tuple[str, float]]
"""Ids of pages and their scores, best first, each page once."""


def best(scores: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Return the places of the k largest scores, best first, equal ones in order of place.

    Args:
        scores: Shape (n,), float32.
        k: How many; all n where there are fewer.

    Returns:
        Shape (min(k, n),).

    Raises:
        ValueError: k is negative.
    """
    if k < 0:
        raise ValueError(f"k is {k}: ask for 0 or more")
    candidates = np.arange(len(scores))
    if k < len(scores):
        border = np.partition(scores, len(scores) - k)[len(scores) - k] if k else np.float32(np.inf)
        candidates = np.flatnonzero(scores >= border)
    return candidates[np.argsort(-scores[candidates], kind="stable")][:k].astype(np.int64)

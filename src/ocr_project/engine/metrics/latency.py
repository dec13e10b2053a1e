"""Percentiles of times."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

PERCENTILES = (50, 95, 99)


def percentiles(seconds: ArrayLike, at: Sequence[int] = PERCENTILES) -> dict[str, float]:
    """Compute percentiles.

    Args:
        seconds: Shape (n,).
        at: Percents.

    Returns:
        In seconds, as `p50`, `p95`, `p99`: that many percent of the times are below. Linear between the two nearest
        times (NumPy's default); NaN where there are none.
    """
    given = np.asarray(seconds, np.float64)
    values = np.percentile(given, list(at)) if len(given) else np.full(len(at), np.nan)
    return {f"p{percent}": float(value) for percent, value in zip(at, values, strict=True)}

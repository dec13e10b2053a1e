"""Percentiles of times."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

PERCENTILES = (50, 95, 99)


def percentiles(seconds: ArrayLike, at: Sequence[int] = PERCENTILES) -> dict[str, float]:
    """Return the times below which that many percent of the items stay: `p50`, `p95`, `p99`, in seconds.

    Returns:
        NaN for each where there are no times. Linear between the two nearest items (NumPy's default).
    """
    given = np.asarray(seconds, np.float64)
    values = np.percentile(given, list(at)) if len(given) else np.full(len(at), np.nan)
    return {f"p{percent}": float(value) for percent, value in zip(at, values, strict=True)}

"""Quantiles of Student's t for whole degrees of freedom, without SciPy, whose 110 MB the main job does without.

Formulas: Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 26.7.3, 26.7.4 and 26.7.5. SciPy is the
oracle of their test.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

_MANY = 200  # degrees of freedom from which the expansion is right to 9 digits
_STEPS = 200  # halvings of the bracket; 60 are enough for a float


@lru_cache(maxsize=4096)
def student_quantile(degrees: int, share: float) -> float:
    """Return t such that a variable with `degrees` degrees of freedom is below it with probability `share`.

    Args:
        degrees: At least 1.
        share: Above 0.5 and below 1.

    Raises:
        ValueError: An argument is out of range.
    """
    if degrees < 1 or not 0.5 < share < 1:
        raise ValueError(f"degrees {degrees} and share {share}: at least 1, and between 0.5 and 1")
    if degrees > _MANY:
        return _expanded(degrees, NormalDist().inv_cdf(share))
    inside = 2 * share - 1  # the probability of -t to t
    low, high = 0.0, math.pi / 2  # of the angle whose tangent is t / sqrt(degrees)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(degrees, middle) < inside else (low, middle)
    return math.sqrt(degrees) * math.tan((low + high) / 2)


def _within(degrees: int, angle: float) -> float:
    """Return the probability of -t to t, t = sqrt(degrees) tan(angle): 26.7.3 for odd degrees, 26.7.4 for even."""
    cosine, sine = math.cos(angle), math.sin(angle)
    odd = degrees % 2
    term = cosine if odd else 1.0
    total = term if degrees > 1 else 0.0
    for k in range(2 + odd, degrees, 2):
        term *= cosine * cosine * (k - 1) / k
        total += term
    return 2 / math.pi * (angle + sine * total) if odd else sine * total


def _expanded(degrees: int, normal: float) -> float:
    """Return the quantile by its expansion in 1 / degrees about the normal one: 26.7.5."""
    x = normal
    terms = (
        (x**3 + x) / 4,
        (5 * x**5 + 16 * x**3 + 3 * x) / 96,
        (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / 384,
        (79 * x**9 + 776 * x**7 + 1482 * x**5 - 1920 * x**3 - 945 * x) / 92160,
    )
    return x + math.fsum(term / float(degrees) ** power for power, term in enumerate(terms, 1))

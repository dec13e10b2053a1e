"""Which sizes images get for a model, and whether question and answer fit into a server together."""

from __future__ import annotations

import math

from ocr_project.engine.models.crops.worker import Fit
from ocr_project.engine.models.dialects import Dialect


def fit_of(dialect: Dialect, max_pixels: int | None, jpeg_quality: int | None) -> Fit:
    """Return the sizes that images get.

    Args:
        dialect: Says what its models take.
        max_pixels: An option; None: as the dialect says.
        jpeg_quality: None for PNG.
    """
    most = min(dialect.most_pixels, max_pixels or dialect.most_pixels)
    return Fit(min(dialect.least_pixels, most), most, dialect.side, jpeg_quality)


def image_tokens(dialect: Dialect, fit: Fit) -> int:
    """Return how many tokens the largest image takes."""
    return math.ceil(fit.most_pixels / dialect.side**2)

"""PP-OCRv6's detector: where lines of print are, in pixels that need not be level or apart."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.models.onnx.weights import fingerprint, open_session, weights_file

_MEAN, _SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # ImageNet's (inference.yml)
_MOST, _STEP = 1600, 32  # pixels: longest side that is looked at; what sides are multiples of
_LIKELY, _SURE = 0.2, 0.45  # probability of a pixel of text; mean of a line that counts (inference.yml)
_GROWN = 1.4  # DB's unclip ratio: the map shows the core of a line (inference.yml)
_LEAST_SIDE = 3  # pixels of the map

Quad = NDArray[np.float32]  # shape (4, 2): corners x, y, clockwise from the upper left


class LineFinder:
    """Finds lines, in one image at a time; safe to share between threads."""

    def __init__(self, file: Path) -> None:
        """Take a model; it is loaded with the first image."""
        self._file = file
        self.identity = f"pp-ocrv6-tiny-det-{fingerprint(file)}"

    def __reduce__(self) -> tuple[Any, ...]:
        return LineFinder, (self._file,)  # a session does not go to another process

    @cached_property
    def _session(self) -> Any:
        return open_session(self._file)

    def find(self, image: NDArray[np.uint8]) -> list[Quad]:
        """Find the lines of an image.

        Args:
            image: Shape (height, width), uint8, dark on light.

        Returns:
            Corners of each line in pixels of the image, in no order.
        """
        height, width = image.shape
        scale = min(1.0, _MOST / max(height, width))
        size = _multiple(width * scale), _multiple(height * scale)
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA) / 255.0
        channels = [(small - mean) / spread for mean, spread in zip(_MEAN, _SPREAD, strict=True)]
        likely = self._session.run(None, {"x": np.stack(channels)[None].astype(np.float32)})[0][0, 0]
        back = np.array([width / size[0], height / size[1]], np.float32)
        return [quad * back for quad in _lines(likely)]


def _multiple(length: float) -> int:
    return max(_STEP, round(length / _STEP) * _STEP)


def _lines(likely: NDArray[np.float32]) -> list[Quad]:
    mask = (likely > _LIKELY).astype(np.uint8)
    outlines, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for outline in outlines:
        middle, (wide, high), angle = cv2.minAreaRect(outline)
        if min(wide, high) < _LEAST_SIDE or _mean_inside(likely, outline) < _SURE:
            continue
        grow = wide * high * _GROWN / (2 * (wide + high))  # DB moves each side out by area * ratio / perimeter
        grown = cv2.boxPoints((middle, (wide + 2 * grow, high + 2 * grow), angle))
        found.append(_clockwise(np.asarray(grown, np.float32)))
    return found


def _mean_inside(likely: NDArray[np.float32], outline: Any) -> float:
    x, y, wide, high = cv2.boundingRect(outline)
    inside = np.zeros((high, wide), np.uint8)
    cv2.fillPoly(inside, [outline - (x, y)], 1)
    return float(likely[y : y + high, x : x + wide][inside > 0].mean())


def _clockwise(corners: Quad) -> Quad:
    """Order corners from the upper left on."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    left, right = by_x[:2], by_x[2:]
    (upper_left, lower_left), (upper_right, lower_right) = (side[np.argsort(side[:, 1])] for side in (left, right))
    return np.stack([upper_left, upper_right, lower_right, lower_left])


def find_line_finder() -> LineFinder | None:
    """Return the finder; None where the extra `rapid` is not installed."""
    file = weights_file("ppocrv6/tiny/det/det.onnx")
    return LineFinder(file) if file else None

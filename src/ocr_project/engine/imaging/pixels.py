"""Bytes to pixels and back, and cutting regions out of pages.

Pixels are NumPy arrays of shape (height, width, 3), uint8, RGB; OpenCV's BGR stays inside this module.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.domain.errors import BrokenDocument
from ocr_project.domain.types import Box, Page, Region

Pixels = NDArray[np.uint8]

# Pages are shared out between workers, one a core: OpenCV's own threads would only take turns with them. They cost
# 20 to 50 % more processor time for what they do.
cv2.setNumThreads(1)

# Pages of text gain nothing from PNG's filters: without them, at level 3, a page is 5 % smaller, encoded 2.5 times
# and decoded 3 times as fast as with OpenCV's defaults.
_PNG = (cv2.IMWRITE_PNG_COMPRESSION, 3, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_NONE)


def decode(image: bytes) -> Pixels:
    """Decode a JPEG or PNG as it is stored in a page shard (upright already: EXIF is not looked at).

    Returns:
        Shape (height, width, 3), uint8, RGB, a new array.

    Raises:
        BrokenDocument: The bytes are not an image.
    """
    return _decode(image, cv2.IMREAD_COLOR_RGB)


def _decode(image: bytes, flags: int) -> Pixels:
    try:
        pixels = cv2.imdecode(np.frombuffer(image, np.uint8), flags | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error as error:  # empty input, or more pixels than OpenCV's own limit
        raise BrokenDocument(f"the page image cannot be decoded ({error.err})") from error
    if pixels is None:
        raise BrokenDocument("the page image cannot be decoded; ingest the document again")
    return np.asarray(pixels, np.uint8)


def encode(pixels: Pixels, *, jpeg_quality: int | None = None, webp_quality: int | None = None) -> bytes:
    """Encode as PNG, or as JPEG or WebP of the given quality.

    Args:
        pixels: Shape (height, width, 3) RGB or (height, width) grey, uint8.
        jpeg_quality: 1 to 100; `None` for another format.
        webp_quality: 1 to 100; `None` for another format.
    """
    bgr = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR) if pixels.ndim == 3 else pixels
    if jpeg_quality is not None:
        _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, jpeg_quality])
    elif webp_quality is not None:
        _, data = cv2.imencode(".webp", bgr, [cv2.IMWRITE_WEBP_QUALITY, webp_quality])
    else:
        _, data = cv2.imencode(".png", bgr, _PNG)
    return bytes(data)


def page_pixels(page: Page) -> Pixels:
    """Decode the image of a page.

    Raises:
        BrokenDocument: The page has no image, or it cannot be decoded.
    """
    if page.image is None:
        raise BrokenDocument(page.reason or "the page has no image")
    return decode(page.image)


def page_grey(page: Page) -> Pixels:
    """Decode the image of a page without its colours; of a grey one nothing is blown up to three channels first.

    Returns:
        Shape (height, width), uint8, a new array.

    Raises:
        BrokenDocument: As `page_pixels`.
    """
    if page.image is None:
        raise BrokenDocument(page.reason or "the page has no image")
    pixels = _decode(page.image, cv2.IMREAD_ANYCOLOR)  # grey as it is, colours as BGR
    return pixels if pixels.ndim == 2 else np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), np.uint8)


def crop(pixels: Pixels, region: Region) -> Pixels:
    """Cut a region out of its page, upright as it is read.

    Args:
        pixels: The page, shape (height, width) or (height, width, 3).
        region: Its `quad` is followed where it has one, else its `box` clipped to the page; the part of the
            box is outside of its `polygon` becomes white.

    Returns:
        A view where the region is a box, a new array where it is more than that; never empty on either axis:
        at least one pixel, also for a region that lies outside the page.
    """
    if region.quad is None:
        x0, y0, x1, y1 = clip(region.box, pixels.shape[1], pixels.shape[0])
        inside = pixels[y0:y1, x0:x1]
        return inside if region.polygon is None else _outlined(inside, region.polygon, x0, y0)
    corners = np.asarray(region.quad, np.float32).reshape(4, 2)
    width = max(1, round(float(np.linalg.norm(corners[1] - corners[0]))))
    height = max(1, round(float(np.linalg.norm(corners[3] - corners[0]))))
    upright = np.asarray([[0, 0], [width, 0], [0, height]], np.float32)
    warp = cv2.getAffineTransform(corners[[0, 1, 3]], upright)
    turned = cv2.warpAffine(pixels, warp, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(turned, np.uint8)


def _outlined(pixels: Pixels, polygon: tuple[float, ...], x0: int, y0: int) -> Pixels:
    corners = np.asarray(polygon, np.float64).reshape(-1, 1, 2) - (x0, y0)
    mask = np.zeros(pixels.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.rint(corners).astype(np.int32)], 1)
    found = pixels.copy()
    found[mask == 0] = 255
    return found


def clip(box: Box, width: int, height: int) -> tuple[int, int, int, int]:
    """Return whole pixels of `box` inside a page of the given size: at least one pixel each way."""
    x0 = min(max(0, int(np.floor(box.x0))), width - 1)
    y0 = min(max(0, int(np.floor(box.y0))), height - 1)
    x1 = min(max(x0 + 1, int(np.ceil(box.x1))), width)
    y1 = min(max(y0 + 1, int(np.ceil(box.y1))), height)
    return x0, y0, x1, y1

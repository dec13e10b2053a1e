"""One process that cuts crops out of pages. Pages and jobs come in over a socket, encoded crops go back.

Imports what it needs and no more (OpenCV, NumPy): it starts in a quarter of a second.
"""

from __future__ import annotations

import base64
import math
import pickle
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.domain.errors import DocumentError
from ocr_project.domain.types import Region
from ocr_project.engine.imaging.pixels import Pixels, crop, decode, encode
from ocr_project.engine.running.worker_process import open_line

_LEAST_CONTRAST = 12  # grey levels between the darkest and the lightest pixel of a crop that says something
_LEAST_SCALE = 0.6  # text that would be shrunk more than that is cut into bands instead
_MARGIN = 14  # pixels: half of a model's token
_LEAST_SIDE = 3  # pixels: no letter is smaller
_MOST_LINES = 3  # of a separator: double lines, and one more
_LEAST_ASPECT = 25  # length of a separator by its thickness: a dash has 10, the vowel ㅡ as much
_LEAST_LENGTH = 0.5  # of a separator, of its region
_MOST_ASPECT = 100  # the models' processors refuse images that are 200 times as wide as high


@dataclass(frozen=True, slots=True)
class Fit:
    """The sizes that a model takes.

    Attributes:
        least_pixels: Smaller crops are padded with their paper.
        most_pixels: Larger crops are scaled down, or cut into bands.
        side: Least width and height in pixels: one of the model's tokens.
        jpeg_quality: None for PNG.
        exact: Scale each image to the size that the model itself would scale it to, a multiple of `side` each way
            (`exact_size`), so that nothing is left to do for the server.
    """

    least_pixels: int
    most_pixels: int
    side: int
    jpeg_quality: int | None
    exact: bool = False


@dataclass(frozen=True, slots=True)
class CropJob:
    """A region to cut.

    Attributes:
        bands: Whether it may be cut into bands: text may, a table or a formula may not.
        trimmed: Whether its blank margins are cut off.
    """

    region: Region
    bands: bool
    trimmed: bool = False


@dataclass(frozen=True, slots=True)
class Crop:
    """What became of a region.

    Attributes:
        images: Data URIs, one a band from the top; empty where there is nothing to read.
        reason: Why there are none.
    """

    images: tuple[bytes, ...]
    reason: str = ""


def cut_page(image: bytes, jobs: list[CropJob], fit: Fit) -> list[Crop] | str:
    """Cut the regions out of a page.

    Returns:
        A crop for each job, in order, or the reason why the page cannot be used.
    """
    try:
        pixels = decode(image)
    except DocumentError as error:
        return error.reason
    return [_cut(pixels, job, fit) for job in jobs]


def _cut(pixels: Pixels, job: CropJob, fit: Fit) -> Crop:
    cut = crop(pixels, job.region)
    if min(cut.shape[:2]) < _LEAST_SIDE:
        return Crop((), "nothing to read: the region is smaller than a letter")
    if int(cut.max()) - int(cut.min()) < _LEAST_CONTRAST:
        return Crop((), "nothing to read: the region is blank")
    if job.bands and is_ruling(cut):
        return Crop((), "nothing to read: the region is a ruling")
    if job.trimmed:
        cut = without_margins(cut)
    if fit.exact:
        return Crop((_data_uri(scale_exactly(cut, fit), fit),))
    return Crop(tuple(_data_uri(prepare(band, fit), fit) for band in bands(cut, fit, allowed=job.bands)))


def without_margins(cut: Pixels) -> Pixels:
    """Cut off what is paper on all four sides, but for a strip as wide as a letter.

    Args:
        cut: Shape (height, width, 3), RGB, not blank. The dark edge of a scan counts as ink, and stays.
    """
    dark = _darkest(cut)
    ink = dark < float(np.percentile(dark, 90)) - _LEAST_CONTRAST
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not rows.size:
        return cut
    top, left = max(0, rows[0] - _MARGIN), max(0, columns[0] - _MARGIN)
    return cut[top : rows[-1] + 1 + _MARGIN, left : columns[-1] + 1 + _MARGIN]


def is_ruling(cut: Pixels) -> bool:
    """Say whether all that stands in a crop are lines across it, or down it: a separator, and no letter.

    A line of dashes or dots may be text (leaders), and is none here.

    Args:
        cut: Shape (height, width, 3), RGB, not blank.
    """
    dark = _darkest(cut)
    ink = dark < (float(np.percentile(dark, 90)) + float(dark.min())) / 2
    return _holds_lines_only(ink) or _holds_lines_only(ink.T)


def _darkest(cut: Pixels) -> NDArray[np.uint8]:
    """Return the darkest channel of each pixel; `min(axis=2)` takes ten times as long."""
    red, green, blue = cv2.split(cut)
    return np.asarray(cv2.min(cv2.min(red, green), blue), np.uint8)


def _holds_lines_only(ink: NDArray[np.bool_]) -> bool:
    rows = np.flatnonzero(ink.any(axis=1))
    gaps = np.flatnonzero(np.diff(rows) > 1) + 1
    if not rows.size or len(gaps) >= _MOST_LINES:
        return False
    return all(_is_line(ink[line[0] : line[-1] + 1]) for line in np.split(rows, gaps))


def _is_line(ink: NDArray[np.bool_]) -> bool:
    """Say whether the ink of some rows is one stroke, much longer than it is thick, over most of their width."""
    columns = np.asarray(ink.any(axis=0))
    found = np.flatnonzero(columns)
    length = int(found[-1] - found[0]) + 1
    whole = length >= max(_LEAST_ASPECT * len(ink), columns.size * _LEAST_LENGTH)
    return whole and bool(columns[found[0] : found[-1] + 1].all())


def exact_size(height: int, width: int, fit: Fit) -> tuple[int, int]:
    """Return the height and width that Qwen's models give an image.

    Each side goes to the nearest multiple of `fit.side`; where that is too many pixels or too few, both are scaled
    alike and rounded down or up (`smart_resize` of qwen-vl-utils 0.0.14 and of transformers' Qwen2VLImageProcessor).
    """
    side = fit.side
    high, wide = max(side, round(height / side) * side), max(side, round(width / side) * side)
    if high * wide > fit.most_pixels:
        shrink = math.sqrt(height * width / fit.most_pixels)
        high = max(side, math.floor(height / shrink / side) * side)
        wide = max(side, math.floor(width / shrink / side) * side)
    elif high * wide < fit.least_pixels:
        grow = math.sqrt(fit.least_pixels / (height * width))
        high, wide = math.ceil(height * grow / side) * side, math.ceil(width * grow / side) * side
    return high, wide


def scale_exactly(cut: Pixels, fit: Fit) -> Pixels:
    """Scale an image to its exact size as Qwen's scripts do: Pillow's bicubic, which smooths as it shrinks.

    Args:
        cut: Shape (height, width, 3), RGB; one that is too narrow for the model is padded with its paper first.
    """
    from PIL import Image

    height, width = cut.shape[:2]
    wide, high = _framed(height, width, Fit(0, fit.most_pixels, 1, None))
    if (wide, high) != (width, height):
        cut = _padded(cut, wide, high)
        height, width = high, wide
    tall, broad = exact_size(height, width, fit)
    if (tall, broad) == (height, width):
        return cut
    image = Image.fromarray(np.ascontiguousarray(cut)).resize((broad, tall), Image.Resampling.BICUBIC)
    return np.asarray(image, np.uint8)


def bands(cut: Pixels, fit: Fit, *, allowed: bool) -> list[Pixels]:
    """Cut a crop that is far too large into bands, between its lines.

    Args:
        cut: Shape (height, width, 3).
        fit: Its `most_pixels` decides.
        allowed: Otherwise the crop stays whole, and `prepare` scales it.

    Returns:
        Views from the top, each of which needs less shrinking than what text bears.
    """
    height, width = cut.shape[:2]
    most = fit.most_pixels / _LEAST_SCALE**2  # pixels that are scaled to the limit with the least scale
    count = -(-height * width // int(most))
    if not allowed or count <= 1 or height < 2 * count * fit.side:
        return [cut]
    darkness = 255.0 - cut.min(axis=2).mean(axis=1)
    edges = [0]
    reach = height // (4 * count)
    for number in range(1, count):
        middle = height * number // count
        around = darkness[middle - reach : middle + reach]
        edges.append(middle - reach + int(around.argmin()))
    return [cut[top:bottom] for top, bottom in zip(edges, [*edges[1:], height], strict=True)]


def prepare(cut: Pixels, fit: Fit) -> NDArray[np.uint8]:
    """Scale a crop down to the most pixels, pad it up to the least.

    Args:
        cut: Shape (height, width, 3), RGB.

    Returns:
        The same array where it fits as it is.
    """
    (height, width), (high, wide) = prepared_size(cut.shape[0], cut.shape[1], fit)
    if (height, width) != cut.shape[:2]:
        cut = np.asarray(cv2.resize(cut, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    if (wide, high) == (width, height):
        return cut
    return _padded(cut, wide, high)


def prepared_size(height: int, width: int, fit: Fit) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the height and width that `prepare` scales a crop to, and those that it then pads it to.

    Args:
        height: Pixels of the crop.
        width: Pixels of the crop.
    """
    wide, high = _framed(height, width, fit)
    if wide * high > fit.most_pixels:
        # what rounding up to the aspect may add is kept free, where that is what makes it large
        spare = max(wide, high) if (wide, high) != (width, height) else 0
        scale = ((fit.most_pixels - spare) / (wide * high)) ** 0.5
        width, height = max(1, int(width * scale)), max(1, int(height * scale))
        wide, high = _framed(height, width, fit)
    if wide * high < fit.least_pixels:
        side = math.ceil(fit.least_pixels**0.5)
        if wide >= side:
            high = -(-fit.least_pixels // wide)
        elif high >= side:
            wide = -(-fit.least_pixels // high)
        else:
            wide = high = side
    return (height, width), (high, wide)


def _padded(cut: Pixels, wide: int, high: int) -> Pixels:
    """Put a crop into the middle of a sheet of its own paper."""
    height, width = cut.shape[:2]
    paper = tuple(int(value) for value in np.percentile(cut.reshape(-1, 3), 90, axis=0))
    top, left = (high - height) // 2, (wide - width) // 2
    edges = top, high - height - top, left, wide - width - left
    return np.asarray(cv2.copyMakeBorder(cut, *edges, borderType=cv2.BORDER_CONSTANT, value=paper), np.uint8)


def _framed(height: int, width: int, fit: Fit) -> tuple[int, int]:
    """Return the width and height that a crop gets at least."""
    return max(width, fit.side, -(-height // _MOST_ASPECT)), max(height, fit.side, -(-width // _MOST_ASPECT))


def _data_uri(pixels: NDArray[np.uint8], fit: Fit) -> bytes:
    kind = b"png" if fit.jpeg_quality is None else b"jpeg"
    encoded = encode(np.ascontiguousarray(pixels), jpeg_quality=fit.jpeg_quality)
    return b"data:image/" + kind + b";base64," + base64.b64encode(encoded)


def main(descriptor: int) -> None:
    """Serve jobs until the other end is closed.

    Args:
        descriptor: Number of the open socket.
    """
    cv2.setNumThreads(1)
    channel = open_line(descriptor)
    try:
        while True:
            image, jobs, fit = pickle.loads(channel.recv_bytes())
            try:
                answer: list[Crop] | str = cut_page(image, jobs, fit)
            except Exception as error:  # a page that no check foresaw is a row, not the end of the worker
                answer = f"broken: the page could not be cut ({type(error).__name__}: {error})"
            channel.send_bytes(pickle.dumps(answer, protocol=5))
    except (EOFError, ConnectionError):
        return

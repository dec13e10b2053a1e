"""Image files to pages: upright, eight bits, no alpha; a JPEG or PNG that is so already stays byte for byte."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from ocr_project.domain.errors import Away, BrokenDocument, DocumentError, TooLarge
from ocr_project.domain.options import IngestOptions
from ocr_project.engine.imaging.pixels import Pixels, decode, encode
from ocr_project.engine.ingest.deep_values import to_eight_bits
from ocr_project.engine.ingest.rendered_page import Answers, Picture
from ocr_project.engine.ingest.strips import cut_strip, strip_pages
from ocr_project.engine.ingest.transparency import on_ground

# Pillow's own limit is one for the whole process, and warns where ours allows: `ingest.max_pixels` is
# checked by `_check_size` before anything is decoded.
Image.MAX_IMAGE_PIXELS = None

_ANYMAP = "image/x-portable-anymap"
_MAGIC = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"II*\x00": "image/tiff",
    b"MM\x00*": "image/tiff",
    b"II+\x00": "image/tiff",  # BigTIFF
    b"MM\x00+": "image/tiff",
    b"BM": "image/bmp",
    b"GIF8": "image/gif",
    b"\x00\x00\x00\x0cjP  \r\n\x87\n": "image/jp2",
    b"\xff\x4f\xff\x51": "image/jp2",  # the bare codestream
    **dict.fromkeys((b"P1", b"P2", b"P3", b"P4", b"P5", b"P6"), _ANYMAP),
    **dict.fromkeys((b"\n\x02\x01", b"\n\x03\x01", b"\n\x05\x01"), "image/x-pcx"),
}
TARGA = "image/x-tga"  # by its name only
_AVIF_BRANDS = (b"avif", b"avis")
_BYTES = {"1": 1, "L": 1, "P": 1, "LA": 4, "I;16": 2, "I;16B": 2, "I;16L": 2}  # of a pixel in Pillow; 4: all others
_FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF", "AVIF", "JPEG2000", "PPM", "PCX", "TGA")
# What Pillow's decoders raise on damaged files, found by mutating files (tests/property/test_ingest_bad_input.py).
_DAMAGE = (
    OSError,  # UnidentifiedImageError is one
    SyntaxError,
    ValueError,
    EOFError,
    TypeError,
    LookupError,
    ArithmeticError,
    RuntimeError,
    MemoryError,
    struct.error,
    zlib.error,
)
_ORIENTATION = 0x0112  # EXIF 2.32, table 4
_MAX_SAMPLE_VALUE = 281  # TIFF 6.0, section 8
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_PNG_BIT_DEPTH = 24  # offset of the bit depth in a PNG file: signature 8, chunk head 8, width 4, height 4
_PLAUSIBLE_DPI = (36.0, 1200.0)  # the range of `ingest.dpi`; 1 and 72,000 are found in the wild
_OBLONG = (1.1, 4.5)  # longer over shorter side of pixels that are not square; 204 x 49 is the coarsest fax
_PAPER_SHARE = 0.3  # a drawn page has one exact value on most of its area; a scan or photograph has none


def media_type(head: bytes) -> str | None:
    """Return the media type by the first bytes of a file, or None."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp" and head[8:12] in _AVIF_BRANDS:
        return "image/avif"
    kind = next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), None)
    # Two letters say little: a text may begin with "P2", but not with white space or a comment behind it and a number
    return None if kind == _ANYMAP and not re.match(rb"P[1-6](\s|#[^\n]*\n)+\d", head) else kind


def count_pages(path: Path, options: IngestOptions) -> int:
    """Return the number of pages: frames of a TIFF, parts of a strip, one of anything else.

    Raises:
        BrokenDocument: Pillow cannot read the header.
        TooLarge: The only page has more pixels than `ingest.max_pixels`.
    """
    with _guarded(), _opened(path, options) as image:
        count = int(getattr(image, "n_frames", 1)) if image.format == "TIFF" else 1
        parts = _parts(image, count)
        if count == parts == 1:
            _check_size(image.size, options)
        return max(count, parts)


def read_pages(path: Path, first: int, last: int, options: IngestOptions) -> Answers:
    """Read pages of an image file, from one opening of it.

    Yields:
        For each of `first` to `last`, both included, from 1: a picture, or why there is none.
    """
    try:
        with _guarded(), _opened(path, options) as image:
            parts = _parts(image, int(getattr(image, "n_frames", 1)))
            if parts > 1:
                yield from _strip(image, parts, options)[first - 1 : last]
                return
            for number in range(first, last + 1):
                yield _attempt(image, number, path, options)
                first = number + 1
    except DocumentError as error:
        for _ in range(first, last + 1):
            yield error


def read_whole(path: Path, options: IngestOptions) -> Picture:
    """Read the only page of an image file, a strip too.

    Raises:
        BrokenDocument: It is not an image, or a damaged one.
        TooLarge: It has more pixels than `ingest.max_pixels`.
    """
    with _guarded(), _opened(path, options) as image:
        return _picture(image, path, options)


def read_image(data: bytes, options: IngestOptions) -> Picture:
    """Read the only page of an image file that is in memory.

    Raises:
        BrokenDocument: The bytes are not an image, or a damaged one.
        TooLarge: It has more pixels than `ingest.max_pixels`.
    """
    with _guarded(), _opened(BytesIO(data), options) as image:
        return _picture(image, data, options)


def encode_page(pixels: Pixels, options: IngestOptions) -> tuple[bytes, str]:
    """Encode a page once: PNG where it is drawn, JPEG where it is a scan or a photograph.

    Args:
        pixels: Shape (height, width) grey or (height, width, 3) RGB, uint8.
        options: Quality of the JPEG.

    Returns:
        The bytes and their media type. A page without colour is stored grey.
    """
    if pixels.ndim == 3 and _is_grey(pixels):
        pixels = np.ascontiguousarray(pixels[..., 0])
    if _is_drawn(pixels):
        return encode(pixels), "image/png"
    return encode(pixels, jpeg_quality=options.jpeg_quality), "image/jpeg"


def to_pixels(image: Image.Image, white: float = 0.0) -> Pixels:
    """Turn any Pillow image into pixels: 16 bits scaled to 8, alpha over white or black, CMYK and palettes to RGB.

    Args:
        image: Of any mode.
        white: Greatest value that its samples of 16 bits may have, as the file says; 0 where it does not.

    Returns:
        Shape (height, width) for grey or (height, width, 3) RGB, uint8.
    """
    if image.mode.startswith("I") or image.mode == "F":
        return to_eight_bits(np.asarray(image), sixteen=image.mode.startswith("I;16"), white=white)
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        return on_ground(image)
    return np.asarray(image.convert("L" if image.mode in ("1", "L") else "RGB"), np.uint8)


@contextmanager
def _guarded() -> Iterator[None]:
    """Turn what Pillow raises on damaged files into a `BrokenDocument`."""
    try:
        yield
    except _DAMAGE as error:
        if isinstance(error, OSError) and error.errno is not None:  # of the system, not of a decoder
            raise Away(f"the image cannot be read ({error.strerror})") from error
        what = str(error).strip() or type(error).__name__
        raise BrokenDocument(f"the image is damaged ({what}); export it again") from error


def _opened(file: Path | BytesIO, options: IngestOptions) -> Image.Image:
    if size := _webp_size(file):
        _check_size(size, options)  # before opening: Pillow allocates the whole canvas as it opens a WebP
    return Image.open(file, formats=_FORMATS)


def _attempt(image: Image.Image, number: int, path: Path, options: IngestOptions) -> Picture | DocumentError:
    try:
        with _guarded():
            if image.format == "TIFF":
                image.seek(number - 1)
            elif number != 1:
                raise EOFError(f"it has no page {number}")
            return replace(_picture(image, path, options), note=_frames_left_out(image))
    except DocumentError as error:
        return error


def _frames_left_out(image: Image.Image) -> str:
    """Return what is to be said of the frames of an animation behind its first; an empty string where it has none."""
    if image.format in ("TIFF", "MPO"):  # all frames are pages; the others of an MPO are views of the same scene
        return ""
    try:
        frames = int(getattr(image, "n_frames", 1))
    except _DAMAGE:  # behind the first frame, which was read
        return "an animation that is damaged behind its first frame, which alone is read: compare with the file"
    if frames == 1:
        return ""
    return (
        f"the first of {frames} frames of an animation; the others are not read: where they hold text, save them as"
        " images or as a PDF"
    )


def _picture(image: Image.Image, whole: Path | bytes, options: IngestOptions) -> Picture:
    _check_size(image.size, options)
    _check_memory(image, options)
    dpi, stretch = _dpi(image)
    width, height = image.size
    if stretch != (1.0, 1.0):
        _check_size((round(width * stretch[0]), round(height * stretch[1])), options)
    elif image.format in ("JPEG", "MPO") and image.mode in ("L", "RGB") and _orientation(image) == 1:
        data = _bytes(whole)
        if _is_readable(data, width, height):
            image.draft(image.mode, (1, 1))  # an eighth of the size is enough to see that all of it is there
            image.load()
            return Picture(data, "image/jpeg", width, height, dpi)
    image.load()
    if (
        stretch == (1.0, 1.0)
        and image.format == "PNG"
        and image.mode in ("L", "RGB")
        and "transparency" not in image.info
    ):
        data = _bytes(whole)
        if data[_PNG_BIT_DEPTH] == 8 and _orientation(image) == 1 and _is_readable(data, width, height):
            return Picture(data, "image/png", width, height, dpi)
    turn = _UPRIGHT.get(_orientation(image))
    pixels = _square(to_pixels(image, _white(image)), stretch)
    if turn is not None:
        pixels = np.asarray(Image.fromarray(pixels).transpose(turn), np.uint8)
    encoded, kind = encode_page(pixels, options)
    return Picture(encoded, kind, pixels.shape[1], pixels.shape[0], dpi)


def _parts(image: Image.Image, frames: int) -> int:
    """Return into how many pages an image is cut."""
    return 1 if frames > 1 or _orientation(image) != 1 else strip_pages(*image.size)


def _strip(image: Image.Image, parts: int, options: IngestOptions) -> list[Picture | DocumentError]:
    """Decode a strip once, and return its pages."""
    _check_memory(image, options)
    dpi, stretch = _dpi(image)
    image.load()
    found: list[Picture | DocumentError] = []
    for part in cut_strip(_square(to_pixels(image, _white(image)), stretch), parts):
        encoded, kind = encode_page(np.ascontiguousarray(part), options)
        found.append(Picture(encoded, kind, part.shape[1], part.shape[0], dpi))
    return found


def _bytes(whole: Path | bytes) -> bytes:
    return whole if isinstance(whole, bytes) else whole.read_bytes()


def _is_readable(data: bytes, width: int, height: int) -> bool:
    """Whether the later stages, which do not read with Pillow, make the same of a file that is kept as it is."""
    try:
        return decode(data).shape[:2] == (height, width)
    except BrokenDocument:
        return False


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8; 1 (upright) where there is none, or EXIF that cannot be read."""
    try:
        found = image.getexif().get(_ORIENTATION, 1)
    except _DAMAGE:
        return 1
    return found if found in _UPRIGHT else 1


def _webp_size(file: Path | BytesIO) -> tuple[int, int] | None:
    """Return width and height from the head of a WebP (RFC 9649, section 2); None where it is none."""
    if isinstance(file, Path):
        with file.open("rb") as stream:
            head = stream.read(30)
    else:
        head = file.getvalue()[:30]
    if media_type(head) != "image/webp" or len(head) < 30:
        return None
    match head[12:16]:
        case b"VP8X":
            return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
        case b"VP8L":
            bits = int.from_bytes(head[21:25], "little")
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case b"VP8 ":
            width, height = struct.unpack("<HH", head[26:30])
            return width & 0x3FFF, height & 0x3FFF
    return None


def _check_size(size: tuple[int, int], options: IngestOptions) -> None:
    width, height = size
    if width * height > options.max_pixels:
        raise TooLarge(
            f"{width} x {height} pixels are more than ingest.max_pixels ({options.max_pixels:,});"
            " scale the image down, or raise the limit if the machine has the memory"
        )


def _check_memory(image: Image.Image, options: IngestOptions) -> None:
    """Refuse what takes too much memory, before it is decoded: as Pillow has it, and as pixels on the way to ours."""
    width, height = image.size
    is_deep = image.mode.startswith("I") or image.mode == "F"  # brought down to eight bits by way of two of float32
    needed = width * height * (_BYTES.get(image.mode, 4) + (9 if is_deep else 3))
    if needed > options.image_memory_gib * 2**30:
        raise TooLarge(
            f"{width} x {height} pixels of the kind {image.mode} take {needed / 2**30:.1f} GiB to decode, more than"
            f" ingest.image_memory_gib ({options.image_memory_gib:g}); scale the image down, or raise the limit"
        )


def _dpi(image: Image.Image) -> tuple[float, tuple[float, float]]:
    """Return the resolution, 0 where it is not known, and how many times wider and higher square pixels make it.

    A fax has 204 dots an inch from left to right and 98, 196 or 391 from top to bottom (ITU-T T.4).
    """
    try:
        across, down = (float(one) for one in image.info.get("dpi", (0.0, 0.0)))
    except _DAMAGE:  # a fraction with a zero below, a tuple of nothing
        return 0.0, (1.0, 1.0)
    least, most = _PLAUSIBLE_DPI
    if not least <= across <= most:
        return 0.0, (1.0, 1.0)
    greater = max(across, down)
    if not least <= down <= most or not _OBLONG[0] <= greater / min(across, down) <= _OBLONG[1]:
        return across, (1.0, 1.0)
    return greater, (greater / across, greater / down)


def _square(pixels: Pixels, stretch: tuple[float, float]) -> Pixels:
    """Stretch pixels that are not square."""
    if stretch == (1.0, 1.0):
        return pixels
    size = round(pixels.shape[1] * stretch[0]), round(pixels.shape[0] * stretch[1])
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_CUBIC), np.uint8)


def _is_grey(pixels: Pixels) -> bool:
    if not np.array_equal(pixels[::16, ::16, 0], pixels[::16, ::16, 1]):
        return False
    return np.array_equal(pixels[..., 0], pixels[..., 1]) and np.array_equal(pixels[..., 1], pixels[..., 2])


def _is_drawn(pixels: Pixels) -> bool:
    sample = pixels[::4, ::4] if pixels.ndim == 2 else pixels[::4, ::4, 1]
    return bool(np.bincount(sample.ravel(), minlength=256).max() >= _PAPER_SHARE * sample.size)


def _white(image: Image.Image) -> float:
    """Return the greatest value that samples of a TIFF may have, as it says; 0 where it does not."""
    try:
        found = getattr(image, "tag_v2", {}).get(_MAX_SAMPLE_VALUE, 0)
        return float(found[0] if isinstance(found, tuple) else found)
    except _DAMAGE:
        return 0.0

"""A page being printed, which knows where the value of each field stands.

Lengths and font sizes are in pixels at 150 dpi, 0.169 mm: the resolution of the scans whose sizes the templates have.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ocr_project.domain.types import Box

BASE_DPI = 150
_MARK_COLOUR = (196, 48, 43)
_MARK_COVER = 0.30  # of the mark's ink
_AROUND = 5.0  # how far the mark keeps away from a value


@dataclass(frozen=True, slots=True)
class Style:
    """How a line looks.

    Attributes:
        face: A name in `fonts.FACES`.
        size: Of the font.
        anchor: Which point of the line its place is, as Pillow says it: `ls` is left end and baseline.
        ink: Its colour.
    """

    face: str
    size: float
    anchor: str = "ls"
    ink: str = "#222222"


@dataclass(frozen=True, slots=True)
class Printed:
    """A printed page: pixels (height, width, 3), RGB, and the box of each field's value."""

    pixels: NDArray[np.uint8]
    boxes: Mapping[str, Box]


class Sheet:
    """A sheet of paper."""

    def __init__(self, width: float, height: float, dpi: int, faces: Mapping[str, Path], paper: str) -> None:
        """Take a sheet.

        Args:
            width: At 150 dpi, as all lengths.
            height: The same.
            dpi: Of the pixels that come of it.
            faces: Font files.
            paper: Its colour.
        """
        self.width, self.height = width, height
        self._scale = dpi / BASE_DPI
        self._faces = faces
        self._image = Image.new("RGB", (round(width * self._scale), round(height * self._scale)), paper)
        self._draw = ImageDraw.Draw(self._image)
        self._boxes: dict[str, Box] = {}

    def text(self, x: float, y: float, text: str, style: Style) -> Box:
        """Print a line.

        Args:
            x: Of the style's anchor.
            y: The same.
            text: One line.
            style: How it looks.

        Returns:
            The box of its ink, in pixels of the page.
        """
        at, font = (x * self._scale, y * self._scale), self._font(style)
        self._draw.text(at, text, fill=style.ink, font=font, anchor=style.anchor)
        left, top, right, bottom = self._draw.textbbox(at, text, font=font, anchor=style.anchor)
        return Box(math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom))

    def field(self, name: str, x: float, y: float, value: str, style: Style) -> None:
        """Print the value of a field; called once more for its next line, or its next cell."""
        box = self.text(x, y, value, style)
        before = self._boxes.get(name, box)
        self._boxes[name] = Box(
            min(before.x0, box.x0), min(before.y0, box.y0), max(before.x1, box.x1), max(before.y1, box.y1)
        )

    def lines(self, text: str, width: float, style: Style) -> list[str]:
        """Break a text at its blanks into lines no wider than `width`; a word that is wider stands alone."""
        font, lines = self._font(style), [""]
        for word in text.split(" "):
            longer = f"{lines[-1]} {word}".strip()
            if lines[-1] and font.getlength(longer) > width * self._scale:
                lines.append(word)
            else:
                lines[-1] = longer
        return lines

    def rule(self, x0: float, y0: float, x1: float, y1: float, width: float = 1.5, ink: str = "#555") -> None:
        """Draw a straight line."""
        scale = self._scale
        self._draw.line((x0 * scale, y0 * scale, x1 * scale, y1 * scale), fill=ink, width=max(round(width * scale), 1))

    def frame(self, x0: float, y0: float, x1: float, y1: float, width: float = 2.0, ink: str = "#555") -> None:
        """Draw a rectangle."""
        scale = self._scale
        corners = (x0 * scale, y0 * scale, x1 * scale, y1 * scale)
        self._draw.rectangle(corners, outline=ink, width=max(round(width * scale), 1))

    def finish(self, mark: str, face: str) -> Printed:
        """Print the mark across the page, outside of all values, and end.

        Args:
            mark: What it says.
            face: A name in `fonts.FACES`.
        """
        pixels = np.asarray(self._image, dtype=np.float32)
        cover = np.asarray(self._mark(mark, face), dtype=np.float32) / 255 * _MARK_COVER
        around = round(_AROUND * self._scale)
        for box in self._boxes.values():
            left, top, right, bottom = (round(edge) for edge in box)
            cover[max(top - around, 0) : bottom + around, max(left - around, 0) : right + around] = 0
        colour = np.array(_MARK_COLOUR, dtype=np.float32) / 255
        marked = pixels * (1 - cover[..., None] * (1 - colour))
        return Printed((marked + 0.5).astype(np.uint8), dict(self._boxes))

    def _mark(self, mark: str, face: str) -> Image.Image:
        """Return the mark from the lower left to the upper right, and small ones above and below it."""
        width, height = self._image.size
        diagonal = math.hypot(width, height)
        layer = Image.new("L", (round(diagonal), round(diagonal)), 0)
        draw = ImageDraw.Draw(layer)
        unit = _font(str(self._faces[face]), 100).getlength(mark)
        angle = math.degrees(math.atan2(height, width))
        for shift, share in ((0.0, 0.62), (-0.22, 0.30), (0.22, 0.30)):
            font = _font(str(self._faces[face]), 100 * diagonal * share / unit)
            draw.text((diagonal / 2, diagonal * (0.5 + shift)), mark, fill=255, font=font, anchor="mm")
        turned = layer.rotate(angle, resample=Image.Resampling.BICUBIC)
        left, top = round((diagonal - width) / 2), round((diagonal - height) / 2)
        return turned.crop((left, top, left + width, top + height))

    def _font(self, style: Style) -> ImageFont.FreeTypeFont:
        return _font(str(self._faces[style.face]), style.size * self._scale)


@lru_cache(maxsize=256)
def _font(path: str, size: float) -> ImageFont.FreeTypeFont:
    # the basic layout needs no library that another machine may lack
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)

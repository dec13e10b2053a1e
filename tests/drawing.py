"""Pages drawn for a test: text, tables and pictures at known places, in the fonts that the samples use."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from ocr_project.domain.types import Box, Page
from ocr_project.engine.imaging.pixels import Pixels, encode
from ocr_project.testing import fakes

_FONTS = Path("/usr/share/fonts/truetype")
_FACES = {
    "latin": _FONTS / "dejavu/DejaVuSans.ttf",
    "bold": _FONTS / "dejavu/DejaVuSans-Bold.ttf",
    "korean": _FONTS / "nanum/NanumGothic.ttf",
}
_WORDS = re.split(
    " ",
    "the of and a river stone candle garden window letter copper winter bridge mountain paper orange silver"
    " in on for with between another public record office number section against",
)
_LEADING = 1.6  # from line to line, in sizes of the font
A5 = (874, 1240)  # pixels at 150 dpi
SIZE = 20  # of body text: 9.6 points at 150 dpi


@cache
def font(face: str = "latin", size: int = SIZE) -> ImageFont.FreeTypeFont:
    path = _FACES[face]
    if not path.is_file():
        pytest.skip(f"{path} is missing: apt-get install fonts-nanum fonts-dejavu-core")
    return ImageFont.truetype(str(path), size)


def prose(width: float, lines: int, *, size: int = SIZE, seed: int = 0) -> list[str]:
    """Return lines of words, each as long as `width` pixels allow."""
    words, found, line = random.Random(seed), [], ""
    while len(found) < lines:
        longer = f"{line} {words.choice(_WORDS)}".strip()
        if font(size=size).getlength(longer) > width:
            found.append(line)
            line = ""
        else:
            line = longer
    return found


class Sheet:
    """White paper to draw on; each thing drawn answers with the hull of its ink."""

    def __init__(self, size: tuple[int, int] = A5, paper: int = 255) -> None:
        self.image = Image.new("L", size, paper)
        self.draw = ImageDraw.Draw(self.image)

    @property
    def pixels(self) -> Pixels:
        """Shape (height, width, 3), uint8."""
        return np.asarray(self.image.convert("RGB"))

    def text(self, at: tuple[float, float], text: str, *, face: str = "latin", size: int = SIZE, ink: int = 0) -> Box:
        """Write one line whose top left corner is `at`."""
        self.draw.text(at, text, fill=ink, font=font(face, size))
        return Box(*self.draw.textbbox(at, text, font=font(face, size)))

    def lines(self, at: tuple[float, float], lines: Sequence[str], **look: Any) -> Box:
        """Write lines one below the other."""
        x, y = at
        step = _LEADING * look.get("size", SIZE)
        hull = self.text(at, lines[0], **look)
        for number, line in enumerate(lines[1:], 1):
            hull = hull.union(self.text((x, y + number * step), line, **look))
        return hull

    def prose(self, area: tuple[float, float, float], lines: int, *, size: int = SIZE, seed: int = 0) -> Box:
        """Fill `lines` lines from `area` (x0, y, x1) downwards with running text."""
        x0, y, x1 = area
        return self.lines((x0, y), prose(x1 - x0, lines, size=size, seed=seed), size=size)

    def rule(self, x0: float, y: float, x1: float, *, thick: int = 2) -> None:
        self.draw.line((x0, y, x1, y), fill=0, width=thick)

    def grid(self, xs: Sequence[int], ys: Sequence[int], *, thick: int = 2) -> Box:
        """Draw all lines of a table."""
        for y in ys:
            self.draw.line((xs[0], y, xs[-1], y), fill=0, width=thick)
        for x in xs:
            self.draw.line((x, ys[0], x, ys[-1]), fill=0, width=thick)
        return Box(xs[0], ys[0], xs[-1] + 1, ys[-1] + 1)

    def photograph(self, box: tuple[int, int, int, int], seed: int = 0) -> Box:
        """Paste something of many tones: smooth hills with a little noise."""
        x0, y0, x1, y1 = box
        across, down = np.meshgrid(np.linspace(0, 6, x1 - x0), np.linspace(0, 5, y1 - y0))
        hills = 110 + 60 * np.sin(across + seed) * np.cos(down)
        noise = np.random.default_rng(seed).normal(0, 6, hills.shape)
        self.image.paste(Image.fromarray((hills + noise).clip(0, 210).astype(np.uint8)), (x0, y0))
        return Box(x0, y0, x1, y1)

    def page(self, **changes: Any) -> Page:
        return page_of(self.pixels, **changes)


def page_of(pixels: Pixels, **changes: Any) -> Page:
    """Return a page of the given pixels, at 150 dpi."""
    height, width = pixels.shape[:2]
    values = {"image": encode(pixels), "width": width, "height": height, "dpi": 150.0, **changes}
    return fakes.page(**values)


def turned(pixels: Pixels, degrees: float, paper: int = 255) -> Pixels:
    """Return pixels turned clockwise, on as much paper as it takes."""
    image = Image.fromarray(pixels).rotate(-degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=(paper,) * 3)
    return np.asarray(image)


def overlap(one: Box, other: Box) -> float:
    """Return the share of their union that two boxes share."""
    shared = one.intersection(other)
    return shared / (one.area + other.area - shared)

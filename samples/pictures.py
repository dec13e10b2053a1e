"""Charts and seals, drawn as pixels: their words are part of the picture, and of no text layer."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

_DPI = 200
_COLOURS = ("#2f5d8a", "#c98b2b", "#6d8f5e")


def _pixels(length: float) -> int:
    """Return a length in mm as pixels."""
    return round(length * _DPI / 25.4)


def chart(spec: Mapping[str, Any], width: float, height: float, font: Path) -> bytes:
    """Draw a chart of bars or lines.

    Args:
        spec: `kind` (`bars` or `lines`), `labels` below the axis, `series` (a name to its values),
            `top` (value at the top), `step` (between grid lines), `unit` (above the axis).
        width: In mm.
        height: In mm.
        font: A TrueType file.

    Returns:
        A PNG of 64 colours at most.
    """
    image = Image.new("RGB", (_pixels(width), _pixels(height)), "#ffffff")
    draw = ImageDraw.Draw(image)
    face = ImageFont.truetype(str(font), _pixels(2.9))
    ceiling, step = float(spec["top"]), int(spec["step"])
    left, top, right, bottom = _pixels(13), _pixels(9), image.width - _pixels(3), image.height - _pixels(8)
    for value in range(0, round(ceiling) + 1, step):
        y = bottom - (bottom - top) * value / ceiling
        draw.line((left, y, right, y), fill="#555555" if value == 0 else "#d0d0d0", width=2)
        draw.text((left - _pixels(1.5), y), f"{value:,}", font=face, fill="#222222", anchor="rm")
    draw.text((left, _pixels(1)), str(spec["unit"]), font=face, fill="#222222", anchor="la")
    slot = (right - left) / len(spec["labels"])
    for place, label in enumerate(spec["labels"]):
        middle = left + slot * (place + 0.5)
        draw.text((middle, bottom + _pixels(1.5)), str(label), font=face, fill="#222222", anchor="ma")
    _legend(draw, list(spec["series"]), right, face)
    for place, values in enumerate(spec["series"].values()):
        heights = [bottom - (bottom - top) * float(value) / ceiling for value in values]
        if spec["kind"] == "bars":
            thick = slot * 0.66 / len(spec["series"])
            for slot_number, y in enumerate(heights):
                x = left + slot * (slot_number + 0.17) + thick * place
                draw.rectangle((x, y, x + thick - _pixels(0.4), bottom - 2), fill=_COLOURS[place])
        else:
            points = [(left + slot * (number + 0.5), y) for number, y in enumerate(heights)]
            draw.line(points, fill=_COLOURS[place], width=_pixels(0.5), joint="curve")
            for x, y in points:
                draw.circle((x, y), _pixels(0.8), fill=_COLOURS[place])
    return _png(image)


def _legend(draw: ImageDraw.ImageDraw, names: list[str], right: float, face: ImageFont.FreeTypeFont) -> None:
    x = right
    for place in reversed(range(len(names))):
        x -= face.getlength(names[place])
        draw.text((x, _pixels(1)), names[place], font=face, fill="#222222", anchor="la")
        x -= _pixels(4)
        draw.rectangle((x, _pixels(1.2), x + _pixels(3), _pixels(3.6)), fill=_COLOURS[place])
        x -= _pixels(4)


def seal(text: str, size: float, font: Path) -> bytes:
    """Draw a square official seal in vermilion, two columns of characters, read from the right."""
    image = Image.new("RGB", (_pixels(size), _pixels(size)), "#ffffff")
    draw = ImageDraw.Draw(image)
    edge = _pixels(size)
    draw.rectangle((1, 1, edge - 2, edge - 2), outline="#c8321e", width=_pixels(0.7))
    half = (len(text) + 1) // 2
    face = ImageFont.truetype(str(font), round(edge * 0.86 / half))
    for place, character in enumerate(text):
        x = edge * (0.72 if place < half else 0.28)
        y = edge * (0.07 + 0.86 * (place % half + 0.5) / half)
        draw.text((x, y), character, font=face, fill="#c8321e", anchor="mm")
    return _png(image)


def _png(image: Image.Image) -> bytes:
    out = BytesIO()
    image.quantize(64, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()

"""The image of a page, small enough for a report, and its regions drawn over it."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import cv2
import numpy as np
from markupsafe import Markup

from ocr_project.domain.errors import BrokenDocument
from ocr_project.domain.types import Label, Region, Status
from ocr_project.engine.imaging.pixels import decode, encode
from ocr_project.engine.reporting.markup import NOTHING, element, join

_IMAGE_WIDTH = 800  # legible when shown wide; a page of dense text takes about 85 KB in the report
_IMAGE_HEIGHT = 4000  # a long receipt
_QUALITY = 25  # of WebP: 0.05 s a page, and little more than half of JPEG with letters as clear

_COLOURS = {
    Label.TITLE: "heading",
    Label.SECTION_HEADER: "heading",
    Label.TABLE: "table",
    Label.PICTURE: "figure",
    Label.CHART: "figure",
    Label.SEAL: "figure",
    Label.FORMULA: "formula",
    Label.CODE: "formula",
    Label.FORMULA_NUMBER: "formula",
    Label.CAPTION: "note",
    Label.FOOTNOTE: "note",
    Label.PAGE_HEADER: "margin",
    Label.PAGE_FOOTER: "margin",
    Label.PAGE_NUMBER: "margin",
}


def as_data_uri(image: bytes | None) -> tuple[str, str]:
    """Return the image as a `data:` address, at most 800 px wide, or an empty string and what is wrong with it."""
    if image is None:
        return "", "the page could not be rendered, or images were not kept"
    try:
        pixels = decode(image)
    except BrokenDocument as error:
        return "", str(error)
    height, width = pixels.shape[:2]
    scale = min(_IMAGE_WIDTH / width, _IMAGE_HEIGHT / height)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    return "data:image/webp;base64," + base64.b64encode(encode(pixels, webp_quality=_QUALITY)).decode("ascii"), ""


def region_colour(region: Region) -> str:
    """Return the class of the style sheet that colours a region by its label."""
    return f"r-{_COLOURS.get(region.label, 'body')}"


def overlay(regions: Sequence[Region], width: int, height: int) -> Markup:
    """Draw regions in reading order, numbered, in the pixels of the page; the view box scales them with the image."""
    if not regions or width <= 0 or height <= 0:
        return NOTHING
    unit = width / 100  # badges and lines keep their size on paper whatever the resolution
    shapes = join(_shape(region, place, unit) for place, region in enumerate(regions, 1))
    box = {"viewBox": f"0 0 {width} {height}", "preserveAspectRatio": "none"}
    return element("svg", shapes, class_="overlay", **box, aria_hidden="true")


def _shape(region: Region, place: int, unit: float) -> Markup:
    box = region.box
    corners = region.quad or (box.x0, box.y0, box.x1, box.y0, box.x1, box.y1, box.x0, box.y1)
    path = " ".join(f"{x:.0f},{y:.0f}" for x, y in zip(corners[::2], corners[1::2], strict=True))
    title = f"{place} · {region.label} ({region.native_label}) · score {region.score:.2f}"
    if region.status != Status.OK:
        title += f" · {region.status} {region.reason}"
    high, wide = 2.4 * unit, (1.1 + 1.05 * len(str(place))) * unit
    x, y = corners[0], max(0.0, corners[1] - high)
    return element(
        "g",
        element("title", title),
        element("polygon", points=path),
        element("rect", x=round(x), y=round(y), width=wide, height=high),
        element("text", place, x=x + wide / 2, y=y + 0.78 * high, font_size=1.9 * unit),
        class_=region_colour(region) + (" failed" if region.status == Status.FAILED else ""),
    )

"""Pages whose regions can be told apart by their pixels, and a reader that tells them: for fake servers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ocr_project.domain.types import Box, Label, Page, Region
from ocr_project.engine.imaging.pixels import decode, encode
from ocr_project.testing.fakes import page

SIDE = 120  # pixels of a region: no padding


def drawn_page(number: int, regions: int = 3, doc_id: str = "d", **changes: Any) -> tuple[Page, list[Region]]:
    """Return a page as PNG with regions below one another; each holds its page's number and its own as grey levels."""
    pixels = np.full((SIDE * regions + 10, SIDE + 20, 3), 255, np.uint8)
    found = []
    for index in range(regions):
        top = 5 + SIDE * index
        pixels[top : top + SIDE, 10 : 10 + SIDE // 2] = (number // 200, number % 200, index)
        box = Box(10, top, 10 + SIDE, top + SIDE)
        found.append(Region(f"{doc_id}_{number:05d}", index, Label.TEXT, "text", box))
    height, width = pixels.shape[:2]
    values = {"image": encode(pixels), "width": width, "height": height, **changes}
    return page(number, doc_id, **values), found


def read_marks(image: bytes, prompt: str, body: Mapping[str, Any]) -> str:
    """Say which region an image shows: what `FakeVllm(read=read_marks)` answers."""
    pixels = decode(image)
    high, low, index = (int(value) for value in pixels[pixels.shape[0] // 2, 5])
    return f"page {high * 200 + low} region {index}"


def expected(regions: Sequence[Region]) -> list[str]:
    """Return what `read_marks` says of regions."""
    return [f"page {int(region.page_id[-5:])} region {region.index}" for region in regions]

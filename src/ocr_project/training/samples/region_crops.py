"""Pages with regions and words to crops with their text: what the predecessor's layout LMDBs are made of.

A word belongs to the region that covers most of it, if that is at least a share of it. Of a table whose cells are
known each cell is a crop, and the table itself is none. What is printed in a crop beside its words is filled in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ocr_project.domain.options import LayoutLmdbOptions
from ocr_project.domain.types import Box, Label, Page, Region, Status
from ocr_project.engine.imaging.inpainting import keep_only
from ocr_project.engine.imaging.pixels import Pixels, clip, crop, encode, page_pixels
from ocr_project.training.samples.words import PlacedWord, lines_of


@dataclass(frozen=True, slots=True)
class CropWithText:
    """A crop as an LMDB stores it.

    Attributes:
        image: JPEG.
        width: Pixels.
        height: Pixels.
        text: Its lines.
        filename: Of the page, and which part of it.
    """

    image: bytes
    width: int
    height: int
    text: str
    filename: str


@dataclass(frozen=True, slots=True)
class _Part:
    """A region, or a cell of one, with its words."""

    box: Box
    words: Sequence[PlacedWord]
    name: str
    region: Region | None  # where it does not lie square on the page


def words_of(page: Page) -> list[PlacedWord]:
    """Return the words of a page's text layer."""
    return [
        PlacedWord(word.text, word.box, _corners(word.box), order)
        for order, word in enumerate(page.text_layer_words)
        if word.text.strip() and word.box.area > 0
    ]


def crops_of(
    page: Page, regions: Sequence[Region], words: Sequence[PlacedWord], options: LayoutLmdbOptions
) -> Iterator[CropWithText]:
    """Yield the crops of a page in reading order; regions without words yield none.

    Args:
        page: With its image.
        regions: In reading order.
        words: In pixels of the page.
        options: Which regions are taken, and how.

    Raises:
        BrokenDocument: The page's image cannot be decoded.
    """
    parts = list(_parts(regions, words, options))
    if not parts:
        return
    pixels = page_pixels(page)
    name = page.path if page.number == 1 else f"{page.path}_p{page.number:04d}"
    for part in parts:
        cut = _cut(pixels, part, options)
        image = encode(cut, jpeg_quality=options.jpeg_quality)
        yield CropWithText(image, cut.shape[1], cut.shape[0], lines_of(part.words), f"{name}{part.name}.jpg")


def _parts(regions: Sequence[Region], words: Sequence[PlacedWord], options: LayoutLmdbOptions) -> Iterator[_Part]:
    taken = [region for region in regions if _is_taken(region, options)]
    assigned = _assigned(words, [region.box for region in taken], options.coverage)
    for number, region in enumerate(taken):
        own = assigned.get(number, [])
        cells = list(_cells(region)) if options.cells else []
        if not cells:
            turned = region if region.quad is not None else None
            yield from [_Part(region.box, own, f"_layout_{region.index:02d}", turned)] if own else []
            continue
        in_cells = _assigned(own, cells, options.cell_coverage)
        for place, found in sorted(in_cells.items()):
            cell = cells[place]
            yield _Part(cell, found, f"_cell_{cell.x0:.0f}_{cell.y0:.0f}", None)


def _is_taken(region: Region, options: LayoutLmdbOptions) -> bool:
    least = options.thresholds.get(region.native_label, options.thresholds.get(region.label, options.threshold))
    named = region.native_label in options.labels or region.label in options.labels
    return region.status is Status.OK and named and region.score >= least


def _assigned(words: Sequence[PlacedWord], boxes: Sequence[Box], least: float) -> Mapping[int, list[PlacedWord]]:
    """Return the words of each box that has any; a word is in one at most."""
    found: dict[int, list[PlacedWord]] = defaultdict(list)
    for word in words:
        shares = [word.box.intersection(box) / word.box.area for box in boxes]
        best = max(range(len(boxes)), key=shares.__getitem__, default=None)
        if best is not None and shares[best] >= least:
            found[best].append(word)
    return found


def _cells(region: Region) -> Iterator[Box]:
    """Yield the cells of a table in pixels of the page; of one that does not lie square on it there are none."""
    if region.label is not Label.TABLE or region.cells is None or region.quad is not None:
        return
    x, y = region.box.x0, region.box.y0
    for place in range(0, len(region.cells), 4):
        x0, y0, x1, y1 = region.cells[place : place + 4]
        yield Box(x + x0, y + y0, x + x1, y + y1)


def _cut(pixels: Pixels, part: _Part, options: LayoutLmdbOptions) -> Pixels:
    if part.region is not None:
        return crop(pixels, part.region)
    x0, y0, x1, y1 = clip(part.box, pixels.shape[1], pixels.shape[0])
    inside = pixels[y0:y1, x0:x1]
    if not options.inpaint:
        return inside
    return keep_only(inside, [_moved(word.corners, x0, y0) for word in part.words])


def _moved(corners: Sequence[float], x: float, y: float) -> list[float]:
    return [value - (y if place % 2 else x) for place, value in enumerate(corners)]


def _corners(box: Box) -> tuple[float, ...]:
    return (box.x0, box.y0, box.x1, box.y0, box.x1, box.y1, box.x0, box.y1)

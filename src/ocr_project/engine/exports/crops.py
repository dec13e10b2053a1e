"""Pictures and charts cut out of their pages, so that Markdown can show them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ocr_project.domain.types import Label, Page, Region
from ocr_project.engine.imaging.pixels import crop, encode, page_pixels
from ocr_project.storage.atomic import atomic_file

FOLDER = "crops"
_PICTURES = frozenset({Label.PICTURE, Label.CHART})


def crop_path(region: Region) -> str:
    """Return the path of a region's crop, relative to the exports."""
    return f"{FOLDER}/{region.page_id}_{region.index:03d}.png"


def is_picture(region: Region) -> bool:
    """Say whether a region is cut out: a picture or a chart."""
    return region.label in _PICTURES


def write_crops(folder: Path, page: Page, regions: Sequence[Region]) -> list[str]:
    """Write the pictures and charts of a page; the page is decoded only where it has any.

    Returns:
        Paths of the files, relative to `folder`.

    Raises:
        BrokenDocument: The image of the page cannot be decoded.
        StorageError: The disk is full, or the folder cannot be written to.
    """
    chosen = [region for region in regions if is_picture(region)] if page.image is not None else []
    if not chosen:
        return []
    pixels = page_pixels(page)
    for region in chosen:
        with atomic_file(folder / crop_path(region)) as file:
            file.write(encode(crop(pixels, region)))
    return [crop_path(region) for region in chosen]

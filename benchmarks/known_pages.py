"""The pages of shared/gpu/gen_pages.py with their regions, as the project's own pages, regions and shards."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

from ocr_project.domain.types import Box, Label, Page, Region, Shard, ShardInfo

SIZE = 1654, 2339  # pixels of a page
_LABELS = {
    "table": Label.TABLE,
    "image": Label.PICTURE,
    "doc_title": Label.TITLE,
    "paragraph_title": Label.SECTION_HEADER,
}


Drawn: TypeAlias = "Sequence[tuple[str, Sequence[tuple[str, Sequence[float]]]]]"  # path; label and box of each region


def drawn_pages(folder: Path) -> Drawn:
    """Return what was drawn: for each page its image's path and its regions, boxes in pixels of `SIZE`."""
    drawn: Drawn = json.loads((folder / "regions.json").read_text())
    return drawn


def known_pages(folder: Path, count: int, first: int = 0) -> Iterator[tuple[Page, list[Region]]]:
    """Yield pages and their regions; from the first again where more are wanted than there are."""
    drawn = drawn_pages(folder)
    for number in range(first, first + count):
        path, regions = drawn[number % len(drawn)]
        image = (folder / Path(path).name).read_bytes()
        page = Page(f"known_{number:05d}", "known", "known.pdf", "", number, *SIZE, 200.0, "image/jpeg", image)
        yield page, regions_on(page, regions)


def regions_on(page: Page, drawn: Sequence[tuple[str, Sequence[float]]]) -> list[Region]:
    """Return the regions that were drawn, in pixels of a page that shows them at any resolution."""
    across, down = page.width / SIZE[0], page.height / SIZE[1]
    return [
        Region(
            page.page_id,
            index,
            _LABELS.get(label, Label.TEXT),
            label,
            Box(x0 * across, y0 * down, x1 * across, y1 * down),
        )
        for index, (label, (x0, y0, x1, y1)) in enumerate(drawn)
    ]


def page_shards(folder: Path, count: int, per_shard: int, first: int = 0) -> Iterator[tuple[Shard, Shard]]:
    """Yield shards of pages, each with that of its regions."""
    pages: list[Page] = []
    regions: list[Region] = []
    for number, (page, found) in enumerate(known_pages(folder, count, first), start=1):
        pages.append(page)
        regions += found
        if number % per_shard == 0 or number == count:
            name = pages[0].page_id
            info = ShardInfo(name, f"key of {name}", f"known.pdf#{pages[0].number:05d}", len(pages))
            yield Shard(info, pages), Shard(info, regions)
            pages, regions = [], []

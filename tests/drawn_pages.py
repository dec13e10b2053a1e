"""Pages with their regions, as shared/gpu/gen_pages.py draws them, but quickly."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.known_pages import SIZE
from PIL import Image, ImageDraw

TITLE = ("doc_title", [140, 122, 1514, 200])
TEXTS = [("text", [140, 300 + 300 * place, 1514, 500 + 300 * place]) for place in range(3)]
PICTURE = ("image", [196, 1800, 1454, 2100])


def draw_pages(folder: Path, count: int) -> list[list[tuple[str, list[int]]]]:
    """Draw pages of which each has a title, a picture and, one after another, 1, 2, 3, 1, … texts."""
    folder.mkdir()
    drawn = []
    for number in range(count):
        regions = [TITLE, *TEXTS[: number % 3 + 1], PICTURE]
        page = Image.new("RGB", SIZE, "white")
        pen = ImageDraw.Draw(page)
        for label, (x0, y0, x1, y1) in regions:
            if label == "image":
                pen.rectangle((x0, y0, x1, y1), fill=(200, number, 0))
                continue
            for across in range(x0 + 10, x1 - 40, 60):  # of a region of one colour nothing is asked
                pen.rectangle((across, y0 + 15, across + 30, y1 - 15), fill="black")
        page.save(folder / f"{number:05d}.jpg", quality=80)
        drawn.append([f"/elsewhere/{number:05d}.jpg", regions])
    (folder / "regions.json").write_text(json.dumps(drawn))
    return [regions for _, regions in drawn]  # type: ignore[misc]

"""What layout alone costs: the truth's own words, put into the order of the regions that were found.

    python benchmarks/layout_order.py [--data ../shared/data] [--groups ko_law ko_gov] [--pages p010] [--scale 1.33]

No OCR runs. Each word of the truth goes to the region that holds its middle; regions are taken in reading
order, lines of a region from top to bottom, ruled tables cell by cell. The text is compared without white
space with the truth: what is left is text outside of all regions, in pictures, or in another order. Prints
errors, and the share that was in no region, by page (with --verbose), document and group, and ms per page.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import cv2
import numpy as np
from rapidfuzz.distance import Levenshtein

from ocr_project.domain.options import LayoutBackend, LayoutOptions
from ocr_project.domain.types import Box, Label, Page, Region
from ocr_project.engine.imaging.pixels import crop, decode
from ocr_project.engine.imaging.ruled_table import find_ruled_cells
from ocr_project.engine.layout import build_detector
from ocr_project.engine.metrics.normalize import normalize, strip_spaces

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
GROUPS = ("ko_law", "ko_gov", "ru_docs", "en_usgov", "en_docling")
SAME_LINE = 0.05  # inches between the middles of two words of one line
UNREAD = (Label.PICTURE, Label.CHART)

Word = tuple[Box, str]


def main() -> None:
    arguments = parse()
    detector = build_detector(LayoutOptions(backend=LayoutBackend(arguments.backend)))
    totals: dict[str, list[float]] = defaultdict(lambda: [0.0] * 5)
    for png in find_pages(arguments):
        page, scale = load(png, arguments.scale)
        start = perf_counter()
        regions = detector.detect([page])[0]
        seconds = perf_counter() - start
        words = [
            (Box(*(value * scale for value in word[:4])), word[4])
            for word in json.loads(png.with_suffix(".words.json").read_text("utf-8"))["words"]
        ]
        text, lost = assemble(words, regions, page)
        truth = strip_spaces(normalize(png.with_suffix(".gt.txt").read_text("utf-8")))
        counts = [Levenshtein.distance(strip_spaces(normalize(text)), truth), len(truth), lost, 1, seconds]
        names = [f"{png.parent.parent.name}/{png.parent.name}", png.parent.parent.name]
        if arguments.verbose:
            show(f"  {png.parent.name}/{png.stem} ({len(regions)} regions)", counts)
        for name in names:
            totals[name] = [a + b for a, b in zip(totals[name], counts, strict=True)]
    for name in sorted(totals, key=lambda name: (name.count("/") == 0, name)):
        show(name, totals[name])


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=SHARED)
    parser.add_argument("--groups", nargs="+", default=GROUPS)
    parser.add_argument("--documents", nargs="+", default=[], help="only these documents")
    parser.add_argument("--pages", nargs="+", default=[], help="only these pages (p010)")
    parser.add_argument("--backend", default="opencv", choices=[backend.value for backend in LayoutBackend])
    parser.add_argument("--scale", type=float, default=1.0, help="resize the pages first")
    parser.add_argument("--verbose", action="store_true", help="print every page")
    return parser.parse_args()


def find_pages(arguments: argparse.Namespace) -> Iterator[Path]:
    for group in arguments.groups:
        for png in sorted((arguments.data / group).glob("*/p*.png")):
            wanted = not arguments.documents or png.parent.name in arguments.documents
            if wanted and (not arguments.pages or png.stem in arguments.pages):
                yield png


def load(png: Path, scale: float) -> tuple[Page, float]:
    data = png.read_bytes()
    pixels = decode(data)
    if scale != 1.0:
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=how)
        data = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))[1].tobytes()
    height, width = pixels.shape[:2]
    name = f"{png.parent.name}/{png.stem}"
    return Page(name, name, str(png), "", 1, width, height, 150 * scale, "image/png", data), scale


def assemble(words: list[Word], regions: list[Region], page: Page) -> tuple[str, int]:
    """Return the text in the order of the regions, and the number of characters that are in none."""
    held: dict[int, list[Word]] = defaultdict(list)
    lost = 0
    for box, text in words:
        x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
        inside = [region for region in regions if holds(region, x, y)]
        if not inside:
            lost += len(text)
            continue
        best = min(inside, key=lambda region: region.box.area)
        held[best.index].append((box, text))
    parts = []
    for region in regions:
        if region.label in UNREAD:
            lost += sum(len(text) for _, text in held[region.index])
        elif region.label is Label.TABLE:
            parts.append(by_cell(held[region.index], region, page))
        else:
            parts.append(by_line(held[region.index], page.dpi))
    return "\n".join(parts), lost


def holds(region: Region, x: float, y: float) -> bool:
    box = region.box
    if region.quad is None:
        return box.x0 <= x < box.x1 and box.y0 <= y < box.y1
    return cv2.pointPolygonTest(np.asarray(region.quad, np.float32).reshape(4, 1, 2), (x, y), False) >= 0


def by_line(words: list[Word], dpi: float) -> str:
    """Join words into lines as a recognizer of one block would; heights of the truth's boxes are not to be trusted."""
    lines: list[tuple[float, list[Word]]] = []
    for box, text in sorted(words, key=lambda word: word[0].y0 + word[0].y1):
        middle = (box.y0 + box.y1) / 2
        if lines and middle - lines[-1][0] < min(SAME_LINE * dpi, 0.5 * box.height):
            lines[-1][1].append((box, text))
        else:
            lines.append((middle, [(box, text)]))
    return "\n".join(" ".join(text for _, text in sorted(members, key=lambda w: w[0].x0)) for _, members in lines)


def by_cell(words: list[Word], region: Region, page: Page) -> str:
    """Join words cell by cell, row by row."""
    if not words:
        return ""
    pixels = cv2.cvtColor(crop(decode(page.image or b""), region), cv2.COLOR_RGB2GRAY)
    cells = [cell.box for cell in find_ruled_cells(np.ascontiguousarray(pixels), page.dpi)[0]]
    held: dict[int, list[Word]] = defaultdict(list)
    for box, text in words:
        x, y = (box.x0 + box.x1) / 2 - region.box.x0, (box.y0 + box.y1) / 2 - region.box.y0
        inside = (p for p, cell in enumerate(cells) if cell[0] <= x < cell[2] and cell[1] <= y < cell[3])
        held[next(inside, -1)].append((box, text))
    return "\n".join(by_line(held[place], page.dpi) for place in [*range(len(cells)), -1])


def show(name: str, counts: list[Any]) -> None:
    errors, total, lost, pages, seconds = counts
    rate, lost_rate = 100 * errors / max(1, total), 100 * lost / max(1, total)
    milliseconds = 1000 * seconds / pages
    print(f"{name:44} {rate:6.2f} %  unread {lost_rate:6.2f} %  {int(pages):3d} pages  {milliseconds:6.0f} ms/page")


if __name__ == "__main__":
    main()

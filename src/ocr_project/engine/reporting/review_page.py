"""The review page: what is in doubt, with its image beside it, and the text of each page to correct."""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np
from markupsafe import Markup

from ocr_project.domain.corpus import Corpus
from ocr_project.domain.errors import BrokenDocument
from ocr_project.domain.types import Box, Page, Region
from ocr_project.engine.imaging.pixels import Pixels, encode, page_pixels
from ocr_project.engine.reporting.page import ahead, write_page
from ocr_project.engine.reporting.review import Doubt, PageDoubts
from ocr_project.engine.transcript.confidence import DOUBTFUL

MOST_PLACES = 12  # of one page; the others are in review.csv
_WIDEST = 760  # pixels of a crop; as wide as it is shown
_TALLEST = 420
_LEAST_HEIGHT = 48  # a smaller crop is enlarged
_LARGEST = 3.0  # times
_QUALITY = 60  # of JPEG
_AROUND = 0.6  # of a line's height: what stands above and below helps to read it
_LEAST_AROUND = 8  # pixels
_OUTLINE = (214, 69, 30)


@dataclass(frozen=True, slots=True)
class ReviewFacts:
    """What the head of the page says.

    Attributes:
        pages: Of the corpus.
        open: Pages whose recognizer does not say how sure it is.
        settled: Pages that have a reference text.
        places: In doubt, on how many `doubtful` pages.
        folder: Where corrections belong, in words.
    """

    created: str
    pages: int
    open: int
    settled: int
    places: int
    doubtful: int
    folder: str


@dataclass(frozen=True, slots=True)
class ShownDoubt:
    """A place with its crop as a `data:` address, or what is wrong with that."""

    doubt: Doubt
    image: str
    problem: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A page to be looked at.

    Attributes:
        text: What was read, as a reference text would have it.
        correction: Path of its reference text, relative to the folder of corrections.
    """

    rank: int
    page: PageDoubts
    places: Sequence[ShownDoubt]
    text: str
    correction: str

    @property
    def file(self) -> str:
        """Name of the file of the reference text."""
        return self.correction.rsplit("/", 1)[-1]

    @property
    def left_out(self) -> int:
        """Places that are not shown."""
        return len(self.page.doubts) - len(self.places)


def write_review_page(
    path: Path,
    corpus: Corpus,
    rows: Sequence[PageDoubts],
    corrections: Mapping[str, str],
    facts: ReviewFacts,
    workers: int = 1,
) -> None:
    """Write the page as one self-contained HTML file, atomically; images are read while it is written.

    Args:
        path: The file.
        corpus: Where images and texts are.
        rows: The pages to show, worst first.
        corrections: By id of a page: the path of its reference text.
        facts: What the head says.
        workers: Pages whose images are prepared at once.

    Raises:
        StorageError: The file cannot be written.
    """
    work = (partial(_shown, corpus, row, rank, corrections[row.page_id]) for rank, row in enumerate(rows, 1))
    script = (files(__package__) / "templates" / "review.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    values = {
        "title": "Review",
        "created": facts.created,
        "facts": facts,
        "shown": len(rows),
        "pages": ahead(work, workers),
        "review_script": Markup(script),
        "review_hash": f"sha256-{digest}",
        "least": whole_percent(DOUBTFUL),
        "whole_percent": whole_percent,
    }
    write_page(path, "review.html.j2", values)


def whole_percent(share: float) -> str:
    """Write a share as a percentage without digits: they would promise more than a calibration knows."""
    return f"{100 * share:.0f}\u202f%"


def _shown(corpus: Corpus, row: PageDoubts, rank: int, correction: str) -> ShownPage:
    (page,) = corpus.pages.find(row.shard, row.page_id, without=("text_layer", "text_layer_words"))
    (transcript,) = corpus.transcripts.find(row.shard, row.page_id, without=("markdown",))
    regions = {region.index: region for region in corpus.regions.find(row.shard, row.page_id)}
    return ShownPage(rank, row, list(_places(page, row, regions)), transcript.text, correction)


def _places(page: Page, row: PageDoubts, regions: Mapping[int, Region]) -> Iterator[ShownDoubt]:
    chosen = row.doubts[:MOST_PLACES]
    try:
        pixels = page_pixels(page)
    except BrokenDocument as error:
        yield from (ShownDoubt(doubt, "", str(error), 0, 0) for doubt in chosen)
        return
    for doubt in chosen:
        view = _crop(pixels, doubt, regions.get(doubt.region))
        data = base64.b64encode(encode(view, jpeg_quality=_QUALITY)).decode("ascii")
        yield ShownDoubt(doubt, f"data:image/jpeg;base64,{data}", "", view.shape[1], view.shape[0])


def _crop(pixels: Pixels, doubt: Doubt, region: Region | None) -> Pixels:
    """Cut a place out with what is around it, outlined, and turned as it is read."""
    height, width = pixels.shape[:2]
    box, around = doubt.box, max(_LEAST_AROUND, _AROUND * min(doubt.box.height, doubt.box.width))
    if doubt.region < 0:
        around = 0
    x0, y0 = max(0, int(box.x0 - around)), max(0, int(box.y0 - around))
    x1, y1 = min(width, math.ceil(box.x1 + around)), min(height, math.ceil(box.y1 + around))
    view = np.array(pixels[min(y0, height - 1) : max(y1, y0 + 1), min(x0, width - 1) : max(x1, x0 + 1)])
    shown = view.shape[::-1][1:] if _turns(region) % 2 == 0 else view.shape[:2]  # width and height, upright
    scale = min(_WIDEST / shown[0], _TALLEST / shown[1], max(1.0, _LEAST_HEIGHT / shown[1]), _LARGEST)
    size = (max(1, round(view.shape[1] * scale)), max(1, round(view.shape[0] * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    view = np.asarray(cv2.resize(view, size, interpolation=way), np.uint8)
    if doubt.region >= 0:
        _outline(view, Box(*(scale * (value - start) for value, start in zip(box, (x0, y0, x0, y0), strict=True))))
    return np.ascontiguousarray(np.rot90(view, _turns(region)))


def _outline(view: Pixels, box: Box) -> None:
    """Draw the frame of a place, a little outside of it."""
    corners = (round(box.x0) - 3, round(box.y0) - 3), (round(box.x1) + 3, round(box.y1) + 3)
    cv2.rectangle(view, *corners, _OUTLINE, 1, cv2.LINE_AA)


def _turns(region: Region | None) -> int:
    """Return the quarter turns anticlockwise that put a region upright."""
    if region is None or region.quad is None:
        return 0
    x0, y0, x1, y1 = region.quad[:4]
    return round(math.degrees(math.atan2(y1 - y0, x1 - x0)) / 90) % 4

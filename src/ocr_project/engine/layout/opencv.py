"""Classical layout analysis: ink, drawn lines, words, columns, lines of text, blocks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import cv2
import numpy as np

from ocr_project.domain.errors import DocumentError
from ocr_project.domain.options import OpenCvLayoutOptions
from ocr_project.domain.types import Identity, Page, Region, Status
from ocr_project.engine.imaging.ink import Grey, Mask, find_ink
from ocr_project.engine.imaging.orientation import (
    AskOrientation,
    OrientationModel,
    agreed_turns,
    is_upside_down,
    quarter_turns,
)
from ocr_project.engine.imaging.page_view import PageView
from ocr_project.engine.imaging.pixels import page_grey
from ocr_project.engine.imaging.preparing import prepare
from ocr_project.engine.imaging.readable_way import ReadableWay
from ocr_project.engine.imaging.skew import Small, estimate_skew, shrunk
from ocr_project.engine.imaging.words import TooBusy
from ocr_project.engine.layout.analysis import FoundRegion, analyse
from ocr_project.engine.layout.whole_page import page_region
from ocr_project.engine.models.onnx.turned import find_orientation_classifier

VERSION = "14"
# Pixels of the copy that is looked at: A4 at 150 dpi. Body text is 15 pixels high there.
_MOST_PIXELS = 2_200_000
_LEAST_SKEW = 0.15  # degrees: below that a line over the whole page rises by a quarter of its height


class OpenCvDetector:
    """Finds regions with OpenCV and NumPy; only which way up a page is, Tesseract is asked."""

    def __init__(
        self, options: OpenCvLayoutOptions, tessdata: Path | None = None, ask: AskOrientation | None = None
    ) -> None:
        """Build the detector.

        Args:
            options: Its options.
            tessdata: Folder of Tesseract's models, as `tessdata_folder` takes it.
            ask: Tells how a page is turned, alone. None: Tesseract's model in that folder, and the classifier of the
                extra `rapid` where it is installed.
        """
        self._options = options
        model = OrientationModel(tessdata)
        self._model, self._ask = model.fingerprint, ask or model.ask
        self._classifier = find_orientation_classifier() if options.turn and ask is None else None
        self._readable = ReadableWay(tessdata)

    batch_pages = 1
    workers = None

    @property
    def identity(self) -> Identity:
        settings = self._options.model_dump()
        if self._options.turn:
            settings["osd"] = self._model
        if self._classifier:
            settings["orientation"] = self._classifier.identity
            settings["readable"] = self._readable.fingerprints
        return Identity("opencv", f"{VERSION}+opencv-{cv2.__version__}", settings)

    def detect(self, pages: Sequence[Page]) -> list[list[Region]]:
        return [self._detect(page) for page in pages]

    def close(self) -> None:
        """There is nothing to stop."""

    def _detect(self, page: Page) -> list[Region]:
        if page.image is None:
            return [page_region(page)]
        start = perf_counter()
        try:
            grey = page_grey(page)
            view, found = self._look(grey, may_be_upside_down=page.text_layer is None)
        except DocumentError as error:
            return [page_region(page, Status.FAILED, error.reason, perf_counter() - start)]
        except TooBusy as busy:
            return [page_region(page, reason=f"no regions were looked for: {busy}", seconds=perf_counter() - start)]
        if not found:
            return [page_region(page, Status.EMPTY, "blank page", perf_counter() - start)]
        regions = []
        for index, item in enumerate(found):
            box, quad = view.place(item.box, grey.shape[1], grey.shape[0])
            seconds = 0.0 if index else perf_counter() - start
            cells = None if item.cells is None else view.place_cells(item.cells, box, quad)
            regions.append(
                Region(
                    page.page_id,
                    index,
                    item.label,
                    item.native,
                    box,
                    quad,
                    reason=item.reason,
                    seconds=seconds,
                    cells=cells,
                )
            )
        return regions

    def _look(self, grey: Grey, *, may_be_upside_down: bool) -> tuple[PageView, list[FoundRegion]]:
        height, width = grey.shape
        scale = min(1.0, (_MOST_PIXELS / (width * height)) ** 0.5)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        small = grey if scale == 1.0 else cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        view = PageView.scaled(size[0] / width, size[1] / height)
        small, ink = prepare(np.asarray(small, np.uint8))
        outline = shrunk(ink)
        quarters = self._quarters(small, ink, outline, may_be_upside_down) if self._options.turn else 0
        if quarters:
            view = view.turned(quarters, size[0], size[1])
            small, ink = (np.ascontiguousarray(np.rot90(pixels, quarters)) for pixels in (small, ink))
            outline = np.rot90(outline, quarters)
        if self._options.deskew:
            skew = estimate_skew(outline)
            if abs(skew) >= _LEAST_SKEW:
                view, small = view.deskewed(skew, small)
                ink = find_ink(small)
        return view, analyse(small, ink)

    def _quarters(self, small: Grey, ink: Mask, outline: Small, may_be_upside_down: bool) -> int:
        """Return the counterclockwise quarter turns that set a page upright."""
        if self._classifier:
            if not may_be_upside_down and self._classifier.ask(small)[0] not in (90, 270):
                return 0
            quarters = agreed_turns(small, ink, outline, self._classifier.ask, self._ask, self._readable.ask)
            return quarters if quarters != 2 or may_be_upside_down else 0
        quarters = quarter_turns(small, outline, self._ask)
        if not quarters and may_be_upside_down and is_upside_down(small, ink, self._ask):
            quarters = 2
        return quarters

"""`ocr_results.jsonl`: one line a page, in the layout of the GLM-OCR pipelines for SDS-KoPub-VDR.

Their readers find there what they look for (`page_id`, `page_idx`, `regions` with `label`,
`native_label`, `bbox_2d` and `content`, `markdown`, `image_crops`, `error` where a page failed): the
layout is that of `run_b200_pipeline.py` in gkswns0531/ocr_test, whose regions are the answer of the
GLM-OCR SDK. What that layout cannot say stands under names of our own, beside it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from ocr_project.domain.types import Box, Label, Page, Region, Status, Transcript
from ocr_project.engine.exports.crops import crop_path, is_picture
from ocr_project.engine.transcript.calibration import Calibration
from ocr_project.engine.transcript.confidence import LineConfidence, line_confidences, readings_confidence
from ocr_project.engine.transcript.lines import Reading
from ocr_project.engine.transcript.safe_markdown import safe_markdown

FILE = "ocr_results.jsonl"

_GRID = 1000  # the SDK's boxes are in thousandths of the page's width and height

# The SDK knows four kinds of region; its readers tell a table, a formula or a crop by them.
_KINDS = {Label.TABLE: "table", Label.FORMULA: "formula", Label.PICTURE: "image", Label.CHART: "image"}


@dataclass(frozen=True, slots=True)
class ExportEntry:
    """Where a page stands among the exports.

    Attributes:
        document: What its document is called: `page_id` is this and the page's number, as in SDS-KoPub.
        index: Position of the page in the corpus, from 0, in the order of this file.
        files: Relative to the exports, the crops of this page among them where they are there.
    """

    document: str
    index: int
    files: Collection[str]


def page_line(
    page: Page,
    readings: Sequence[Reading],
    transcript: Transcript,
    place: ExportEntry,
    calibration: Calibration | None = None,
) -> bytes:
    """Write one page as one line of JSON, UTF-8, with its line end.

    `bbox_2d` is x0, y0, x1, y1 in thousandths of the page, whole numbers; `bbox` is the same in
    pixels, rounded to a tenth. Origin top left. `confidence` is the expected share of right characters, null where
    nothing is known, of pages, regions and lines; `words` are those of a line. `doubtful` are the lines that a person
    should look at (docs/review.md).
    """
    pictures = [reading.region for reading in readings if is_picture(reading.region)]
    row: dict[str, Any] = {
        "page_id": f"{place.document}_{page.number}",
        "page_idx": place.index,
        "regions": [_region(reading, page, calibration) for reading in readings],
        "markdown": safe_markdown(transcript.markdown),
        "image_crops": [_crop(region, page, place.files) for region in pictures],
    }
    if transcript.status in (Status.FAILED, Status.SKIPPED):
        row["error"] = transcript.reason
    row |= {
        "path": page.path,
        "doc_id": page.doc_id,
        "page": page.number,
        "width": page.width,
        "height": page.height,
        "text": transcript.text,
        "confidence": _rounded(readings_confidence(readings, calibration)),
        "status": transcript.status.value,
        "reason": transcript.reason,
    }
    # A lone surrogate (a broken text layer) has no UTF-8: it is replaced, the rest of the page stays.
    return json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def _region(reading: Reading, page: Page, calibration: Calibration | None) -> dict[str, Any]:
    region, recognition = reading.region, reading.recognition
    lines = line_confidences(reading, calibration)
    return {
        "index": region.index,
        "label": _KINDS.get(region.label, "text"),
        "native_label": region.native_label,
        "bbox_2d": _thousandths(region.box, page),
        "content": recognition.text,
        "kind": region.label.value,
        "bbox": _tenths(region.box),
        "score": round(region.score, 4),
        "format": recognition.format.value,
        "status": recognition.status.value,
        "confidence": _rounded(readings_confidence([reading], calibration)),
        "lines": [_line(line) for line in lines],
        "doubtful": [place for place, line in enumerate(lines) if line.doubtful],
    }


def _line(line: LineConfidence) -> dict[str, Any]:
    words = [_rounded(share) for share in line.words]
    return {"bbox": _tenths(line.box), "confidence": _rounded(line.confidence), "words": words}


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 3)


def _tenths(box: Box) -> list[float]:
    return [round(value, 1) for value in box]


def _crop(region: Region, page: Page, files: Collection[str]) -> dict[str, Any]:
    path = crop_path(region)
    return {
        "path": path,
        "bbox": _thousandths(region.box, page),
        "label": _KINDS[region.label],
        "native_label": region.native_label,
        "index": region.index,
        "saved": path in files,
    }


def _thousandths(box: Box, page: Page) -> list[int]:
    """Scale a box to 0 to 1000; all zeros where the page failed and has no size."""
    sizes = (page.width, page.height, page.width, page.height)
    scaled = (round(_GRID * value / size) if size else 0 for value, size in zip(box, sizes, strict=True))
    return [min(max(0, value), _GRID) for value in scaled]

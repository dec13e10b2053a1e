"""`ocr_results.jsonl`: one line a page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ocr_project.domain.types import Page, Transcript
from ocr_project.engine.exports.plan import stem
from ocr_project.engine.transcript.lines import Reading

FILE = "ocr_results.jsonl"


def page_line(page: Page, readings: Sequence[Reading], transcript: Transcript) -> bytes:
    """Write one page as one line of JSON, UTF-8, with its line end.

    Boxes are x0, y0, x1, y1 in pixels of the page, origin top left, rounded to a tenth.
    """
    row = {
        "id": f"{stem(page.path)}_{page.number}",
        "doc_id": page.doc_id,
        "page_id": page.page_id,
        "page": page.number,
        "width": page.width,
        "height": page.height,
        "text": transcript.text,
        "markdown": transcript.markdown,
        "regions": [_region(reading) for reading in readings],
        "status": transcript.status.value,
        "reason": transcript.reason,
    }
    # A lone surrogate (a broken text layer) has no UTF-8: it is replaced, the rest of the page stays.
    return json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def _region(reading: Reading) -> dict[str, Any]:
    region, recognition = reading.region, reading.recognition
    return {
        "index": region.index,
        "label": region.label.value,
        "bbox": [round(value, 1) for value in region.box],
        "score": round(region.score, 4),
        "text": recognition.text,
        "format": recognition.format.value,
    }

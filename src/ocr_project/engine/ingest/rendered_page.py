"""What a reader makes of one page, and how that becomes a row."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TypeAlias

from ocr_project.domain.errors import DocumentError
from ocr_project.domain.options import IngestOptions, TextLayer
from ocr_project.domain.types import Document, Page, Status, Word


@dataclass(frozen=True, slots=True)
class Picture:
    """One page as a reader gives it: the encoded image, and the text that came with it.

    Attributes:
        dpi: Pixels per inch; 0 where unknown.
        text: Text layer; `None` where there is none or it was not asked for.
        words: Its words, in pixels of the image.
        healthy: What `text_layer.py` says of it.
        stands_in: Whether its words may be used in place of OCR, by the same.
        gaps: x0, y0, x1, y1, … of what looks like text and lies under no word, in pixels of the image.
        note: What the file holds beside its pages, and is not read; an empty string where that is nothing.
    """

    image: bytes
    media_type: str
    width: int
    height: int
    dpi: float = 0.0
    text: str | None = None
    words: tuple[Word, ...] = ()
    healthy: bool = False
    stands_in: bool = False
    gaps: tuple[float, ...] = ()
    note: str = ""


Answers: TypeAlias = Generator[Picture | DocumentError, None, None]


def to_pages(document: Document, first: int, answers: Answers, options: IngestOptions) -> Iterator[Page]:
    """Turn the answers of a reader into rows, one each, and time them.

    Args:
        document: That the pages are of.
        first: Number of the first answer's page, from 1.
        answers: A picture, or the error that says why there is none, for one page after another.
        options: Say whether a text layer stands in for OCR where it can.
    """
    number = first
    with closing(answers):  # closes the file at once, also where the rest is not read
        while True:
            started = time.perf_counter()
            answer = next(answers, None)
            if answer is None:
                return
            yield _page(document, number, answer, options, time.perf_counter() - started)
            number += 1


def _page(
    document: Document, number: int, answer: Picture | DocumentError, options: IngestOptions, seconds: float
) -> Page:
    failed = isinstance(answer, DocumentError)
    picture = Picture(b"", "", 0, 0) if isinstance(answer, DocumentError) else answer
    return Page(
        page_id=f"{document.doc_id}_{number:05d}",
        doc_id=document.doc_id,
        path=document.path,
        group=document.group,
        number=number,
        width=picture.width,
        height=picture.height,
        dpi=picture.dpi,
        media_type=picture.media_type,
        image=None if failed else picture.image,
        text_layer=picture.text,
        text_layer_words=picture.words,
        text_layer_healthy=picture.healthy,
        text_layer_preferred=picture.stands_in and options.text_layer is TextLayer.PREFER,
        text_layer_gaps=picture.gaps,
        status=Status.FAILED if failed else Status.OK,
        reason=answer.reason if isinstance(answer, DocumentError) else answer.note,
        seconds=seconds,
    )

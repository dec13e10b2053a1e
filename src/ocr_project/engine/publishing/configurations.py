"""The configurations of the dataset: their columns, and what joins them."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from ocr_project.domain.options import PublishImages
from ocr_project.engine.publishing.features import IMAGE, Column

PAGES, REGIONS, TRANSCRIPTS = "pages", "regions", "transcripts"
EMBEDDINGS, QUERIES, SCORES = "embeddings", "queries", "scores"

_BOX = pa.list_(pa.float32(), 4)
_WORDS = pa.list_(
    pa.struct([("text", pa.string()), ("box", _BOX), ("confidence", pa.float32()), ("line", pa.int32())])
)
_RELEVANT = pa.list_(pa.struct([("page_id", pa.string()), ("relevance", pa.int32())]))

_PAGE_ID = Column("page_id", pa.string(), "The page; joins all configurations.")
_PLACE = (
    Column("doc_id", pa.string(), "First 16 hexadecimal digits of the sha256 of the document's file."),
    Column("path", pa.string(), "Of the document, relative to the source."),
    Column("group", pa.string(), "First folder of the path."),
    Column("number", pa.int32(), "Of the page in its document, from 1."),
)
_OUTCOME = (
    Column("status", pa.string(), "ok, empty (nothing there), failed, or skipped (an earlier stage failed)."),
    Column("reason", pa.string(), "Why, where it is not ok."),
)
_FOUND = Column(
    "personal_data", pa.int32(), "Places where the scan found personal data; see the section of that name."
)
_IMAGE = Column("image", IMAGE, "Null where there is none, or it is withheld for personal data.")


@dataclass(frozen=True, slots=True)
class Configuration:
    """One table of the dataset.

    Attributes:
        note: What a row is.
    """

    name: str
    note: str
    columns: tuple[Column, ...]


def configurations(images: PublishImages) -> dict[str, Configuration]:
    """Return the configurations by name, in the order of the card."""
    page_image = (_IMAGE,) if images is PublishImages.PAGES else ()
    crop = (_IMAGE,) if images is PublishImages.CROPS else ()
    found = (
        Configuration(PAGES, "A page of a document.", (*_pages(), *page_image, _FOUND, *_OUTCOME)),
        Configuration(
            REGIONS, "A region of a page, and what was read in it.", (*_regions(), *crop, _FOUND, *_OUTCOME)
        ),
        Configuration(TRANSCRIPTS, "The text of a page.", _transcripts()),
        Configuration(EMBEDDINGS, "The vector of a page, a region or a question.", _embeddings()),
        Configuration(QUERIES, "A question to the corpus, and the pages that answer it.", _queries()),
        Configuration(SCORES, "Error counts of one metric on one page.", _scores()),
    )
    return {configuration.name: configuration for configuration in found}


def _pages() -> tuple[Column, ...]:
    return (
        _PAGE_ID,
        *_PLACE,
        Column("width", pa.int32(), "Pixels; 0 where the page could not be read."),
        Column("height", pa.int32(), "Pixels."),
        Column("dpi", pa.float32(), "Pixels per inch; 0 where unknown."),
        Column("media_type", pa.string(), "Of the image."),
        Column("text_layer", pa.string(), "Text of a born-digital page, in the order of the PDF."),
    )


def _regions() -> tuple[Column, ...]:
    return (
        Column("region_id", pa.string(), "`{page_id}#{index}`."),
        _PAGE_ID,
        Column("index", pa.int32(), "Place in reading order, from 0."),
        Column("label", pa.string(), "text, title, table, picture, formula, …"),
        Column("native_label", pa.string(), "The detector's own word."),
        Column("box", _BOX, "x0, y0, x1, y1 in pixels of the page, origin top left, half open."),
        Column("quad", pa.list_(pa.float32()), "Corners as the text is read, where the region is turned or skewed."),
        Column("polygon", pa.list_(pa.float32()), "Its outline, where the detector gives one."),
        Column("score", pa.float32(), "The detector's, 0 to 1."),
        Column("text", pa.string(), "What was read."),
        Column("format", pa.string(), "text, html (tables), latex (formulas) or markdown."),
        Column("words", _WORDS, "Words with their boxes in pixels of the page; none where the recognizer gives none."),
        Column("confidence", pa.float32(), "The recognizer's own, 0 to 1; null where it gives none."),
    )


def _transcripts() -> tuple[Column, ...]:
    return (
        _PAGE_ID,
        *_PLACE,
        Column("text", pa.string(), "Every line in reading order: what is scored."),
        Column("markdown", pa.string(), "Headings, paragraphs, tables: what a person reads."),
        Column("source", pa.string(), "ocr, or text_layer."),
        _FOUND,
        *_OUTCOME,
    )


def _embeddings() -> tuple[Column, ...]:
    return (
        Column("item_id", pa.string(), "A page_id, a region_id or a query_id."),
        Column("page_id", pa.string(), "The page; null for a question."),
        Column("kind", pa.string(), "page, region or query."),
        Column("modality", pa.string(), "text or image."),
        Column("vector", pa.list_(pa.float32()), "Of unit length; zeros where there was nothing to embed."),
        *_OUTCOME,
    )


def _queries() -> tuple[Column, ...]:
    return (
        Column("query_id", pa.string(), "The question; joins `embeddings` by `item_id`."),
        Column("text", pa.string(), "Its words."),
        Column("type", pa.string(), "The benchmark's own kind of question, or empty."),
        Column("domain", pa.string(), "Its field, or empty."),
        Column("relevant_pages", _RELEVANT, "Judged pages; relevance 0 is not at all, larger is better."),
    )


def _scores() -> tuple[Column, ...]:
    return (
        _PAGE_ID,
        Column("doc_id", pa.string(), "The document."),
        Column("group", pa.string(), "First folder of its path."),
        Column(
            "reference", pa.string(), "gold (written or checked by a person) or silver (the page's own text layer)."
        ),
        Column("metric", pa.string(), "cer, cer_no_space, wer, ned: 0 is perfect; word_f1: 1 is."),
        Column("numerator", pa.float64(), "Edits (word_f1: right words of both sides); add up before dividing."),
        Column("denominator", pa.float64(), "Characters or words of the reference (word_f1: of both sides)."),
        Column("errors", pa.float64(), "Old name of `numerator`; leaves with the next release."),
        Column("total", pa.float64(), "Old name of `denominator`; leaves with the next release."),
        *_OUTCOME,
    )

"""What a page is made of, and what it is read as."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Status(StrEnum):
    """How an item fared in a stage."""

    OK = "ok"
    EMPTY = "empty"  # looked at, and there was nothing there: a blank page, a crop without text
    FAILED = "failed"  # this stage could not do it; the reason says why
    SKIPPED = "skipped"  # an earlier stage failed, or an option leaves it out; the reason says which


class Label(StrEnum):
    """What a region is. Docling's names where docling has one, so that its users know them."""

    TITLE = "title"
    SECTION_HEADER = "section_header"
    TEXT = "text"
    LIST_ITEM = "list_item"
    TABLE = "table"
    PICTURE = "picture"
    CHART = "chart"
    FORMULA = "formula"
    CODE = "code"
    CAPTION = "caption"
    FOOTNOTE = "footnote"
    REFERENCE = "reference"
    DOCUMENT_INDEX = "document_index"
    PAGE_HEADER = "page_header"
    PAGE_FOOTER = "page_footer"
    PAGE_NUMBER = "page_number"  # not docling's: it counts them among the footers
    FORMULA_NUMBER = "formula_number"  # not docling's
    SEAL = "seal"  # not docling's: stamps are everywhere on Korean public documents
    PAGE = "page"  # not docling's: the whole page, where no regions were looked for or found


class Task(StrEnum):
    """What a recognizer does with a region; `domain/tasks.py` has the table by label."""

    TEXT = "text"
    TABLE = "table"
    FORMULA = "formula"
    SEAL = "seal"  # text, for models without a prompt of their own for it; so is the next one
    SPOTTING = "spotting"  # lines wherever they stand: in a picture, on a sign
    IMAGE = "image"  # kept as an image, not read
    DROP = "drop"  # neither read nor kept; its row says so


class Box(NamedTuple):
    """An axis-aligned rectangle: pixels of the page, origin top left, half open."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def area(self) -> float:
        return max(0.0, self.width) * max(0.0, self.height)

    def union(self, other: Box) -> Box:
        """Return the smallest box that holds both."""
        return Box(min(self.x0, other.x0), min(self.y0, other.y0), max(self.x1, other.x1), max(self.y1, other.y1))

    def intersection(self, other: Box) -> float:
        """Return the area that both share, in square pixels; 0 where they do not touch."""
        width = min(self.x1, other.x1) - max(self.x0, other.x0)
        height = min(self.y1, other.y1) - max(self.y0, other.y0)
        return max(0.0, width) * max(0.0, height)


@dataclass(frozen=True, slots=True)
class Document:
    """A file of the source, or what became of the attempt to read it.

    Attributes:
        doc_id: First 16 hexadecimal digits of the sha256 of the file's bytes.
        path: Relative to the source, NFC, with forward slashes.
        group: The first folder of `path`; an empty string for a file at the top.
        media_type: For example `application/pdf`; an empty string where unknown.
        pages: Number of pages; 0 where it could not be opened.
        bytes: Size of the file.
        source: Where the reader finds it again: an absolute path, or a Parquet file and rows.
        status: `skipped` is a duplicate of an earlier document, named in the reason.
    """

    doc_id: str
    path: str
    group: str
    media_type: str
    pages: int
    bytes: int
    source: str
    status: Status = Status.OK
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Word:
    """A word and where it stands.

    Attributes:
        box: Hull of the word in pixels of the page.
        confidence: 0 to 1; 1 for words of a text layer.
        line: Number of its line within the region or page, from 0.
    """

    text: str
    box: Box
    confidence: float = 1.0
    line: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """One page as an image, with the text layer that came with it.

    Attributes:
        page_id: `{doc_id}_{number:05d}`.
        number: From 1.
        image: The encoded image (JPEG or PNG), upright by EXIF; `None` where the page failed.
        width: Pixels of the image. 0 where the page failed.
        height: Pixels of the image. 0 where the page failed.
        dpi: Pixels per inch; 0 where unknown.
        text_layer: Text of a born-digital page in the order of the PDF; `None` where there is none
            or `ingest.text_layer` is `off`.
        text_layer_words: Its words, in pixels of this image.
        text_layer_healthy: Whether the layer says all that is seen, and nothing else (the rules are in
            `engine/ingest/text_layer.py`): it may be a ground truth.
        text_layer_preferred: Whether its words stand in for OCR: they can by the same rules, and `ingest.text_layer`
            is `prefer`. Words that are doubted have a confidence of 0, and are not in the `text_layer` of a layer
            that is not healthy.
        text_layer_gaps: x0, y0, x1, y1, … in pixels of this image: what looks like text, and lies under no word that
            is seen.
        given: What the image is known to be as a whole (a table's crop, a formula's): layout makes it one region
            of this label. `None`: layout looks.
        question: What is asked about the page, in the words of a test set; an empty string: it is to be read.
    """

    page_id: str
    doc_id: str
    path: str
    group: str
    number: int
    width: int
    height: int
    dpi: float
    media_type: str
    image: bytes | None
    text_layer: str | None = None
    text_layer_words: tuple[Word, ...] = ()
    text_layer_healthy: bool = False
    text_layer_preferred: bool = False
    text_layer_gaps: tuple[float, ...] = ()
    status: Status = Status.OK
    reason: str = ""
    seconds: float = 0.0
    given: Label | None = None
    question: str = ""


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a page that is read in one go. Every page has at least one, failures included.

    Attributes:
        index: Place in reading order, from 0.
        label: What the project calls it.
        native_label: What the detector called it.
        box: Hull of the region in pixels of the page.
        quad: Corners x, y of the upright region, in the order top left, top right, bottom right,
            bottom left *as the text is read*; `None` where that is `box` itself. It carries skew
            and quarter turns: the page is never rotated at rest.
        score: The detector's confidence, 0 to 1.
        polygon: Corners x, y, x, y, … of its outline, where the detector knows more than a box: what is
            outside of it belongs to other regions.
        seconds: The page's layout time, on its first region; 0 on the others, so that it adds up.
        cells: x0, y0, x1, y1, … of the cells of a table whose drawn lines the detector saw, within the lines, in
            pixels of the upright region (`engine.imaging.pixels.crop`). `None`: the recognizer looks for itself.
    """

    page_id: str
    index: int
    label: Label
    native_label: str
    box: Box
    quad: tuple[float, ...] | None = None
    score: float = 1.0
    status: Status = Status.OK
    reason: str = ""
    seconds: float = 0.0
    polygon: tuple[float, ...] | None = None
    cells: tuple[float, ...] | None = None


class TextFormat(StrEnum):
    """How the text of a recognition is written."""

    TEXT = "text"
    HTML = "html"
    LATEX = "latex"
    MARKDOWN = "markdown"


@dataclass(frozen=True, slots=True)
class Recognition:
    """What was read in a region: one for each region, same `page_id` and `index`.

    Attributes:
        text: As `format` says: plain lines, an HTML table, LaTeX.
        words: Empty where the backend gives none.
        confidence: Mean over words, 0 to 1; 0 where the backend gives none.
        attempts: How often the region was asked for; 0 where it was not read.
        seconds: Time of this region in the backend, waiting in its queue left out.
        prompt_tokens: 0 where the backend has none; `completion_tokens` too.
        finish_reason: The server's word (`stop`, `length`, …); an empty string where there is none.
    """

    page_id: str
    index: int
    text: str
    format: TextFormat = TextFormat.TEXT
    words: tuple[Word, ...] = ()
    confidence: float = 0.0
    attempts: int = 1
    seconds: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    finish_reason: str = ""
    status: Status = Status.OK
    reason: str = ""


class TextSource(StrEnum):
    """Where the text of a page is from."""

    OCR = "ocr"
    TEXT_LAYER = "text_layer"
    MIXED = "mixed"  # the text layer, and OCR of what it does not say


@dataclass(frozen=True, slots=True)
class Transcript:
    """The text of one page.

    Attributes:
        text: Every line that was read, in reading order, headers and footers included: what is scored.
        markdown: What a person reads: headings, joined paragraphs, tables; headers by option.
        source: `ocr`, `text_layer`, or `mixed`; a `TextSource`.
    """

    page_id: str
    doc_id: str
    path: str
    group: str
    number: int
    text: str
    markdown: str
    source: str = "ocr"
    status: Status = Status.OK
    reason: str = ""
    seconds: float = 0.0

"""Options of the stage ingest."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, field_validator

from ocr_project.domain.options.base import Options

OWN_DOCUMENTS = "data/01_raw/documents"  # said in parameters.yml, where DVC reads what a stage depends on


class TextLayer(StrEnum):
    """What becomes of the text layer of a born-digital PDF."""

    OFF = "off"
    REFERENCE = "reference"
    PREFER = "prefer"

    @classmethod
    def _missing_(cls, value: object) -> TextLayer | None:
        return cls.OFF if value is False else None  # what YAML makes of `off`, in a file and on the command line


class IngestOptions(Options):
    """From files to pages."""

    source: str | None = Field(
        None,
        description="Folder of PDFs and images, folder of the SDS-KoPub Parquet files, or `hf://datasets/…`."
        " None, or `data/01_raw/documents`: that folder of `data`, or the bundled samples while it is empty.",
    )
    replace: bool = Field(
        False,
        description="Let the documents of this run take the place of those of another source, whose results are then"
        " removed. Without it such a run is refused.",
    )
    include: tuple[str, ...] = Field(
        ("**/*",), description="Glob patterns of the files to take, relative to the source."
    )
    limit: int | None = Field(None, ge=1, description="Take the first N pages only. None: all.")
    dpi: int = Field(200, ge=36, le=1200, description="Resolution at which PDF pages are rendered, in dots per inch.")
    longest_side: int | None = Field(
        None,
        ge=64,
        le=20_000,
        description="Pixels along the longer side of rendered PDF pages, in place of `dpi`; scans are rendered, too."
        " olmOCR's pages have 1,288. None: `dpi` counts.",
    )
    text_layer: TextLayer = Field(
        TextLayer.REFERENCE,
        description="off: not read. reference: kept beside the page, a ground truth where it is healthy. prefer: the"
        " words that are seen stand in for OCR, and what no word says is read.",
    )
    office_text_layer: TextLayer = Field(
        TextLayer.PREFER,
        description="As `text_layer`, for HWP, HWPX and the files that LibreOffice reads: their text is exact."
        " reference: they are read by OCR, and `benchmark.silver` compares.",
    )
    office_seconds: float = Field(
        120.0, gt=0, description="An HWP or office file of which no PDF is made within that many seconds is refused."
    )
    jpeg_quality: int = Field(92, ge=50, le=100, description="JPEG quality of encoded pages that hold photographs.")
    max_pixels: int = Field(
        100_000_000, ge=1, description="Pages of more pixels than this are refused (a bomb, or a mistake)."
    )
    page_seconds: float = Field(
        120.0, gt=0, description="A PDF page that is not drawn within that many seconds is refused."
    )
    pdf_memory_gib: float = Field(
        2.0,
        gt=0,
        description="GiB that the process that reads PDFs, HWP or office files may take; what needs more is refused.",
    )
    image_memory_gib: float = Field(
        2.0, gt=0, description="GiB that decoding an image may take (pixels x channels x depth); more is refused."
    )
    shard_pages: int = Field(32, ge=1, le=100_000, description="Pages per shard, about: saved and resumed as one.")

    @field_validator("source")
    @classmethod
    def _own(cls, value: str | None) -> str | None:
        """Read the place of the user's own documents as no source: it is the data folder's, wherever that is."""
        return None if value == OWN_DOCUMENTS else value

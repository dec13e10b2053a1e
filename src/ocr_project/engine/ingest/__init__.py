"""Documents to pages: what a source is, and the two that there are.

folder.py      a folder of PDFs and images
kopub.py       the Parquet files of SDS-KoPub-VDR, local or on the Hub
selection.py   which paths `ingest.include` takes
pdf_isolated.py  PDFs read in processes of their own
pdf_worker.py  what such a process does
pdf.py         PDF pages to images
pdf_forms.py   forms and annotations of a PDF page
pdf_layers.py  which pages of a PDF have content that is not shown
pdf_text.py    the text layer of a PDF page: characters to lines and words
office.py      HWP and office files by way of PDF
office_kinds.py  which kind such a file is, and whether it is locked
hwp_isolated.py  HWP and HWPX to PDF in a process of its own
hwp_worker.py  what such a process does
hwp_text.py    the text of a page of HWP: letters from its drawing
hwp_spaces.py  the spaces between them, from the document
hwp_fonts.py   fonts under the names that rhwp asks for
libreoffice.py DOCX, PPTX, XLSX and ODF to PDF
images.py      image files to pages
deep_values.py samples of more than eight bits to eight
transparency.py what is seen of images with transparent parts
rendered_page.py what a reader makes of a page, and how it becomes a row
single_page.py one page of an image or PDF that no source lists: an item of a test set
text_layer.py  whether the text of a PDF can be trusted
partition.py   documents to shards
questions.py   queries and judgements that came with a corpus

Imported when they are asked for: the process that reads PDFs needs neither pandas nor Arrow.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ocr_project.engine.ingest.questions import read_qrels, read_queries
    from ocr_project.engine.ingest.single_page import read_single_page
    from ocr_project.engine.ingest.source import Source, ingest_identity, open_location, open_source, source_location

__all__ = [
    "Source",
    "ingest_identity",
    "open_location",
    "open_source",
    "read_qrels",
    "read_queries",
    "read_single_page",
    "source_location",
]

_FACES = {
    **dict.fromkeys(("Source", "ingest_identity", "open_location", "open_source", "source_location"), "source"),
    **dict.fromkeys(("read_qrels", "read_queries"), "questions"),
    "read_single_page": "single_page",
}


def __getattr__(name: str) -> Any:
    if name not in _FACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_FACES[name]}"), name)

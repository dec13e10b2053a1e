"""Options of the stage transcript."""

from __future__ import annotations

from pydantic import Field

from ocr_project.domain.options.base import Options


class TranscriptOptions(Options):
    """From recognitions to Markdown, and the exports beside the Parquet."""

    headers_and_footers: bool = Field(False, description="Keep running headers, footers and page numbers in Markdown.")
    markdown: bool = Field(True, description="Write a folder of `.md`, one per document.")
    jsonl: bool = Field(True, description="Write `ocr_results.jsonl`, one line per page.")
    searchable_pdf: bool = Field(True, description="Write one PDF per document with an invisible text layer.")
    save_crops: bool = Field(True, description="Write the crops of pictures and charts beside the exports.")
    text: bool = Field(False, description="Write one `.txt` per document, a form feed after each page.")
    html: bool = Field(False, description="Write one page of HTML per document.")
    hocr: bool = Field(False, description="Write hOCR per document: regions, lines and words with their places.")
    alto: bool = Field(False, description="Write ALTO XML per document: the same for libraries and archives.")
    csv: bool = Field(False, description="Write each table as CSV.")
    xlsx: bool = Field(False, description="Write the tables of a document as one Excel workbook, a sheet per table.")
    docling: bool = Field(False, description="Write docling's JSON per document; needs the extra `docling`.")
    doctags: bool = Field(False, description="Write DocTags per document; needs the extra `docling`.")

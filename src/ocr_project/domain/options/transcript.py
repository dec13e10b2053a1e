"""Options of the stage transcript."""

from __future__ import annotations

from pydantic import Field

from ocr_project.domain.options.base import Options


class TranscriptOptions(Options):
    """From recognitions to Markdown, and the exports beside the Parquet."""

    headers_and_footers: bool = Field(False, description="Keep running headers, footers and page numbers in Markdown.")
    markdown: bool = Field(True, description="Write a folder of `.md`, one a document.")
    jsonl: bool = Field(True, description="Write `ocr_results.jsonl`, one line a page.")
    searchable_pdf: bool = Field(True, description="Write a PDF a document with an invisible text layer.")

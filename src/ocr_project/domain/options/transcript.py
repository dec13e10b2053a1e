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

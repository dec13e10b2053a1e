"""What a person takes away: Markdown, JSONL, crops and searchable PDFs."""

from ocr_project.engine.exports.plan import Wanted
from ocr_project.engine.exports.writing import export_documents

__all__ = ["Wanted", "export_documents"]

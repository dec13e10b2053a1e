"""What a person takes away: Markdown, JSONL, crops and searchable PDFs."""

from ocr_project.engine.exports.writing import export_documents

__all__ = ["export_documents"]

"""What a person takes away: Markdown, JSONL, crops, searchable PDFs, text, HTML, tables, docling's documents."""

from ocr_project.engine.exports.early import export_early
from ocr_project.engine.exports.manifest import exported_files
from ocr_project.engine.exports.plan import ChosenExports
from ocr_project.engine.exports.writing import export_documents

__all__ = ["ChosenExports", "export_documents", "export_early", "exported_files"]

"""The exports of a corpus, as files to take away."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from ocr_project.cli.serve.corrections import correction_of, is_corrected
from ocr_project.cli.serve.lines import with_corrections
from ocr_project.cli.serve.results import PageEntry, Results
from ocr_project.domain.types import Document
from ocr_project.engine.exports.manifest import Manifest
from ocr_project.engine.ingest.line_corrections import read_line_corrections
from ocr_project.storage.given_text import is_given

FORMATS: Mapping[str, tuple[str, str]] = {  # the folder of the exports that has it, and how its files end
    "md": ("markdown", ".md"),
    "txt": ("text", ".txt"),
    "html": ("html", ".html"),
    "json": ("docling", ".json"),
    "csv": ("tables", ".csv"),
    "xlsx": ("tables", ".xlsx"),
    "pdf": ("pdf", ".pdf"),
}
_WITH_PICTURES = ("md", "html")
_PICTURES = "crops"
_IN_MEMORY = 8_000_000  # bytes of an archive; more goes to a file that has no name


def files_of(results: Results) -> dict[tuple[str, str], list[Path]]:
    """Return the files that a run has exported, by `doc_id` and path of their document.

    They are those that the manifest of the exports names and that lie in their folder: nothing else can be asked for.
    """
    folder = results.exports()
    if folder is None:
        return {}
    manifest = Manifest.load(folder)
    return {
        (export.doc_id, export.path): [
            folder / name for name in manifest.files(export.name) if is_given(folder / name, folder)
        ]
        for export in results.exported()
    }


def of_format(files: Iterable[Path], folder: Path, name: str, *, pictures: bool = False) -> list[Path]:
    """Return those files that are of a format.

    Args:
        files: Of one document, or of all.
        folder: Of the exports.
        name: A key of `FORMATS`.
        pictures: Whether the crops count, to which Markdown and HTML refer.
    """
    place, ending = FORMATS[name]
    places = [(place, ending), *([(_PICTURES, "")] if pictures and name in _WITH_PICTURES else [])]
    return [
        file
        for file in files
        for start, end in places
        if file.relative_to(folder).parts[0] == start and file.name.endswith(end)
    ]


def corrected_text(results: Results, document: Document, pages: Sequence[PageEntry]) -> str | None:
    """Return the text of a document as it was corrected, a form feed after each page, as in the house's text files.

    Args:
        results: Of its corpus.
        document: Of which the text is wanted.
        pages: Of it, in order.

    Returns:
        None where none of its pages was corrected.
    """
    options = results.benchmark()
    if not any(is_corrected(document, page.number, options) for page in pages):
        return None
    texts = (_text_now(results, document, page) for page in pages)
    return "".join(text.rstrip("\n") + "\n\f" for text in texts)


def _text_now(results: Results, document: Document, page: PageEntry) -> str:
    place = (document, page.number, results.benchmark())
    whole = correction_of(*place)
    if whole is not None:
        return whole
    corrections = read_line_corrections(*place)
    reading = results.page(page.page_id) if corrections else None
    if reading is None:
        return results.text(page)
    return "\n".join(line.text for line in with_corrections(reading.lines, corrections))


def archive(files: Sequence[Path], folder: Path) -> BinaryIO:
    """Put files into a ZIP; their names are relative to the folder."""
    made = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - it is read, and closed, by who sends it
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for file in files:
            target.write(file, file.relative_to(folder).as_posix())
    made.seek(0)
    return made  # type: ignore[return-value]

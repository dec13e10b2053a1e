"""What is written in the browser: reference texts of pages, and lines that were corrected alone.

Both are files beside the documents that `benchmark` and `review` read. A page of which some lines were corrected has
no reference text: the others were read by no person.
"""

from __future__ import annotations

from pathlib import Path

from ocr_project.cli.serve.lines import TextLine, corrections_with
from ocr_project.domain.errors import SourceError
from ocr_project.domain.options import BenchmarkOptions
from ocr_project.domain.outside_text import storable
from ocr_project.domain.types import Document
from ocr_project.engine.ingest.ground_truth import reference_file, reference_place
from ocr_project.engine.ingest.line_corrections import lines_place, read_line_corrections, written_lines
from ocr_project.storage.atomic import atomic_text
from ocr_project.storage.given_text import read_given


def correction_of(document: Document, number: int, options: BenchmarkOptions) -> str | None:
    """Return the reference text of a page; None where there is none.

    Raises:
        SourceError: The file is neither UTF-8 nor UTF-16.
    """
    path = reference_file(document, number, options)
    return None if path is None else read_given(path)


def is_corrected(document: Document, number: int, options: BenchmarkOptions) -> bool:
    """Say whether a person has written anything of a page."""
    place = (document, number, options)
    return reference_file(*place) is not None or bool(read_line_corrections(*place))


def correct(document: Document, number: int, options: BenchmarkOptions, text: str) -> Path:
    """Write the reference text of a page beside its document.

    Raises:
        SourceError: The folder is gone, or a link leads out of the source.
        StorageError: The file cannot be written.
    """
    path, root = reference_place(document, number, options)
    _write(path, root, storable(text.replace("\r\n", "\n").replace("\r", "\n")).rstrip("\n") + "\n")
    lines_place(document, number, options)[0].unlink(missing_ok=True)
    return path


def correct_line(document: Document, number: int, options: BenchmarkOptions, line: TextLine, text: str) -> Path:
    """Write down what one line of a page says.

    Raises:
        SourceError: The folder is gone, or a link leads out of the source.
        StorageError: The file cannot be written.
    """
    path, root = lines_place(document, number, options)
    before = read_line_corrections(document, number, options)
    _write(path, root, storable(written_lines(corrections_with(before, line, text))))
    return path


def _write(path: Path, root: Path, text: str) -> None:
    if not root.is_dir() or not path.parent.is_dir():
        raise SourceError(f"{path.parent} is not there any more: a correction belongs beside its document")
    if path.is_symlink() or not path.parent.resolve().is_relative_to(root.resolve()):
        raise SourceError(f"{path} is a symbolic link, or lies behind one that leads out of {root}: not written")
    with atomic_text(path) as file:
        file.write(text)

"""What pages really say: reference texts beside the documents, or the pages' own text layers."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

from ocr_project.domain.options import BenchmarkOptions
from ocr_project.domain.types import Document, Page, Reference
from ocr_project.storage.given_text import is_given, read_given

_SETTLED = 5.0  # seconds: file systems have times in steps of up to two


def find_references(
    documents: Mapping[str, Document], pages: Iterable[Page], options: BenchmarkOptions
) -> Iterator[Reference]:
    """Yield the reference of each page that has one, in the order of the pages.

    Args:
        documents: By `doc_id`.
        pages: Their images are not looked at.
        options: Where references lie, and whether a healthy text layer counts as a silver one.

    Raises:
        SourceError: A reference is neither UTF-8 nor UTF-16.
    """
    for page in pages:
        path = reference_file(documents[page.doc_id], page.number, options)
        if path is not None:
            yield Reference(page.page_id, read_given(path), "gold")
        elif options.silver and page.text_layer and page.text_layer_healthy and not page.text_layer_preferred:
            yield Reference(page.page_id, page.text_layer, "silver")


def references_there(documents: Iterable[Document], options: BenchmarkOptions) -> list[str] | None:
    """Return what tells the files that references are read from, from those of another time.

    All files of the folders in which references may lie: their names, sizes and times.

    Returns:
        None where that would not tell: a pattern has the page in the name of a folder, or a file was changed just now,
        so that a second change may have the same time.
    """
    if any("{page" in str(PurePosixPath(pattern).parent) for pattern in options.reference_patterns):
        return None
    found, now = [], time.time()
    for folder in sorted({folder for document in documents for folder in _folders(document, options)}):
        with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
            for entry in entries:
                state = _state(entry)
                if state is not None and abs(now - state.st_mtime) < _SETTLED:
                    return None
                found.append(f"{entry.path} {state and (state.st_size, state.st_mtime_ns, state.st_ctime_ns)}")
    return sorted(found)


def _folders(document: Document, options: BenchmarkOptions) -> Iterator[Path]:
    path = Path(document.path)
    folder = options.reference / path.parent if options.reference else Path(document.source).parent
    for pattern in options.reference_patterns:
        yield (folder / pattern.format(stem=path.stem, page=1)).parent


def _state(entry: os.DirEntry[str]) -> os.stat_result | None:
    """Return what the system says of a file; None of a link that leads nowhere."""
    try:
        return entry.stat()
    except OSError:
        return None


def reference_path(document: Document, number: int, options: BenchmarkOptions) -> str:
    """Return where a reference text of a page belongs, relative to the folder of references: for a person to write.

    Of a document of one page that is the first pattern without `{page}`, since that name is the plainer one.
    """
    path = PurePosixPath(document.path)
    patterns = options.reference_patterns
    plain = [pattern for pattern in patterns if "{page" not in pattern] if document.pages == 1 else []
    paged = [pattern for pattern in patterns if "{page" in pattern and "{stem}" in pattern]
    chosen = [*plain, *paged, *patterns][0]
    return str(path.parent / chosen.format(stem=path.stem, page=number))


def reference_file(document: Document, number: int, options: BenchmarkOptions) -> Path | None:
    """Return the file of a page's reference text; None where there is none."""
    path = Path(document.path)
    folder = options.reference / path.parent if options.reference else Path(document.source).parent
    root = options.reference or _root(document)
    for pattern in options.reference_patterns:
        if "{page" not in pattern and document.pages != 1:
            continue
        candidate = folder / pattern.format(stem=path.stem, page=number)
        if is_given(candidate, root):
            return candidate
    return None


def reference_place(document: Document, number: int, options: BenchmarkOptions) -> tuple[Path, Path]:
    """Return the file that a page's reference text is read from, or would be, and the folder that it must lie in."""
    there = reference_file(document, number, options)
    if there is None:
        place = Path(reference_path(document, number, options))
        there = options.reference / place if options.reference else Path(document.source).parent / place.name
    return there, options.reference or _root(document)


def _root(document: Document) -> Path:
    """Return the folder that a document's path starts at."""
    source = Path(document.source)
    depth = min(len(PurePosixPath(document.path).parts), len(source.parents)) - 1
    return source.parents[depth] if depth >= 0 else source

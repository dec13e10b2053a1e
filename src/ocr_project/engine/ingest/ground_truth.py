"""What pages really say: reference texts beside the documents, or the pages' own text layers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from ocr_project.domain.options import BenchmarkOptions
from ocr_project.domain.types import Document, Page, Reference
from ocr_project.storage.given_text import is_given, read_given


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

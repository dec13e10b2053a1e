"""Files of word processors, by way of PDF: what they are, who makes the PDF, and their pages.

HWP and HWPX through rhwp (extra `hwp`), DOCX, PPTX, XLSX and ODF through LibreOffice. The kind is told by the content.
Both work in a process of their own with limits of time and memory (`hwp_isolated.py`, `libreoffice.py`).
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from ocr_project.domain.errors import Away, BrokenDocument, DocumentError, EncryptedDocument
from ocr_project.domain.options import IngestOptions, TextLayer
from ocr_project.engine.ingest import hwp_isolated, libreoffice, pdf_isolated
from ocr_project.engine.ingest.hwp_text import with_own_text
from ocr_project.engine.ingest.office_kinds import HWP, HWPX, SUFFIX_OF, lock, media_type
from ocr_project.engine.ingest.rendered_page import Answers

_KEPT = 64  # documents whose PDF is kept, beside those that are being read


def count_pages(path: Path, options: IngestOptions) -> int:
    """Return the number of pages.

    Raises:
        UnsupportedMedia: The program that reads such files is not installed; the message says how.
        EncryptedDocument: It is locked.
        BrokenDocument: It cannot be read within the limits.
    """
    with _CONVERTED.pdf(path, options) as pdf:
        return pdf_isolated.count_pages(pdf, options)


def read_pages(path: Path, first: int, last: int, options: IngestOptions) -> Answers:
    """Yield what `pdf_isolated.read_pages` does. The text of a page of HWP is the document's own."""
    try:
        with _CONVERTED.pdf(path, options) as pdf:
            yield from _read(pdf, first, last, options)
    except DocumentError as error:
        for _ in range(first, last + 1):
            yield error


def _read(pdf: Path, first: int, last: int, options: IngestOptions) -> Answers:
    own = pdf.with_suffix(".json")
    if not own.exists():
        return pdf_isolated.read_pages(pdf, first, last, options)
    drawn = pdf_isolated.read_pages(pdf, first, last, options.model_copy(update={"text_layer": TextLayer.OFF}))
    return drawn if options.text_layer is TextLayer.OFF else with_own_text(drawn, own, first)


def with_office_layer(options: IngestOptions) -> IngestOptions:
    """Let `office_text_layer` stand for `text_layer`."""
    return options.model_copy(update={"text_layer": options.office_text_layer})


_Key: TypeAlias = tuple[Path, int, int]


class _Converted:
    """PDFs of documents, made once for all shards and threads of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: defaultdict[_Key, threading.Lock] = defaultdict(threading.Lock)
        self._made: dict[_Key, Path] = {}  # the one used last at the end
        self._readers: Counter[_Key] = Counter()
        self._numbers = count()

    @contextmanager
    def pdf(self, path: Path, options: IngestOptions) -> Iterator[Path]:
        """Give the PDF; it is there as long as it is read.

        Raises:
            DocumentError: There is none.
        """
        try:
            facts = path.stat()
        except OSError as error:
            raise Away(f"the file cannot be read ({error.strerror}); put it back and run again") from error
        key = (path, facts.st_mtime_ns, facts.st_size)
        with self._lock:
            self._readers[key] += 1
            lock = self._locks[key]
        try:
            with lock:
                made = self._made.get(key) or self._make(path, options)
                with self._lock:
                    self._made.pop(key, None)
                    self._made[key] = made
            yield made
        finally:
            with self._lock:
                self._readers[key] -= 1
                self._forget()

    def _make(self, path: Path, options: IngestOptions) -> Path:
        target = Path(_folder().name) / f"{next(self._numbers)}.pdf"
        try:
            _convert(path, target, options)
        except OSError as error:
            raise Away(
                f"its PDF cannot be written ({error.strerror or error}); free some space and run again"
            ) from error
        return target

    def _forget(self) -> None:
        idle = [key for key in self._made if not self._readers[key]]
        for key in idle[: max(0, len(self._made) - _KEPT)]:
            pdf = self._made.pop(key)
            pdf.unlink(missing_ok=True)
            pdf.with_suffix(".json").unlink(missing_ok=True)
        for key in [key for key, readers in self._readers.items() if not readers and key not in self._made]:
            del self._readers[key], self._locks[key]


_CONVERTED = _Converted()


@lru_cache(maxsize=1)
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="ocr_project-office-")  # gone with this process


def _convert(path: Path, target: Path, options: IngestOptions) -> None:
    kind = media_type(path)
    if kind is None:
        raise BrokenDocument("the file has changed since it was listed; run again")
    if locked := lock(path, kind):
        raise EncryptedDocument(locked)
    if kind in (HWP, HWPX):
        hwp_isolated.to_pdf(path, target, options)
    else:
        libreoffice.to_pdf(path, target, SUFFIX_OF[kind], options)

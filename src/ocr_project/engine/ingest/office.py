"""Files of word processors, by way of PDF: what they are, who makes the PDF, and their pages.

HWP and HWPX through rhwp (extra `hwp`), DOCX, PPTX, XLSX and ODF through LibreOffice. The kind is told by the content.
Both work in a process of their own with limits of time and memory (`hwp_isolated.py`, `libreoffice.py`).
"""

from __future__ import annotations

import threading
import zipfile
from functools import lru_cache
from mmap import ACCESS_READ, mmap
from pathlib import Path
from tempfile import TemporaryDirectory

from ocr_project.domain.errors import Away, BrokenDocument, DocumentError, EncryptedDocument
from ocr_project.domain.options import IngestOptions, TextLayer
from ocr_project.engine.ingest import hwp_isolated, libreoffice, pdf_isolated
from ocr_project.engine.ingest.hwp_text import with_own_text
from ocr_project.engine.ingest.rendered_page import Answers

HWP = "application/x-hwp"
HWPX = "application/hwp+zip"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
# HWP document file format 5.0, table 3: 32 bytes of signature, 4 of version, then flags; 64 bytes of a stream are
# never apart in an OLE file, so no directory has to be read.
_SIGNATURE = b"HWP Document File".ljust(32, b"\0")
_FLAGS_AT = 36
_PASSWORD, _DISTRIBUTION = 0b10, 0b100
_OOXML = "application/vnd.openxmlformats-officedocument."
_OOXML_PARTS = {
    "word/document.xml": f"{_OOXML}wordprocessingml.document",
    "ppt/presentation.xml": f"{_OOXML}presentationml.presentation",
    "xl/workbook.xml": f"{_OOXML}spreadsheetml.sheet",
}
_SUFFIXES = {
    **dict(zip(_OOXML_PARTS.values(), (".docx", ".pptx", ".xlsx"), strict=True)),
    "application/vnd.oasis.opendocument.text": ".odt",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
    "application/vnd.oasis.opendocument.presentation": ".odp",
}
_LONGEST_MIMETYPE = 100  # bytes
_LARGEST_MANIFEST = 1 << 20
_KEPT = 64  # documents whose PDF is kept: more than are read at a time


def media_type(path: Path) -> str | None:
    """Return which kind of these a file is, by its content; None where it is none."""
    with path.open("rb") as file:
        head = file.read(len(_OLE))
        if head == _OLE:
            with mmap(file.fileno(), 0, access=ACCESS_READ) as content:
                return HWP if content.find(_SIGNATURE) >= 0 else None
    return _zipped(path) if head.startswith(_ZIP) else None


def is_office(kind: str) -> bool:
    """Say whether a media type is one of those that are read here."""
    return kind in (HWP, HWPX) or kind in _SUFFIXES


def count_pages(path: Path, options: IngestOptions) -> int:
    """Return the number of pages.

    Raises:
        UnsupportedMedia: The program that reads such files is not installed; the message says how.
        EncryptedDocument: It is locked.
        BrokenDocument: It cannot be read within the limits.
    """
    return pdf_isolated.count_pages(_CONVERTED.pdf(path, options), options)


def read_pages(path: Path, first: int, last: int, options: IngestOptions) -> Answers:
    """Yield what `pdf_isolated.read_pages` does. The text of a page of HWP is the document's own."""
    try:
        pdf = _CONVERTED.pdf(path, options)
    except DocumentError as error:
        for _ in range(first, last + 1):
            yield error
        return
    own = pdf.with_suffix(".json")
    if not own.exists():
        yield from pdf_isolated.read_pages(pdf, first, last, options)
        return
    drawn = pdf_isolated.read_pages(pdf, first, last, options.model_copy(update={"text_layer": TextLayer.OFF}))
    if options.text_layer is TextLayer.OFF:
        yield from drawn
    else:
        yield from with_own_text(drawn, own, first)


def with_office_layer(options: IngestOptions) -> IngestOptions:
    """Let `office_text_layer` stand for `text_layer`."""
    return options.model_copy(update={"text_layer": options.office_text_layer})


class _Converted:
    """PDFs of documents, made once for all shards and threads of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: dict[tuple[Path, int, int], threading.Lock] = {}
        self._made: dict[tuple[Path, int, int], Path] = {}
        self._number = 0

    def pdf(self, path: Path, options: IngestOptions) -> Path:
        try:
            facts = path.stat()
        except OSError as error:
            raise Away(f"the file cannot be read ({error.strerror}); put it back and run again") from error
        key = (path, facts.st_mtime_ns, facts.st_size)
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            with self._lock:
                made = self._made.pop(key, None)
                self._number += made is None
                target = made or Path(_folder().name) / f"{self._number}.pdf"
            if made is None:
                _convert(path, target, options)
            with self._lock:
                self._made[key] = target
                self._forget()
        return target

    def _forget(self) -> None:
        while len(self._made) > _KEPT:
            oldest = next(iter(self._made))
            del self._locks[oldest]
            pdf = self._made.pop(oldest)
            pdf.unlink(missing_ok=True)
            pdf.with_suffix(".json").unlink(missing_ok=True)


_CONVERTED = _Converted()


@lru_cache(maxsize=1)
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="ocr_project-office-")  # gone with this process


def _convert(path: Path, target: Path, options: IngestOptions) -> None:
    kind = media_type(path)
    if kind in (HWP, HWPX):
        _check_locks(path, kind)
        hwp_isolated.to_pdf(path, target, options)
    elif kind is not None:
        libreoffice.to_pdf(path, target, _SUFFIXES[kind], options)
    else:
        raise BrokenDocument("the file has changed since it was listed; run again")


def _zipped(path: Path) -> str | None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if "mimetype" in names:
                with archive.open("mimetype") as file:
                    said = file.read(_LONGEST_MIMETYPE).decode("ascii", "replace").strip()
                return said if is_office(said) else None
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError):
        return None
    return next((kind for part, kind in _OOXML_PARTS.items() if part in names), None)


def _check_locks(path: Path, kind: str) -> None:
    """Refuse what its author has locked.

    Raises:
        EncryptedDocument: By a password, or as a document for distribution.
    """
    if kind == HWPX:
        locked = _PASSWORD if b"encryption-data" in _manifest(path) else 0
    else:
        with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
            locked = content[content.find(_SIGNATURE) + _FLAGS_AT]
    if locked & _PASSWORD:
        raise EncryptedDocument("the HWP file needs a password; save a copy without one")
    if locked & _DISTRIBUTION:
        raise EncryptedDocument(
            "the HWP file is locked for distribution (배포용 문서); ask its author for a copy that is not"
        )


def _manifest(path: Path) -> bytes:
    try:
        with zipfile.ZipFile(path) as archive, archive.open("META-INF/manifest.xml") as file:
            return file.read(_LARGEST_MANIFEST)
    except (KeyError, zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError):
        return b""  # many have none; what is damaged, the reader says

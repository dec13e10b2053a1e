"""A folder of PDFs and images.

The type of a file is told by its first bytes. A file of a kind that is not read has a row that says so.
"""

from __future__ import annotations

import hashlib
import os
import stat
import unicodedata
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import NoReturn

from ocr_project.domain.errors import Away, BrokenDocument, DocumentError, SourceError, UnsupportedMedia
from ocr_project.domain.options import IngestOptions
from ocr_project.domain.types import Document, Page, Status
from ocr_project.engine.ingest import images, office, office_kinds, pdf_isolated
from ocr_project.engine.ingest.rendered_page import Answers, to_pages
from ocr_project.engine.ingest.selection import Selection

SUFFIXES = frozenset(
    {
        *(".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".gif"),
        *(".avif", ".jp2", ".j2k", ".jpx", ".jpf", ".ppm", ".pgm", ".pbm", ".pnm", ".tga", ".pcx"),
    }
)
_OFFICE_SUFFIXES = frozenset({*office_kinds.SUFFIXES, ".doc", ".ppt", ".xls"})
_REFERENCE_SUFFIXES = frozenset({".txt", ".json", ".jsonl", ".csv", ".tsv", ".md", ".html", ".tex", ".xml", ".yml"})
_LEFT_BY_SYSTEMS = frozenset({"thumbs.db", "desktop.ini"})  # Windows keeps them in every folder of pictures
# Files that hold files, some of them unpacked: a PDF in one of them is not what the file is.
_CONTAINERS = (b"PK\x03\x04", b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_TAR, _TAR_AT = b"ustar", 257  # POSIX.1-1988, the field `magic`
_ID_DIGITS = 16
_PDF_HEADER_WITHIN = 1024  # bytes; PDF 1.7, appendix H, note 13


class _NotRead(UnsupportedMedia):
    """A kind of file that is left alone: the file may be as good as any."""


class FolderSource:
    """Every PDF and image below a folder, in the order of their paths."""

    def __init__(self, root: Path, options: IngestOptions, *, only: str | None = None) -> None:
        self._root = root.resolve()
        self._options = options
        self._only = only
        self._selection = Selection(options.include)
        self._verified: dict[str, tuple[int, ...]] = {}  # whose bytes are those listed, as of then

    def documents(self) -> Iterator[Document]:
        """List the documents.

        Raises:
            SourceError: There is none.
        """
        try:
            yield from self._documents()
        finally:
            pdf_isolated.release()

    def check(self) -> None:
        """Look whether there is any document; nothing is opened."""
        if not self._candidates():
            self._refuse()

    def _documents(self) -> Iterator[Document]:
        first_of: dict[str, str] = {}
        names: set[str] = set()
        candidates = self._candidates()
        named: dict[Path | None, str] = {path: name for name, path in candidates if not path.is_symlink()}
        for name, path in candidates:
            if target := named.get(_led_to(path)):
                document = replace(self._blank(name, path), status=Status.SKIPPED, reason=f"a link to {target}")
            else:
                document = self._document(name, path, names)
            names.add(name)
            if document.status is Status.OK:
                original = first_of.setdefault(document.doc_id, name)
                if original != name:
                    document = replace(document, status=Status.SKIPPED, reason=f"duplicate of {original}")
            yield document
        if not names:
            self._refuse()

    def _refuse(self) -> NoReturn:
        kinds = ", ".join(sorted(suffix[1:] for suffix in SUFFIXES))
        raise SourceError(
            f"no documents in {self._root} that match {', '.join(self._options.include)}:"
            f" put files there ({kinds}), or name another folder (kedro: --params ingest.source=/path/to/documents)"
        )

    def pages(self, document: Document, first: int, last: int) -> Iterator[Page]:
        """Yield the pages of a document."""
        options = self._options
        if office_kinds.is_office(document.media_type):
            options = office.with_office_layer(options)
        answers = _reader(document.media_type).read_pages(Path(document.source), first, last, options)
        yield from to_pages(document, first, self._of_the_listed(document, answers), options)

    def _of_the_listed(self, document: Document, answers: Answers) -> Answers:
        """Pass answers on as long as the file is the one that was listed: pages are kept under its hash."""
        with closing(answers):
            for answer in answers:
                yield self._replaced(document) or answer

    def _replaced(self, document: Document) -> Away | None:
        path = Path(document.source)
        try:
            now = path.stat()
            state = (now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns)
            if self._verified.get(document.source) != state:
                if _hash(path) != document.doc_id:
                    return Away("the file was replaced while the run was at work; run again")
                self._verified[document.source] = state
        except OSError:  # the answer says so itself
            return None
        return None

    def _candidates(self) -> list[tuple[str, Path]]:
        """Return names and paths of what looks like a document, in the order in which shards are sorted too."""
        if self._only is not None:
            return [(_name(self._root / self._only, self._root), self._root / self._only)]
        found = []
        for path in _walk(self._root):
            name = _name(path, self._root)
            if _is_candidate(path, self._root) and self._selection.takes(name):
                found.append((name, path))
        return sorted(found, key=lambda entry: (f"{entry[0]}#", os.fsencode(entry[1])))

    def _blank(self, name: str, path: Path) -> Document:
        parts = PurePosixPath(name).parts
        return Document(
            doc_id=hashlib.sha256(os.fsencode(path.relative_to(self._root))).hexdigest()[:_ID_DIGITS],
            path=name,
            group=parts[0] if len(parts) > 1 else "",
            media_type="",
            pages=0,
            bytes=0,
            source=_storable(str(path)),
        )

    def _document(self, name: str, path: Path, taken: set[str]) -> Document:
        blank = self._blank(name, path)
        try:
            _check_path(path, self._root, name in taken)
            blank = replace(blank, bytes=path.stat().st_size)
            blank = replace(blank, doc_id=_hash(path))
            blank = replace(blank, media_type=_media_type(path, blank.bytes))
            return replace(blank, pages=_reader(blank.media_type).count_pages(path, self._options))
        except UnsupportedMedia as error:
            is_fault = not isinstance(error, _NotRead) and not office_kinds.is_office(blank.media_type)
            return replace(blank, status=Status.FAILED if is_fault else Status.SKIPPED, reason=error.reason)
        except DocumentError as error:
            return replace(blank, status=Status.FAILED, reason=error.reason)
        except OSError as error:
            reason = f"broken: the file cannot be read ({error.strerror}); check its permissions"
            return replace(blank, status=Status.FAILED, reason=reason)


def holds_documents(root: Path) -> bool:
    """Say whether there is anything in a folder that looks like a document."""
    return root.is_dir() and any(_is_candidate(path, root.resolve()) for path in _walk(root.resolve()))


def sniff(path: Path) -> str | None:
    """Return the media type by the first bytes of a file, whatever its name; None where it is none of ours."""
    with path.open("rb") as file:
        head = file.read(_PDF_HEADER_WITHIN)
    if head.startswith(_CONTAINERS) or head[_TAR_AT:].startswith(_TAR):
        return None
    return pdf_isolated.MEDIA_TYPE if b"%PDF-" in head else images.media_type(head)


def _reader(media_type: str) -> ModuleType:
    if office_kinds.is_office(media_type):
        return office
    return pdf_isolated if media_type == pdf_isolated.MEDIA_TYPE else images


def _walk(root: Path) -> Iterator[Path]:
    """Yield files, links to folders, which are not followed, and folders that cannot be listed."""
    closed: list[Path] = []
    for folder, folders, files in os.walk(root, onerror=lambda error: closed.append(Path(error.filename))):
        folders[:] = [name for name in folders if not name.startswith(".")]
        linked = [name for name in folders if (Path(folder) / name).is_symlink()]
        yield from (Path(folder) / name for name in (*files, *linked))
    yield from closed


def _is_candidate(path: Path, root: Path) -> bool:
    """Whether a file has a row: all have but ground truths and notes, hidden files and what systems leave behind."""
    suffix = path.suffix.lower()
    if path.name.startswith(".") or suffix in _REFERENCE_SUFFIXES or path.name.lower() in _LEFT_BY_SYSTEMS:
        return False
    if suffix in SUFFIXES or suffix in _OFFICE_SUFFIXES or _is_closed(path):
        return True
    if path.is_symlink() and not _inside(path, root):
        return True  # a folder outside may hold any number of documents: say that it is left out
    return path.is_file()


def _is_closed(path: Path) -> bool:
    return path.is_dir() and not os.access(path, os.R_OK | os.X_OK)


def _check_path(path: Path, root: Path, taken: bool) -> None:
    """Refuse what must not be opened.

    Raises:
        BrokenDocument: A link to nothing or in a circle, or a name that cannot be written down.
        UnsupportedMedia: A link out of the source, a folder, a pipe or a device.
    """
    if taken:
        raise UnsupportedMedia("another file has the same name, composed otherwise (NFC and NFD); rename one of them")
    if _storable(str(path)) != str(path):
        raise BrokenDocument("the name of the file is not valid UTF-8; rename it")
    if path.is_symlink() and not _inside(path, root):
        if not path.exists():
            raise BrokenDocument("a symbolic link that leads nowhere; put the file itself there")
        raise UnsupportedMedia(
            "a symbolic link that leads out of the source folder is not followed; put the file itself there, or"
            " name the folder that it leads to as ingest.source"
        )
    if _is_closed(path):
        raise BrokenDocument("the folder cannot be listed; check its permissions")
    if not stat.S_ISREG(path.stat().st_mode):
        raise UnsupportedMedia("not a file but a folder, pipe or device that is named like one; rename it")


def _media_type(path: Path, size: int) -> str:
    suffix = path.suffix.lower()
    media_type = office_kinds.media_type(path) or sniff(path)
    if media_type is None and office_kinds.is_old_hwp(path):
        raise _NotRead("HWP 3, of before 2000, is not read; open it in Hancom Office and save it as HWPX or PDF")
    if media_type is None and suffix == ".tga" and size:
        return images.TARGA  # has no first bytes of its own
    if media_type is None and not (
        suffix in SUFFIXES | office_kinds.SUFFIXES or (not size and suffix in _OFFICE_SUFFIXES)
    ):
        raise _NotRead(f"{suffix or 'such'} files are not read; save it as PDF, PNG or JPEG")
    if not size:
        raise BrokenDocument("the file is empty (0 bytes); copy it again")
    if media_type is None and office_kinds.is_damaged_archive(path):
        raise BrokenDocument("a ZIP archive, as office files are, that is cut off or damaged; copy it again")
    if media_type is None:
        raise BrokenDocument(f"not a {suffix[1:].upper()}, nor another known type, by its first bytes")
    return media_type


def _name(path: Path, root: Path) -> str:
    """Relative to the root, NFC: macOS writes names in NFD, and a document should have one name everywhere."""
    return unicodedata.normalize("NFC", _storable(path.relative_to(root).as_posix()))


def _storable(name: str) -> str:
    """Replace the bytes of a name that are not UTF-8: Python keeps them as surrogates, Parquet refuses those."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _led_to(path: Path) -> Path | None:
    """Return the file that a symbolic link leads to."""
    try:
        return path.resolve(strict=True) if path.is_symlink() else None
    except (OSError, RuntimeError):
        return None


def _inside(path: Path, root: Path) -> bool:
    try:
        return path.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):  # leads nowhere, or in a circle
        return False


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:_ID_DIGITS]

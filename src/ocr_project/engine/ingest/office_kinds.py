"""Files of word processors: which kind one is, and whether it is locked. Told by the content, whatever the name."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from mmap import ACCESS_READ, mmap
from pathlib import Path

HWP = "application/x-hwp"
HWPX = "application/hwp+zip"
LOCKED = "application/vnd.openxmlformats-officedocument.encrypted"  # DOCX, PPTX or XLSX: which, the password tells
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
# HWP document file format 5.0, table 3: 32 bytes of signature, 4 of version, then flags; 64 bytes of a stream are
# never apart in an OLE file, so no directory has to be read.
_SIGNATURE = b"HWP Document File".ljust(32, b"\0")
_OLD_HWP = b"HWP Document File V"
_FLAGS_AT = slice(36, 40)
_PASSWORD, _DISTRIBUTION, _RIGHTS = 1 << 1, 1 << 2, 1 << 4 | 1 << 8 | 1 << 10  # rights: managed, or by certificate
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")  # [MS-OFFCRYPTO] 2.3.4.4
_OOXML = "application/vnd.openxmlformats-officedocument."
_OOXML_PARTS = {
    "word/document.xml": f"{_OOXML}wordprocessingml.document",
    "ppt/presentation.xml": f"{_OOXML}presentationml.presentation",
    "xl/workbook.xml": f"{_OOXML}spreadsheetml.sheet",
}
SUFFIX_OF = {
    **dict(zip(_OOXML_PARTS.values(), (".docx", ".pptx", ".xlsx"), strict=True)),
    "application/vnd.oasis.opendocument.text": ".odt",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
    "application/vnd.oasis.opendocument.presentation": ".odp",
}
SUFFIXES = frozenset({".hwp", ".hwpx", *SUFFIX_OF.values()})
_LONGEST_MIMETYPE = 100  # bytes
_LARGEST_MANIFEST = 1 << 20
# What Python's zipfile raises over damaged files; a file must never end the run.
_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError),
    *(OSError, ValueError, RuntimeError, NotImplementedError, OverflowError, MemoryError),
)


def media_type(path: Path) -> str | None:
    """Return which kind of these a file is, by its content; None where it is none."""
    with path.open("rb") as file:
        head = file.read(len(_OLE))
        if head == _OLE:
            with mmap(file.fileno(), 0, access=ACCESS_READ) as content:
                if content.find(_SIGNATURE) >= 0:
                    return HWP
                return LOCKED if content.find(_ENCRYPTED_PACKAGE) >= 0 else None
    return _zipped(path) if head.startswith(_ZIP) else None


def is_old_hwp(path: Path) -> bool:
    """Say whether a file is one of HWP 3, the format before OLE files."""
    with path.open("rb") as file:
        return file.read(len(_OLD_HWP)) == _OLD_HWP


def is_damaged_archive(path: Path) -> bool:
    """Say whether a file begins as a ZIP, which HWPX, OOXML and ODF are, and cannot be opened as one."""
    with path.open("rb") as file:
        if file.read(len(_ZIP)) != _ZIP:
            return False
    try:
        with zipfile.ZipFile(path):
            return False
    except _DAMAGED:
        return True


def is_office(kind: str) -> bool:
    """Say whether a media type is one of those that are read here."""
    return kind in (HWP, HWPX, LOCKED) or kind in SUFFIX_OF


def lock(path: Path, kind: str) -> str:
    """Return what its author has locked a file with, and what to do; an empty string where nothing.

    Args:
        path: The file.
        kind: Its `media_type`.
    """
    name, flags = "file", 0
    if kind == HWP:
        with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
            header = content[(at := content.find(_SIGNATURE)) : at + _FLAGS_AT.stop]
        flags = int.from_bytes(header[_FLAGS_AT], "little")
    elif kind == LOCKED or b"encryption-data" in (_member(path, "META-INF/manifest.xml", _LARGEST_MANIFEST) or b""):
        flags = _PASSWORD
    if kind in (HWP, HWPX):
        name = "HWP file"
    if flags & _PASSWORD:
        return f"the {name} needs a password; save a copy without one"
    if flags & _DISTRIBUTION:
        return "the HWP file is locked for distribution (배포용 문서); ask its author for a copy that is not"
    if flags & _RIGHTS:
        return "the HWP file is locked by managed rights (DRM) or a certificate; save a copy without"
    return ""


def _zipped(path: Path) -> str | None:
    said = _member(path, "mimetype", _LONGEST_MIMETYPE)
    if said is not None:
        kind = said.decode("ascii", "replace").strip()
        return kind if is_office(kind) and kind != LOCKED else None
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except _DAMAGED:
        return None
    return next((kind for part, kind in _OOXML_PARTS.items() if part in names), None)


def _member(path: Path, name: str, most: int) -> bytes | None:
    """Return the first bytes of what a ZIP holds under a name; None where there is none, or it is damaged."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(name) as file:
            return file.read(most)
    except (KeyError, *_DAMAGED):
        return None

"""A PDF that is written object by object, so that no more than one page is ever in memory.

Libraries (pikepdf among them) hold every image of a document until they save it.
Section numbers are those of PDF 1.7 (ISO 32000-1).
"""

from __future__ import annotations

import zlib
from typing import BinaryIO


class PdfFile:
    """Objects go out as they come; only their offsets are kept."""

    def __init__(self, file: BinaryIO) -> None:
        """Write the header.

        Args:
            file: Empty, open for writing; it is not closed here.
        """
        self._file = file
        self._at = 0
        self._offsets: list[int] = []
        # The second line has bytes over 127, which tell mail and FTP that this is not text (7.5.2).
        self._write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")

    def reserve(self) -> int:
        """Return the number of an object that is written later."""
        self._offsets.append(0)
        return len(self._offsets)

    def write(self, body: str, *, number: int | None = None) -> int:
        """Write an object.

        Args:
            body: PDF syntax, ASCII.
            number: From `reserve`; `None` for a new one.

        Returns:
            Its number.
        """
        return self._object(body.encode("ascii"), number)

    def write_stream(self, entries: str, data: bytes, *, number: int | None = None, deflate: bool = False) -> int:
        """Write a stream, deflated if asked for.

        Args:
            entries: Of its dictionary, without `/Length`.
            data: As it is to stand in the file, or to be deflated.
            number: From `reserve`; `None` for a new one.
        """
        if deflate:
            entries, data = f"{entries} /Filter /FlateDecode", zlib.compress(data, 6)
        head = f"<< {entries} /Length {len(data)} >>\nstream\n".encode("ascii")
        return self._object(head + data + b"\nendstream", number)

    def finish(self, root: int, info: int) -> None:
        """Write the table of offsets and the trailer (7.5.4, 7.5.5)."""
        table = self._at
        rows = "".join(f"{offset:010d} 00000 n \n" for offset in self._offsets)
        size = len(self._offsets) + 1
        self._write(f"xref\n0 {size}\n0000000000 65535 f \n{rows}".encode("ascii"))
        trailer = f"trailer\n<< /Size {size} /Root {root} 0 R /Info {info} 0 R >>\nstartxref\n{table}\n%%EOF\n"
        self._write(trailer.encode("ascii"))

    def _object(self, body: bytes, number: int | None) -> int:
        number = number or self.reserve()
        self._offsets[number - 1] = self._at
        self._write(b"%d 0 obj\n" % number + body + b"\nendobj\n")
        return number

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._at += len(data)


def text_string(text: str) -> str:
    """Write a text string as UTF-16 in hexadecimal (7.9.2.2)."""
    return f"<FEFF{text.encode('utf-16-be', 'replace').hex().upper()}>"

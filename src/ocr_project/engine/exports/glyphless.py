"""A TrueType font whose only glyph has no area: it carries text that is there to be found, not seen.

The glyph is a line there and back, not nothing: pdfium (Chrome) takes the place of a text from the outlines of its
glyphs, and leaves out what has no width on the page: words of one letter, and all that is turned. The line keeps to
the middle of its cell, since lines of text whose outlines touch are one line to pdfium.

Table layouts: Apple's TrueType Reference Manual, chapter 6, and the OpenType specification 1.9.
"""

from __future__ import annotations

import struct

UNITS = 1000  # per em
ADVANCE = 500  # of every glyph, in units: half an em
ASCENT = 1000  # a word fills its line's height, so that a selection covers what is seen
GLYPHS = 2  # 0 is what a font shows for the unknown; 1 stands for every character


def glyphless_font() -> bytes:
    """Build the font; the same bytes every time."""
    tables = {
        b"cmap": struct.pack(">HHHHI", 0, 1, 3, 1, 12) + _empty_mapping(),
        b"glyf": _line(),
        b"head": _head(0),
        b"hhea": struct.pack(">IhhhHhhhhhhhhhhhH", 0x10000, ASCENT, 0, 0, ADVANCE, *[0] * 11, 1),
        b"hmtx": struct.pack(">HhH", ADVANCE, 0, 0),
        b"loca": struct.pack(f">{GLYPHS + 1}H", 0, 0, len(_line()) // 2),
        b"maxp": struct.pack(">IH13H", 0x10000, GLYPHS, 2, 1, 0, 0, 1, *[0] * 8),
        b"post": struct.pack(">IiHHI4I", 0x30000, 0, 0, 0, 1, 0, 0, 0, 0),
    }
    total = _checksum(_assemble(tables))
    tables[b"head"] = _head((0xB1B0AFBA - total) & 0xFFFFFFFF)
    return _assemble(tables)


def _head(adjustment: int) -> bytes:
    return struct.pack(
        ">IIIIHHqqhhhhHHhhh",
        *(0x10000, 0x10000, adjustment, 0x5F0F3CF5, 0b11, UNITS),
        *(0, 0),  # created, modified: no dates, so that equal input gives equal files
        *(0, 0, ADVANCE, ASCENT),  # bounds
        *(0, 8, 2, 0, 0),  # style, least readable size, direction, short offsets, glyph format
    )


def _line() -> bytes:
    """Write a glyph of one contour of two points, from left to right through the middle of its cell."""
    bottom, top = round(0.3 * ASCENT), round(0.7 * ASCENT)
    head = struct.pack(">hhhhhHH", 1, 0, bottom, ADVANCE, top, 1, 0)
    # both on the curve; the first at the same x as the origin, each coordinate the way from the point before
    return head + struct.pack(">BBhhhx", 0x11, 0x01, ADVANCE, bottom, top - bottom)


def _empty_mapping() -> bytes:
    """Write a format 4 subtable with the closing segment only: characters are mapped by the PDF."""
    return struct.pack(">HHHHHHHHHHhH", 4, 24, 0, 2, 2, 0, 0, 0xFFFF, 0, 0xFFFF, 1, 0)


def _assemble(tables: dict[bytes, bytes]) -> bytes:
    count = len(tables)
    power = 1 << (count.bit_length() - 1)
    head = struct.pack(">IHHHH", 0x10000, count, power * 16, power.bit_length() - 1, (count - power) * 16)
    offset = len(head) + 16 * count
    entries, body = b"", b""
    for tag, data in sorted(tables.items()):
        entries += struct.pack(">4sIII", tag, _checksum(data), offset + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    return head + entries + body


def _checksum(data: bytes) -> int:
    padded = data + bytes(-len(data) % 4)
    return int(sum(value for (value,) in struct.iter_unpack(">I", padded))) & 0xFFFFFFFF

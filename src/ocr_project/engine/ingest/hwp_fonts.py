"""Fonts under other names, for rhwp.

It draws a letter only with a font of a name that it knows, Windows' and Hancom's: on a machine without these every
Hangul letter is left out, and rhwp does not say so. So the Nanum fonts are lent those names, in a folder where it
looks. Only the table `name` of a font is written anew (OpenType 1.9, "name" and "Organization of an OpenType font").
"""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping
from pathlib import Path

from ocr_project.domain.errors import UnsupportedMedia

FOLDER = "ttfs"  # in the working directory: where rhwp looks
_NANUM = Path("/usr/share/fonts/truetype/nanum")
_GOTHIC = ("Malgun Gothic", "맑은 고딕", "함초롬돋움", "돋움")
_MYEONGJO = ("HCR Batang", "함초롬바탕", "Batang", "바탕")
_STAND_INS = {
    "NanumGothic": _GOTHIC,
    "NanumGothicBold": _GOTHIC,
    "NanumMyeongjo": _MYEONGJO,
    "NanumMyeongjoBold": _MYEONGJO,
}
_LANGUAGES = (0x409, 0x412, 0x411, 0x804)  # a font has one family name a language; which, rhwp does not ask
_WINDOWS_UNICODE = (3, 1)
_FAMILY, _FULL = 1, 4
_NAMES_OF_FAMILIES = frozenset({_FAMILY, _FULL, 16})  # 16: the typographic family
_HEAD, _TABLE, _NAMES, _RECORD = ">IHHHH", ">4sIII", ">HHH", ">HHHHHH"


def offer_fonts(folder: Path, source: Path = _NANUM) -> None:
    """Write the stand-ins, once for all documents: each at last under its own name, since others may do the same.

    Args:
        folder: In it, `ttfs` is made.
        source: The Nanum fonts.

    Raises:
        UnsupportedMedia: They are not installed.
    """
    fonts = folder / FOLDER
    fonts.mkdir(exist_ok=True)
    for font, families in _STAND_INS.items():
        given, target = source / f"{font}.ttf", fonts / f"{font}.ttf"
        if target.exists():
            continue
        if not given.exists():
            raise UnsupportedMedia(f"HWP files are drawn with {given}: apt-get install fonts-nanum")
        draft = target.with_suffix(f".{os.getpid()}")
        draft.write_bytes(renamed(given.read_bytes(), dict(zip(_LANGUAGES, families, strict=True))))
        draft.replace(target)


def renamed(font: bytes, families: Mapping[int, str]) -> bytes:
    """Return a font with other family names.

    Args:
        font: TrueType or OpenType, not a collection.
        families: By Windows' number of the language.
    """
    _, tables, *_ = struct.unpack_from(_HEAD, font)
    size = struct.calcsize(_TABLE)
    for at in range(struct.calcsize(_HEAD), struct.calcsize(_HEAD) + tables * size, size):
        tag, _, offset, length = struct.unpack_from(_TABLE, font, at)
        if tag == b"name":
            break
    else:
        raise ValueError("the font has no table `name`")
    names = _names(font[offset : offset + length], families)
    whole = font.ljust(-(-len(font) // 4) * 4, b"\0")  # tables begin at multiples of four
    entry = struct.pack(_TABLE, b"name", _checksum(names), len(whole), len(names))
    return whole[:at] + entry + whole[at + size :] + names


def _names(table: bytes, families: Mapping[int, str]) -> bytes:
    _, count, strings = struct.unpack_from(_NAMES, table)
    kept: list[tuple[tuple[int, int, int, int], bytes]] = []
    for record in struct.iter_unpack(_RECORD, table[6 : 6 + count * struct.calcsize(_RECORD)]):
        *which, length, offset = record
        if which[3] not in _NAMES_OF_FAMILIES:
            text = table[strings + offset : strings + offset + length]
            kept.append(((which[0], which[1], which[2], which[3]), text))
    for language, family in families.items():
        for name in (_FAMILY, _FULL):
            kept.append(((*_WINDOWS_UNICODE, language, name), family.encode("utf-16-be")))
    kept.sort()
    records, texts = b"", b""
    for key, text in kept:
        records += struct.pack(_RECORD, *key, len(text), len(texts))
        texts += text
    return struct.pack(_NAMES, 0, len(kept), struct.calcsize(_NAMES) + len(records)) + records + texts


def _checksum(table: bytes) -> int:
    padded = table.ljust(-(-len(table) // 4) * 4, b"\0")
    numbers: tuple[int, ...] = struct.unpack(f">{len(padded) // 4}I", padded)
    return sum(numbers) & 0xFFFFFFFF

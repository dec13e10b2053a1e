"""The process in which rhwp makes a PDF of an HWP file (`hwp_isolated.py`).

Two traps are dealt with here. rhwp's wheel brings a FreeType that lacks a function which the system's has: that one
is loaded first. And rhwp draws a letter only with a font of a name that it knows, Windows' and Hancom's: on a machine
without these every Hangul letter is left out, and rhwp does not say so. So the Nanum fonts are offered under those
names, in the folder `ttfs` where it looks.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import json
import os
import pickle
from pathlib import Path
from typing import Any

from ocr_project.domain.errors import BrokenDocument, DocumentError, UnsupportedMedia
from ocr_project.engine.ingest.hwp_isolated import HwpRequest
from ocr_project.engine.ingest.hwp_text import read_drawing
from ocr_project.engine.running.worker_process import end_with_parent, open_line

_NANUM = Path("/usr/share/fonts/truetype/nanum")
_GOTHIC = ("Malgun Gothic", "맑은 고딕", "함초롬돋움", "돋움")
_MYEONGJO = ("HCR Batang", "함초롬바탕", "Batang", "바탕")
_STAND_INS = {
    "NanumGothic": _GOTHIC,
    "NanumGothicBold": _GOTHIC,
    "NanumMyeongjo": _MYEONGJO,
    "NanumMyeongjoBold": _MYEONGJO,
}
_FAMILY, _FULL, _TYPOGRAPHIC_FAMILY = 1, 4, 16  # OpenType, the table `name`
_LANGUAGES = (0x409, 0x412, 0x411, 0x804)  # a font has one family name a language; which, rhwp does not ask


def main(descriptor: int) -> None:
    """Answer one `HwpRequest` with None, or with why there is no PDF.

    Args:
        descriptor: Number of the open socket.
    """
    rhwp = _import_rhwp()
    end_with_parent()
    line = open_line(descriptor)
    try:
        request: HwpRequest = pickle.loads(line.recv_bytes())
        line.send_bytes(pickle.dumps(_answer(rhwp, request), protocol=5))
    except (EOFError, ConnectionError):
        return


def _import_rhwp() -> Any:
    if freetype := ctypes.util.find_library("freetype"):
        ctypes.CDLL(freetype, mode=ctypes.RTLD_GLOBAL)
    import rhwp

    return rhwp


def _answer(rhwp: Any, request: HwpRequest) -> DocumentError | None:
    try:
        _offer_fonts(request.target.parent)
        os.chdir(request.target.parent)
        document = rhwp.parse(str(request.path))
        request.target.write_bytes(document.render_pdf())
        pages = [read_drawing(document.render_svg(number)) for number in range(document.page_count)]
        request.target.with_suffix(".json").write_text(json.dumps(pages, ensure_ascii=False), "utf-8")
    except DocumentError as error:
        return error
    except (ValueError, OSError, RuntimeError, MemoryError) as error:
        return BrokenDocument(f"the HWP file cannot be read ({error}); repair it in Hancom Office, or save it as PDF")
    return None


def _offer_fonts(folder: Path) -> None:
    """Write the stand-ins, once for all documents: each under its own name, at last, since others may do the same."""
    from fontTools.ttLib import TTFont

    fonts = folder / "ttfs"
    fonts.mkdir(exist_ok=True)
    for font, families in _STAND_INS.items():
        source, target = _NANUM / f"{font}.ttf", fonts / f"{font}.ttf"
        if target.exists():
            continue
        if not source.exists():
            raise UnsupportedMedia(f"HWP files are drawn with {source}: apt-get install fonts-nanum")
        opened = TTFont(source)
        names = opened["name"]
        names.names = [record for record in names.names if record.nameID not in (_FAMILY, _FULL, _TYPOGRAPHIC_FAMILY)]
        for language, family in zip(_LANGUAGES, families, strict=True):
            names.setName(family, _FAMILY, 3, 1, language)
            names.setName(family, _FULL, 3, 1, language)
        draft = target.with_suffix(f".{os.getpid()}")
        opened.save(draft)
        draft.replace(target)

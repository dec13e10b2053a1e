"""The process in which rhwp makes a PDF of an HWP file (`hwp_isolated.py`).

rhwp's wheel brings a FreeType that lacks a function which the system's has: that one is loaded first.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import json
import os
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from xml.etree.ElementTree import ParseError

from ocr_project.domain.errors import BrokenDocument, DocumentError, UnsupportedMedia
from ocr_project.engine.ingest.hwp_fonts import offer_fonts
from ocr_project.engine.ingest.hwp_isolated import HwpRequest
from ocr_project.engine.ingest.hwp_spaces import OwnText
from ocr_project.engine.ingest.hwp_text import read_drawing
from ocr_project.engine.running.worker_process import end_with_parent, open_line

_STDERR = 2


def main(descriptor: int) -> None:
    """Answer one `HwpRequest` with None, or with why there is no PDF.

    Args:
        descriptor: Number of the open socket.
    """
    end_with_parent()
    line = open_line(descriptor)
    try:
        request: HwpRequest = pickle.loads(line.recv_bytes())
        with _without_messages():
            answer = _answer(request)
        line.send_bytes(pickle.dumps(answer, protocol=5))
    except (EOFError, ConnectionError):
        return


def _answer(request: HwpRequest) -> DocumentError | None:
    try:
        rhwp = _import_rhwp()
        offer_fonts(request.target.parent)
        os.chdir(request.target.parent)
        _convert(rhwp, request)
    except DocumentError as error:
        return error
    except (ValueError, OSError, RuntimeError, ArithmeticError, ParseError) as error:
        return _broken(str(error))
    except MemoryError:
        return BrokenDocument("the HWP file needs more memory than ingest.pdf_memory_gib allows; raise the limit")
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # a fault in rhwp: its class cannot be imported
            raise
        return _broken(f"rhwp panicked: {error}")
    return None


def _import_rhwp() -> Any:
    try:
        if freetype := ctypes.util.find_library("freetype"):
            ctypes.CDLL(freetype, mode=ctypes.RTLD_GLOBAL)
        import rhwp
    except (ImportError, OSError) as error:
        raise UnsupportedMedia(f"rhwp cannot be loaded ({error}): apt-get install libfreetype6") from error
    return rhwp


def _convert(rhwp: Any, request: HwpRequest) -> None:
    document = rhwp.parse(str(request.path))
    request.target.write_bytes(document.render_pdf())
    own = OwnText(json.loads(document.to_ir_json()))
    pages = [read_drawing(document.render_svg(number), own) for number in range(document.page_count)]
    request.target.with_suffix(".json").write_text(json.dumps(pages, ensure_ascii=False), "utf-8")


def _broken(why: str) -> BrokenDocument:
    return BrokenDocument(f"the HWP file cannot be read ({why}); repair it in Hancom Office, or save it as PDF")


@contextmanager
def _without_messages() -> Iterator[None]:
    """Keep rhwp's messages, Korean notes on how it reads, out of the terminal; what fails is in the answer."""
    kept = os.dup(_STDERR)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, _STDERR)
    try:
        yield
    finally:
        os.dup2(kept, _STDERR)
        os.close(nowhere)
        os.close(kept)

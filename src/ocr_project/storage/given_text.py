"""Files that came with documents: ground truths, questions. They were written elsewhere, and are not trusted."""

from __future__ import annotations

import codecs
import logging
import os
from pathlib import Path

from ocr_project.domain.errors import SourceError
from ocr_project.domain.outside_text import shown

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

_logger = logging.getLogger(__name__)


def read_given(path: Path) -> str:
    """Read a text file: UTF-8, with or without a mark at its start, or UTF-16 with one; line ends become `\\n`.

    Other encodings are not guessed: cp949 and EUC-KR, Latin-1 and cp1252 cannot be told apart by their bytes, and a
    wrong guess would be a wrong score.

    Raises:
        SourceError: It is neither, or cannot be read.
    """
    try:
        data = path.read_bytes()
        text = data.decode("utf-16" if data.startswith(_UTF_16) else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(not_utf_8(path, error)) from error
    except OSError as error:
        raise SourceError(f"{path} cannot be read ({error.strerror}); check its permissions") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def not_utf_8(path: Path, error: UnicodeDecodeError) -> str:
    """Say of a file in another encoding what to do."""
    return (
        f"{path} is not UTF-8 (byte {error.start:,}); Korean Windows writes cp949, Russian Windows cp1251: save it as"
        f" UTF-8, or convert it by `iconv -f cp949 -t utf-8 '{path}' > new.txt`, its own encoding after -f, and put"
        " that in its place"
    )


def is_given(path: Path, folder: Path) -> bool:
    """Say whether a file is there and lies in a folder: a link that leads out of it is not followed.

    Args:
        path: May be longer than a disk allows: then it is not there.
        folder: The root of what a user handed over; it may be a link itself.
    """
    try:
        if not path.is_file():
            return False
        inside = path.resolve(strict=True).is_relative_to(folder.resolve(strict=True))
    except (OSError, RuntimeError):  # the name is too long, or the link leads in a circle
        return False
    if not inside:
        _logger.warning(
            "%s is a symbolic link that leads out of %s: it is not read; put the file itself there",
            *(shown(os.fspath(path)), shown(os.fspath(folder))),
        )
    return inside

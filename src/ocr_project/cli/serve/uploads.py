"""Files that come in: counted while they come, looked at before they are kept."""

from __future__ import annotations

import filecmp
import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from ocr_project.cli.serve.shelf import file_name
from ocr_project.domain.errors import StorageError
from ocr_project.domain.options import IngestOptions
from ocr_project.domain.types import Status
from ocr_project.engine.ingest.folder import FolderSource
from ocr_project.storage.atomic import storing

_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b")
_FORM = 1_000_000  # bytes of a form beside its files
_DRAIN_BYTES, _DRAIN_SECONDS = 4_000_000_000, 20.0


class TooMuch(Exception):
    """More was sent than the limit allows."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What became of a file.

    Attributes:
        name: As it was given.
        outcome: `kept`, `there` (it was before), or why not: `nameless`, `empty`, `archive`, `refused`.
        reason: What is wrong with it, for `refused`.
    """

    name: str
    outcome: str
    reason: str = ""

    @property
    def good(self) -> bool:
        """Whether the file is in the corpus."""
        return self.outcome in ("kept", "there")


class Body:
    """The body of a request, of which no more than so many bytes are taken, and a form around them."""

    def __init__(self, request: Request, most: int) -> None:
        self._request, self._room = request, most + _FORM
        self._ended = False

    def limited(self) -> Request:
        """Return the request; reading it raises `TooMuch` where it is longer, before that where it says so."""
        announced = self._request.headers.get("content-length", "")
        if announced.isascii() and announced.isdecimal() and int(announced) > self._room:
            raise TooMuch
        return Request(self._request.scope, self._counted)

    async def drain(self) -> None:
        """Let a browser end what it is sending, unread: it shows no answer before."""
        self._room, end = _DRAIN_BYTES, time.monotonic() + _DRAIN_SECONDS
        while not self._ended and time.monotonic() < end:
            await self._counted()

    async def _counted(self) -> Message:
        message = await self._request.receive()
        if message["type"] != "http.request":
            raise ClientDisconnect
        self._ended = not message.get("more_body", False)
        self._room -= len(message.get("body", b""))
        if self._room < 0:
            raise TooMuch
        return message


def keep(folder: Path, files: Sequence[tuple[str, BinaryIO]]) -> list[Upload]:
    """Keep files in the folder of a corpus, one after the other.

    Args:
        folder: Nothing that it holds is replaced.
        files: Names as they were given, and contents.
    """
    with storing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return [_keep(folder, name, content) for name, content in files]


def _keep(folder: Path, given: str, content: BinaryIO) -> Upload:
    name = file_name(given)
    if not name:
        return Upload(given, "nameless")
    with tempfile.TemporaryDirectory(prefix=".incoming-", dir=folder) as place:
        draft = Path(place) / name
        with draft.open("xb") as file:
            shutil.copyfileobj(content, file)
        if not draft.stat().st_size:
            return Upload(given, "empty")
        if reason := _fault(draft):
            return Upload(given, "archive" if _head(draft).startswith(_ARCHIVES) else "refused", reason)
        return Upload(given, "kept" if _put(draft, folder) else "there")


def _fault(draft: Path) -> str:
    """Say why a file cannot be read; an empty string where it can. Of an image the pixels are looked at, too."""
    source = FolderSource(draft.parent, IngestOptions(), only=draft.name)
    (document,) = source.documents()
    if document.status is not Status.OK or not document.media_type.startswith("image/"):
        return document.reason
    return next(page.reason for page in source.pages(document, 1, 1))


def _put(draft: Path, folder: Path) -> bool:
    """Give a file its place, under the next free name; return False where an equal one of the name is there."""
    number = 1
    place = folder / draft.name
    while True:
        try:
            with storing(folder):
                os.link(draft, place)  # never replaces what is there
            return True
        except StorageError as error:
            if not isinstance(error.__cause__, FileExistsError):
                raise
            if place.is_file() and not place.is_symlink() and filecmp.cmp(draft, place, shallow=False):
                return False
        number += 1
        place = folder / f"{draft.stem} ({number}){draft.suffix}"


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(8)

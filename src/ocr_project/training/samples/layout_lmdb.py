"""The predecessor's layout LMDBs: crops of regions as JPEG, each with its text.

    image-%09d | img-%09d                   the crop
    gt-%09d                                 pickle: {"bboxes": …, "words": [text], "filename": …}
    label-%09d | text-%09d                  UTF-8 text, in LMDBs for recognition
    num-samples                             ASCII

Their writer counts from 0 and their trainer reads from 1 (docs/training-data.md): so the keys that are there are
listed, wherever they begin. A number that `num-samples` promises and no key has is an entry, too: a refused one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from ocr_project.domain.errors import SourceError
from ocr_project.domain.types import Status
from ocr_project.training.samples.label_pickle import LabelText, read_label
from ocr_project.training.samples.source import Entry, Found, Refused, digest_of, file_mark, found_by, page_free

_IMAGES = ("image", "img")
_LABELS = {"gt": True, "label": False, "text": False}  # whether they are pickled
_DIGITS = 9
_CROP = re.compile(r"(?:_layout_\d+|_cell_[-\d]+_[-\d]+)(?:\.\w+)?$")  # what their writer adds to the page's name
_SUFFIX = re.compile(r"\.(?:png|jpe?g|webp|bmp|tiff?)$", re.IGNORECASE)


def open_layout_lmdb(label: str, path: Path) -> LayoutLmdb:
    """Open a database for reading; it is not locked, and nothing is written.

    Args:
        label: See `SampleSource.label`.
        path: Its folder, or its file.

    Raises:
        SourceError: It is not an LMDB, or holds no image.
    """
    import lmdb

    try:
        found = lmdb.open(
            str(path), subdir=path.is_dir(), readonly=True, lock=False, readahead=False, meminit=False, max_readers=512
        )
    except lmdb.Error as error:
        raise SourceError(f"training_data.sources: {path} is not an LMDB ({error})") from error
    return LayoutLmdb(label, found, digest_of(file_mark(path / "data.mdb" if path.is_dir() else path)))


class LayoutLmdb:
    """An opened database."""

    def __init__(self, label: str, database: Any, mark: str) -> None:
        """List its keys, without touching what they hold.

        Args:
            label: See `SampleSource.label`.
            database: From `lmdb.open`.
            mark: Of its file.

        Raises:
            SourceError: It holds no image.
        """
        self.label = label
        self._database = database
        with database.begin() as transaction:
            numbers, promised = _numbers(transaction), _promised(transaction)
        if not len(numbers):
            raise SourceError(f"training_data.sources: {label} holds no key image-… or img-…")
        first = int(numbers[0])
        self.entries = _Entries(np.union1d(numbers, np.arange(first, first + promised)), mark)

    def read(self, indices: Sequence[int]) -> list[Found]:
        return [found_by(self._found, self.entries[index].value) for index in indices]

    def _found(self, number: int) -> Found:
        with self._database.begin() as transaction:
            image = _first(transaction, _IMAGES, number)
            labels = [
                (pickled, data) for name, pickled in _LABELS.items() if (data := _get(transaction, name, number))
            ]
        if image is None:
            raise Refused("no_image", f"num-samples counts it, and there is no image of number {number}")
        if not labels:
            raise Refused("no_answer", f"there is no gt-, label- or text- of number {number}", Status.EMPTY)
        pickled, data = labels[0]
        said: LabelText = read_label(data, pickled=pickled)
        return Found(image, answer=said.text, document=_document(said.filename))


class _Entries(Sequence[Entry[int]]):
    """The entries of a database, made when they are asked for: there may be a million."""

    def __init__(self, numbers: NDArray[np.int64], mark: str) -> None:
        self._numbers = numbers
        self._mark = mark

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> Entry[int]: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Entry[int]]: ...

    def __getitem__(self, index: int | slice) -> Entry[int] | Sequence[Entry[int]]:
        if isinstance(index, slice):
            return _Entries(self._numbers[index], self._mark)
        number = int(self._numbers[index])
        place = f"image-{number:0{_DIGITS}d}"
        return Entry(place, place, self._mark, number)


def _numbers(transaction: Any) -> NDArray[np.int64]:
    """Return the numbers of all images, ascending."""
    found: list[int] = []
    for name in _IMAGES:
        cursor = transaction.cursor()
        start = f"{name}-".encode()
        there = cursor.set_range(start)
        while there and (key := bytes(cursor.key())).startswith(start):
            digits = key[len(start) :]
            if digits.isdigit():
                found.append(int(digits))
            there = cursor.next()
    return np.unique(np.asarray(found, np.int64))


def _promised(transaction: Any) -> int:
    said = bytes(transaction.get(b"num-samples") or b"0")
    return int(said) if said.isdigit() and len(said) < _DIGITS else 0


def _first(transaction: Any, names: Sequence[str], number: int) -> bytes | None:
    return next((data for name in names if (data := _get(transaction, name, number))), None)


def _get(transaction: Any, name: str, number: int) -> bytes | None:
    data = transaction.get(f"{name}-{number:0{_DIGITS}d}".encode())
    return None if data is None else bytes(data)


def _document(filename: str) -> str:
    """Return the document of a crop: `a.jpg_layout_03.jpg`, `a.jpg_cell_10_20.jpg` and `a_p2.jpg` are of `a`."""
    return page_free(_SUFFIX.sub("", _CROP.sub("", filename.replace("\\", "/").rpartition("/")[2])))

"""Writing a layout LMDB as the predecessor's program did, so that its trainer, and ours, read it."""

from __future__ import annotations

import pickle
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ocr_project.domain.errors import StorageError
from ocr_project.training.samples.region_crops import CropWithText

_FIRST_SIZE = 1 << 28  # bytes of the map; it is doubled when it is full
_AT_ONCE = 1_000  # crops in one transaction
_PROTOCOL = 4
_SCHEME = {
    **{"scheme": "det", "format_version": "1", "image_ext": "jpg"},
    **{"serializer": "pickle", "bboxes_type": "ic15_flat8"},
}


def write_lmdb(folder: Path, crops: Iterable[CropWithText], first: int) -> int:
    """Write a database.

    Args:
        folder: Made; it must not be there.
        crops: In order.
        first: Number of the first key. The predecessor's writer counted from 0, its trainer reads from 1.

    Returns:
        How many crops there are.

    Raises:
        StorageError: The disk is full.
    """
    import lmdb

    folder.mkdir(parents=True)
    try:
        with lmdb.open(str(folder), map_size=_FIRST_SIZE) as database:
            waiting: list[tuple[bytes, bytes]] = [(key.encode(), value.encode()) for key, value in _SCHEME.items()]
            number = first
            for number, crop in enumerate(crops, first + 1):
                waiting += _pair(number - 1, crop)
                if len(waiting) >= 2 * _AT_ONCE:
                    _put(database, waiting)
                    waiting = []
            _put(database, [*waiting, (b"num-samples", str(number - first).encode())])
            return number - first
    except lmdb.Error as error:
        raise StorageError(f"{folder} cannot be written ({error}); is the disk full?") from error


def _pair(number: int, crop: CropWithText) -> list[tuple[bytes, bytes]]:
    width, height = float(crop.width), float(crop.height)
    box = [0.0, 0.0, width, 0.0, width, height, 0.0, height]
    label = {"bboxes": [box], "words": [crop.text], "filename": crop.filename}
    return [
        (f"image-{number:09d}".encode(), crop.image),
        (f"gt-{number:09d}".encode(), pickle.dumps(label, _PROTOCOL)),
    ]


def _put(database: Any, pairs: list[tuple[bytes, bytes]]) -> None:
    """Write pairs in one transaction; a map that is full is doubled, and they are written again."""
    import lmdb

    while True:
        try:
            with database.begin(write=True) as transaction:
                for key, value in pairs:
                    transaction.put(key, value)
            return
        except lmdb.MapFullError:
            database.set_mapsize(2 * database.info()["map_size"])

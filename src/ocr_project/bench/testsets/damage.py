"""Files of a test set that are not what its makers publish: cut, in another encoding, edited by hand."""

from __future__ import annotations

import csv
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

from ocr_project.domain.errors import OcrProjectError, SourceError

_RAISED = (
    *(OSError, ValueError, LookupError, TypeError, AttributeError, SyntaxError, RecursionError),
    *(EOFError, csv.Error, NotImplementedError, zipfile.BadZipFile, zlib.error, pa.ArrowException),
)  # by JSON, CSV, zip, literals, encodings, and by what is looked up in them
_LONGEST_MESSAGE = 200


@contextmanager
def named(place: str) -> Iterator[None]:
    """Read a file of a set; what it raises names the place.

    Args:
        place: The set, and the item of it.

    Raises:
        SourceError: It is damaged.
    """
    try:
        yield
    except OcrProjectError:
        raise
    except _RAISED as error:
        message = f"{type(error).__name__}: {error}"[:_LONGEST_MESSAGE]
        raise SourceError(
            f"testsets.sets: {place} is not as its makers publish it ({message}); get its files again, as its page in"
            " docs/testsets says"
        ) from error

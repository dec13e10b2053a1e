"""The labels of the predecessor's LMDBs: pickles of dictionaries, written by others, read without running anything.

A pickle is a program: `pickle.loads` of foreign data runs what it names. Here whatever asks for a class or a function
is refused, and honest labels (dictionaries, lists, numbers, text) need neither.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from io import BytesIO
from typing import Any, NamedTuple

from ocr_project.domain.types import Status
from ocr_project.training.samples.source import Refused

_PROTOCOL_2 = b"\x80"  # with which every pickle since 2003 begins
# What the reader raises on damaged ones: the list of `pickle.UnpicklingError`'s own documentation, and what was found
# by cutting and changing bytes.
_DAMAGE = (
    pickle.UnpicklingError,
    AttributeError,
    EOFError,
    ImportError,
    IndexError,
    KeyError,
    MemoryError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
)


class LabelText(NamedTuple):
    """What a label says.

    Attributes:
        text: Of the whole crop: words of several boxes are joined by spaces, as the predecessor's trainer does.
        filename: Of the crop; an empty string where the label does not say.
    """

    text: str
    filename: str


class _WithoutGlobals(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        raise _AsksForCode(f"{module}.{name}")

    def persistent_load(self, pid: Any) -> Any:
        raise _AsksForCode("a persistent object")


class _AsksForCode(Exception):
    """A pickle names something that would run."""


def read_label(data: bytes, *, pickled: bool) -> LabelText:
    """Read a label.

    Args:
        data: As the database has it.
        pickled: Whether its key says so: `gt-…`. Others are UTF-8 text, unless they begin as a pickle does.

    Raises:
        Refused: It would run something (`unsafe_pickle`), is damaged or says no text (`label`).
    """
    if not pickled and not data.startswith(_PROTOCOL_2):
        return LabelText(_decoded(data), "")
    try:
        found = _WithoutGlobals(BytesIO(data)).load()
    except _AsksForCode as error:
        reason = f"the label is a pickle that would load {error}: it is not opened; ask where the file comes from"
        raise Refused("unsafe_pickle", reason, Status.FAILED) from error
    except _DAMAGE as error:
        if data.startswith(_PROTOCOL_2):
            raise Refused("label", f"the label is a damaged pickle ({error})", Status.FAILED) from error
        return LabelText(_decoded(data), "")
    return _text_of(found)


def _text_of(found: object) -> LabelText:
    if isinstance(found, str):
        return LabelText(found.strip(), "")
    words = found.get("words") if isinstance(found, Mapping) else None
    if not isinstance(found, Mapping) or not isinstance(words, str | list | tuple):
        raise Refused("label", "the label is a pickle without `words`", Status.FAILED)
    parts = [words] if isinstance(words, str) else [word for word in words if isinstance(word, str)]
    filename = found.get("filename")
    return LabelText(" ".join(parts).strip(), filename if isinstance(filename, str) else "")


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise Refused(
            "label", f"the label is neither a pickle nor UTF-8 (byte {error.start})", Status.FAILED
        ) from error

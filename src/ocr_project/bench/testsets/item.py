"""One item of a test set: an image, what is asked about it, and what is known."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ocr_project.bench.testsets.card import Card
from ocr_project.domain.types import Label, Truth, TruthKind

TRUTHS_VERSION = "2"  # of what `truths_of` makes of an item: part of the key of every shard of truths
_ID_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Item:
    """One item, before its image is decoded.

    Attributes:
        index: Its place in the set, from 0.
        document: What it is a part of: items of one document are not independent.
        image: The encoded image, or the image or PDF file; `None` where it was not asked for, or is missing.
        page: Of a PDF, from 1.
        given: See `Page.given`.
        question: See `Page.question`.
        truths: What is known, by kind; the payloads are described at `Truth.payload`.
        slices: What it is counted under.
        name: What its publisher calls it, as files of answers are named; empty where that is `document`.
    """

    index: int
    document: str
    image: bytes | Path | None
    truths: tuple[tuple[TruthKind, Mapping[str, Any]], ...]
    page: int = 1
    given: Label | None = None
    question: str = ""
    slices: tuple[tuple[str, str], ...] = ()
    name: str = ""


class OpenedSet(Protocol):
    """A test set that is there. `read` may be called from several threads at once."""

    @property
    def card(self) -> Card: ...

    @property
    def fingerprint(self) -> str:
        """Return what changes whenever the files do: cheap to know, so sizes and names for images."""
        ...

    def __len__(self) -> int: ...

    def read(self, indices: Sequence[int], *, images: bool = True) -> list[Item]:
        """Read items.

        Args:
            indices: Ascending.
            images: False leaves `Item.image` empty, and unread where that is possible.

        Returns:
            One for each index, in the order given.
        """
        ...


def doc_id(name: str, item: Item) -> str:
    """Return the id of an item's document, unlike those of all other sets."""
    return hashlib.sha256(f"{name}\x1f{item.document}".encode()).hexdigest()[:_ID_DIGITS]


def page_id(name: str, item: Item) -> str:
    """Return the id of an item's page: `{doc_id}_{number:05d}`, the number being its place in the set, from 1."""
    return f"{doc_id(name, item)}_{item.index + 1:05d}"


def truths_of(name: str, item: Item) -> list[Truth]:
    """Return what is known about an item, as rows."""
    return [
        Truth(
            page_id=page_id(name, item),
            test_set=name,
            kind=kind,
            payload=json.dumps(payload, ensure_ascii=False, sort_keys=True),
            slices=item.slices,
            cluster=doc_id(name, item),
        )
        for kind, payload in item.truths
    ]

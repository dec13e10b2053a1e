"""TEDS_TEST: the second half of PubTabNet's validation split.

The name stands in GLM-OCR's report without a reference, and nothing is published under it. What is read here is what
the predecessors of this project took for it: the rows of PubTabNet's validation split from 4,000 on, in the order of
the Hub's files. Figures of the report are therefore not comparable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ocr_project.bench.testsets.card import Card
from ocr_project.bench.testsets.item import Item, OpenedSet
from ocr_project.bench.testsets.pubtabnet import reader as pubtabnet
from ocr_project.bench.testsets.teds_test.card import CARD

_FIRST = 4000


class _Rest:
    """A set without its first items."""

    card: Card = CARD

    def __init__(self, whole: OpenedSet) -> None:
        self._whole = whole
        self.fingerprint = whole.fingerprint

    def __len__(self) -> int:
        return max(0, len(self._whole) - _FIRST)

    def read(self, indices: Sequence[int], *, images: bool = True) -> list[Item]:
        found = self._whole.read([index + _FIRST for index in indices], images=images)
        return [replace(item, index=index) for index, item in zip(indices, found, strict=True)]


def open_set(root: Path) -> OpenedSet:
    """Open PubTabNet, and pass over its first rows."""
    return _Rest(pubtabnet.open_set(root))

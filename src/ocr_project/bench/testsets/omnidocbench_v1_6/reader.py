"""OmniDocBench v1.6, read as v1.5 is: the files have the same form."""

from __future__ import annotations

from pathlib import Path

from ocr_project.bench.testsets.item import OpenedSet
from ocr_project.bench.testsets.omnidocbench_v1_5.reader import open_pages
from ocr_project.bench.testsets.omnidocbench_v1_6.card import CARD


def open_set(root: Path) -> OpenedSet:
    """Open the annotations and the images beside them."""
    return open_pages(CARD, root)

"""SDS-KoPub-VDR: 600 questions to 40,781 pages of Korean public documents, scored by retrieval.

A corpus with questions is what the main job is for: `ingest` reads this one, and its benchmark ranks the pages for
each question. There is nothing that the lane of the test sets could add, so it sends there.
"""

from __future__ import annotations

from pathlib import Path

from ocr_project.bench.testsets.item import OpenedSet
from ocr_project.bench.testsets.sds_kopub.card import CARD
from ocr_project.domain.errors import SourceError


def open_set(root: Path) -> OpenedSet:
    """Say how it is scored.

    Raises:
        SourceError: Always.
    """
    raise SourceError(f"{CARD.title} is a corpus with questions: {CARD.how}")

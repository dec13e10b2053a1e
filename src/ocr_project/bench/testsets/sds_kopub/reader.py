"""SDS-KoPub-VDR: 600 questions to 40,781 pages of Korean public documents, scored by retrieval.

A corpus with questions is what the main job is for: `ingest` reads this one, and its benchmark ranks the pages for
each question. There is nothing that the lane of the test sets could add, so it sends there.
"""

from __future__ import annotations

from pathlib import Path

from ocr_project.bench.testsets.card import Card
from ocr_project.bench.testsets.item import OpenedSet
from ocr_project.domain.errors import SourceError

CARD = Card(
    name="sds_kopub",
    title="SDS-KoPub-VDR",
    licence="CC BY-SA 4.0",
    commercial=True,
    homepage="https://huggingface.co/datasets/SamsungSDS-Research/SDS-KoPub-VDR-Benchmark",
    metrics=("ndcg", "recall"),
    how="run the main job on it: kedro run --params"
    " ingest.source=hf://datasets/SamsungSDS-Research/SDS-KoPub-VDR-Benchmark (or a folder of its Parquet files);"
    " questions and judgements come with it",
)


def open_set(root: Path) -> OpenedSet:
    """Say how it is scored.

    Raises:
        SourceError: Always.
    """
    raise SourceError(f"{CARD.title} is a corpus with questions: {CARD.how}")

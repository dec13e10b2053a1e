"""What a stage did, out of the footers of its shards: counts and seconds, ready for DVC and MLflow.

Hooks see nothing inside a generator node, so the numbers travel with the shards and are added up here.
"""

from __future__ import annotations

import json

import pandas as pd

from ocr_project.domain.protocols import ShardSource
from ocr_project.domain.types import Status

Metrics = dict[str, float]


def measure_stage(shards: ShardSource) -> Metrics:
    """Add up the footers of a folder of shards.

    Returns:
        `shards`, `pages`, `items` (rows), `failed` (rows that failed in this stage), `seconds` (wall
        clock, over all runs that made these shards), `busy_seconds` (of the workers together),
        `pages_per_second` (pages / seconds).
    """
    infos = list(shards.index().values())
    seconds = sum(info.wall_seconds for info in infos)
    pages = sum(info.pages for info in infos)
    return {
        "shards": len(infos),
        "pages": pages,
        "items": sum(info.items for info in infos),
        "failed": sum(info.failed for info in infos),
        "seconds": round(seconds, 3),
        "busy_seconds": round(sum(info.busy_seconds for info in infos), 3),
        "pages_per_second": round(pages / seconds, 3) if seconds else 0.0,
    }


def measure_documents(documents: pd.DataFrame, pages: ShardSource) -> Metrics:
    """Return what `measure_stage` does for the pages, and the documents beside it.

    Returns:
        Also `documents` (read), `documents_failed` and `documents_skipped` (duplicates, links).
    """
    counts = documents["status"].value_counts()
    return {
        "documents": int(counts.get(Status.OK, 0)),
        "documents_failed": int(counts.get(Status.FAILED, 0)),
        "documents_skipped": int(counts.get(Status.SKIPPED, 0)),
        **measure_stage(pages),
    }


def identities(*stages: ShardSource) -> dict[str, str]:
    """Return the identity of the backend of each stage, as JSON, by the name of the stage."""
    return {info.stage: _one_line(info.identity) for shards in stages for info in shards.index().values()}


def _one_line(identity: str) -> str:
    if not identity:
        return ""
    parts = json.loads(identity)
    return f"{parts['name']} {parts['revision']} {json.dumps(parts['settings'], ensure_ascii=False)}"

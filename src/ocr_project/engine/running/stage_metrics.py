"""What a stage did, out of the footers of its shards: counts and seconds, ready for DVC and MLflow.

A stage may take several runs, so the numbers travel with the shards and are added up here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import pandas as pd

from ocr_project.domain.options import RuntimeOptions
from ocr_project.domain.protocols import ShardSource
from ocr_project.domain.types import ShardInfo, Status
from ocr_project.engine.running.monitoring import figures
from ocr_project.engine.running.once import once
from ocr_project.storage.earlier import Earlier

Metrics = dict[str, float]
_UNREAD = ("image", "text_layer", "text_layer_words", "text_layer_gaps")


def measure_stage(shards: ShardSource, runtime: RuntimeOptions) -> Metrics:
    """Add up the footers of a folder of shards.

    Args:
        shards: What a stage made.
        runtime: Its `gpu_hour_price` turns GPU-hours into costs.

    Returns:
        `shards`, `pages`, `items` (rows), `failed` (rows that failed in this stage), `seconds` (wall
        clock, over all runs that made these shards; processes side by side count once), `busy_seconds` (of the
        workers together), `pages_per_second` (pages / seconds); where there was a GPU, also its `figures` over
        the shards that were made beside one.
    """
    infos = list(shards.index().values())
    watched = [info for info in infos if info.gpus]
    seconds = _stage_seconds(infos)
    pages = sum(info.pages for info in infos)
    return {
        "shards": len(infos),
        "pages": pages,
        "items": sum(info.items for info in infos),
        "failed": sum(info.failed for info in infos),
        "seconds": round(seconds, 3),
        "busy_seconds": round(sum(info.busy_seconds for info in infos), 3),
        "pages_per_second": round(pages / seconds, 3) if seconds else 0.0,
        **figures(
            (usage for info in watched for usage in info.gpus),
            sum(info.pages for info in watched),
            runtime.gpu_hour_price,
        ),
    }


def seconds_together(stages: Iterable[ShardSource]) -> float:
    """Return the time in which at least one of several stages was at work: beside each other counts once."""
    return _stage_seconds([info for shards in stages for info in shards.index().values()])


def _stage_seconds(infos: Sequence[ShardInfo]) -> float:
    """Return the time in which at least one process was at work: side by side counts once, one after another twice.

    Clocks of several machines are taken for equal. Footers without a time of day are added up.
    """
    seconds = sum(info.wall_seconds for info in infos if not info.made)
    until = 0.0
    for began, ended in sorted((info.made - info.wall_seconds, info.made) for info in infos if info.made):
        seconds += max(0.0, ended - max(began, until))
        until = max(until, ended)
    return seconds


def measure_shard(info: ShardInfo, runtime: RuntimeOptions) -> Metrics:
    """Return of one shard what `measure_stage` returns of all, without what is always one or the same."""
    seconds = info.wall_seconds
    return {
        "pages": info.pages,
        "items": info.items,
        "failed": info.failed,
        "seconds": round(seconds, 3),
        "busy_seconds": round(info.busy_seconds, 3),
        "pages_per_second": round(info.pages / seconds, 3) if seconds else 0.0,
        **figures(info.gpus, info.pages, runtime.gpu_hour_price),
    }


def tabulate_shards(runtime: RuntimeOptions, *stages: ShardSource) -> pd.DataFrame:
    """Return a row for each shard of each stage: what it took, and what the GPUs did meanwhile."""
    rows = [
        {"stage": info.stage, "shard": info.name, "workers": info.workers, **measure_shard(info, runtime)}
        for shards in stages
        for info in shards.index().values()
    ]
    return pd.DataFrame(rows, columns=None if rows else ["stage", "shard"])


def measure_documents(
    documents: pd.DataFrame, pages: ShardSource, runtime: RuntimeOptions, earlier: Earlier | None = None
) -> Metrics:
    """Return what `measure_stage` does for the pages, and the documents beside it.

    Returns:
        Also `documents` (of which there are pages), `documents_failed`, `documents_skipped` (duplicates, links),
        `pages_with_text` (their text layer is healthy) and `pages_by_text` (it stands in for OCR).
    """
    counts = documents["status"].value_counts()
    read, with_text, by_text = once(earlier, "measure_documents", (pages,), lambda: _count(pages))
    return {
        "documents": read,  # `ingest.limit` may leave out some that are listed
        "documents_failed": int(counts.get(Status.FAILED, 0)),
        "documents_skipped": int(counts.get(Status.SKIPPED, 0)),
        "pages_with_text": with_text,
        "pages_by_text": by_text,
        **measure_stage(pages, runtime),
    }


def _count(pages: ShardSource) -> tuple[int, int, int]:
    """Return the documents, their pages with a healthy text layer, and those that it stands in for OCR on."""
    read = with_text = by_text = 0
    last = None
    for page in pages.rows(without=_UNREAD):  # those of a document stand together
        read += page.doc_id != last
        last = page.doc_id
        with_text += page.text_layer_healthy
        by_text += page.text_layer_preferred
    return read, with_text, by_text


def identities(*stages: ShardSource) -> dict[str, str]:
    """Return the identity of the backend of each stage, as JSON, by the name of the stage."""
    return {info.stage: one_line(info.identity) for shards in stages for info in shards.index().values()}


def one_line(identity: str) -> str:
    """Write an identity, which is JSON, as records have it: name, revision, settings."""
    if not identity:
        return ""
    parts = json.loads(identity)
    return f"{parts['name']} {parts['revision']} {json.dumps(parts['settings'], ensure_ascii=False)}"

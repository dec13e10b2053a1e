"""What the pages of a run cost, where its stages were at work beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kedro.io import CatalogProtocol

from ocr_project.engine.running.stage_metrics import seconds_together
from ocr_project.hooks.guards import runtime_of

_SHARDS = {"ingest": "pages", "layout": "regions", "recognition": "recognitions", "transcript": "transcripts"}


def seconds_beside(catalog: CatalogProtocol[Any, Any], measured: Mapping[str, Mapping[str, Any]]) -> float | None:
    """Return the seconds in which stages of OCR were at work, side by side once.

    Args:
        catalog: Of a run.
        measured: What each of its stages measured, by its name.

    Returns:
        None where they ran one after another: then those of each stage add up.
    """
    if not runtime_of(catalog).overlap:
        return None
    return seconds_together(catalog.load(name) for stage, name in _SHARDS.items() if stage in measured)

"""What a thousand pages cost: the headline of a run that a GPU was watched in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_OCR = ("ingest", "layout", "recognition", "transcript")
_PAGES = 1000


def cost_of_pages(metrics: Mapping[str, Mapping[str, Any]], seconds: float | None = None) -> dict[str, float]:
    """Add the stages of OCR up to seconds and watt-hours of 1,000 pages, starting of servers and models included.

    Args:
        metrics: What each stage measured, by its name.
        seconds: Of the stages together, where they were at work beside each other; None: theirs add up.

    Returns:
        Nothing unless pages were recognised beside a GPU; no watt-hours where one of its stages does not know them.
    """
    stages = [metrics[stage] for stage in _OCR if metrics.get(stage, {}).get("pages")]
    if not metrics.get("recognition", {}).get("pages") or not any("gpus" in measured for measured in stages):
        return {}
    each = sum(m["seconds"] * _PAGES / m["pages"] for m in stages)
    together = None if seconds is None else seconds * _PAGES / metrics["recognition"]["pages"]
    found = {"seconds_per_1000_pages": each if together is None else together}
    used = [m for m in stages if "gpus" in m]
    if all("gpu_watt_hours_per_1000_pages" in m for m in used):
        found["watt_hours_per_1000_pages"] = sum(m["gpu_watt_hours_per_1000_pages"] for m in used)
    return {name: round(value, 3) for name, value in found.items()}

"""From samples to the figures that people compare: means, percentiles, watt-hours and costs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from ocr_project.domain.gpu_usage import GpuUsage, Samples

_HIGH = 0.95
_HOUR = 3600.0
_PAGES = 1000
_MIB_IN_GIB = 1024
_GAUGES = (
    ("sm", "gpu_sm", 1),
    ("memory", "gpu_memory", 1),
    ("used", "gpu_gib", _MIB_IN_GIB),
    ("watts", "gpu_watts", 1),
)


def add_up(usages: Iterable[GpuUsage]) -> list[GpuUsage]:
    """Add up what each GPU did over several shards.

    Returns:
        One for each GPU, by number and name: shards may have been made on several machines.
    """
    of: dict[tuple[int, str], list[GpuUsage]] = {}
    for usage in usages:
        of.setdefault((usage.index, usage.name), []).append(usage)
    return [_sum(key, parts) for key, parts in sorted(of.items())]


def figures(usages: Iterable[GpuUsage], pages: int, price: float = 0.0) -> dict[str, float]:
    """Turn what the GPUs did into figures.

    Args:
        usages: Of one shard or of many.
        pages: That were worked on meanwhile.
        price: Of one GPU for one hour, in any currency; 0: unknown.

    Returns:
        Nothing where no GPU was watched, and nothing of what the driver does not tell. `gpus`; `gpu_hours` (all
        of them, busy or not); of all GPUs together `gpu_sm_…` and `gpu_memory_…` (percent of the time, see
        `GpuUsage`), `gpu_gib_…` (memory in use on one GPU), `gpu_watts_…` (of one GPU), each as mean, p95 and max
        over samples; `gpu_watt_hours` (all GPUs), `gpu_watt_hours_per_1000_pages`, `gpu_cost_per_1000_pages`.
        Where there is more than one, also `gpu0_sm_mean`, `gpu0_gib_max`, `gpu0_watts_mean`, and so on.
    """
    each = add_up(usages)
    if not each:
        return {}
    hours = sum(usage.seconds for usage in each) / _HOUR
    found: dict[str, float] = {"gpus": len(each), "gpu_hours": round(hours, 6)}
    for field, name, unit in _GAUGES:
        samples = _merge(getattr(usage, field) for usage in each)
        found |= {f"{name}_{what}": value for what, value in _spread(samples, unit).items()}
    found |= _energy(each, pages)
    if price and pages:
        found["gpu_cost_per_1000_pages"] = round(hours * price * _PAGES / pages, 6)
    return found | (_one_by_one(each) if len(each) > 1 else {})


def mean(samples: Samples) -> float:
    """Return the mean of samples; there is at least one."""
    return sum(value * count for value, count in samples) / sum(count for _, count in samples)


def percentile(samples: Samples, share: float) -> int:
    """Return the least value that at least this share of the samples does not exceed (nearest rank)."""
    left = max(1, math.ceil(share * sum(count for _, count in samples)))
    for value, count in samples:
        left -= count
        if left <= 0:
            return value
    raise ValueError("there are no samples")


def _spread(samples: Samples, unit: int) -> dict[str, float]:
    if not samples:
        return {}
    found = {"mean": mean(samples), "p95": percentile(samples, _HIGH), "max": samples[-1][0]}
    return {name: round(value / unit, 2) for name, value in found.items()}


def _energy(each: Sequence[GpuUsage], pages: int) -> dict[str, float]:
    joules = [usage.joules for usage in each if usage.joules is not None]
    if len(joules) < len(each):  # a sum that leaves some out would pass for the whole
        return {}
    hours = sum(joules) / _HOUR
    found = {"gpu_watt_hours": round(hours, 4)}
    return found | ({"gpu_watt_hours_per_1000_pages": round(hours * _PAGES / pages, 4)} if pages else {})


def _one_by_one(each: Sequence[GpuUsage]) -> dict[str, float]:
    found = {}
    for usage in each:
        for name, samples, what, unit in (
            ("sm", usage.sm, "mean", 1),
            ("gib", usage.used, "max", _MIB_IN_GIB),
            ("watts", usage.watts, "mean", 1),
        ):
            if samples:
                found[f"gpu{usage.index}_{name}_{what}"] = _spread(samples, unit)[what]
    return found


def _sum(key: tuple[int, str], parts: Sequence[GpuUsage]) -> GpuUsage:
    joules = [usage.joules for usage in parts if usage.joules is not None]
    return GpuUsage(
        *key,
        seconds=sum(usage.seconds for usage in parts),
        joules=sum(joules) if len(joules) == len(parts) else None,
        sm=_merge(usage.sm for usage in parts),
        memory=_merge(usage.memory for usage in parts),
        used=_merge(usage.used for usage in parts),
        watts=_merge(usage.watts for usage in parts),
    )


def _merge(parts: Iterable[Samples]) -> Samples:
    total: Counter[int] = Counter()
    for samples in parts:
        for value, count in samples:
            total[value] += count
    return tuple(sorted(total.items()))

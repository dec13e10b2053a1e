"""What a run cost: two clocks that are never mixed, memory in parts, energy and money.

**single**: one request in flight. The time of a question is the backend's; the time of a document is that of all its
questions one after another, and of preparing its image once.
**load**: as many requests in flight as the options say. Documents and tokens a second, of the time from the first
request to the last answer; the time in which no run was at work (after a kill) does not count.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ocr_project.domain.causes import Cause
from ocr_project.domain.gpu_usage import GpuUsage
from ocr_project.domain.options.matrix import Clock
from ocr_project.engine.metrics.latency import percentiles
from ocr_project.engine.running.monitoring.figures import figures

_KWH = 1000.0  # watt-hours
_NUMBER = r"([\d,]+(?:\.\d+)?)"
_WEIGHTS = (
    re.compile(rf"weights memory: {_NUMBER} ?Gi?B"),
    re.compile(rf"Model loading took {_NUMBER} ?Gi?B"),
)
_ACTIVATIONS = (
    re.compile(rf"torch peak memory increase: {_NUMBER} ?Gi?B"),  # at vLLM's level DEBUG, with more digits
    re.compile(rf"{_NUMBER} ?Gi?B for peak activation"),
)
_KV = re.compile(rf"Available KV cache memory: {_NUMBER} ?Gi?B")
_KV_TOKENS = re.compile(rf"GPU KV cache size: {_NUMBER} tokens")
_REQUESTED = re.compile(rf"Requested memory: {_NUMBER} \(util\), {_NUMBER} ?Gi?B")


@dataclass(frozen=True, slots=True)
class ServerMemory:
    """How a server divided its memory when it started, GiB; NaN where its log does not say.

    Attributes:
        weights: Of the model.
        activations: At most, of a step as large as the options allow.
        kv_per_token: GiB of the cache for one token.
    """

    weights: float = math.nan
    activations: float = math.nan
    kv_per_token: float = math.nan

    def kv_of(self, tokens: int) -> float:
        """Return the GiB of the cache that so many tokens take: of the longest item, prompt and answer together."""
        return self.kv_per_token * tokens


@dataclass(frozen=True, slots=True)
class Timing:
    """When a document was answered.

    Attributes:
        clock: `single` or `load`.
        attempt: Tells one start of the run from the next.
        began: Seconds since 1970.
        ended: The same.
        preparing: Seconds that its image took, once.
        seconds: Of each of its questions, in the backend.
        tokens: Of all answers.
    """

    clock: Clock
    attempt: str
    began: float
    ended: float
    preparing: float
    seconds: tuple[float, ...]
    tokens: int

    @property
    def document(self) -> float:
        """Seconds of the document, all its questions one after another."""
        return self.preparing + sum(self.seconds)


def read_server_memory(log: str, requested: float = math.nan) -> ServerMemory:
    """Read how vLLM divided a GPU's memory out of the log of its start.

    Args:
        log: Of its last start.
        requested: GiB that it was allowed. Where the log does not say what activations take, they are what of this is
            neither weights nor cache: with what CUDA and its libraries take.
    """
    weights, activations = _first(_WEIGHTS, log), _first(_ACTIVATIONS, log)
    cache, tokens = _last(_KV, log), _last(_KV_TOKENS, log)
    told = _REQUESTED.findall(log)
    allowed = _number(told[-1][1]) if told else requested
    if not math.isfinite(activations):
        rest = allowed - weights - cache
        activations = rest if rest > 0 else math.nan
    return ServerMemory(weights, activations, cache / tokens if tokens > 0 else math.nan)


def measure_times(timings: Sequence[Timing], limit: float) -> dict[str, float]:
    """Add the two clocks up, each from its own documents.

    Args:
        timings: One a document.
        limit: Seconds that a document may take.

    Returns:
        Of single: `question_p50`, `…p95`, `…p99`, `document_p50`, …, `over_limit` (documents), `single_documents`. Of
        load: `documents_per_second`, `tokens_per_second`, `load_documents`. What was not measured is missing.
    """
    single = [timing for timing in timings if timing.clock is Clock.SINGLE]
    load = [timing for timing in timings if timing.clock is Clock.LOAD]
    found: dict[str, float] = {}
    if single:
        questions = [seconds for timing in single for seconds in timing.seconds]
        documents = [timing.document for timing in single]
        found |= {f"question_{name}": value for name, value in percentiles(questions).items()}
        found |= {f"document_{name}": value for name, value in percentiles(documents).items()}
        found |= {"over_limit": sum(seconds > limit for seconds in documents), "single_documents": len(single)}
    if load:
        wall = _walls(load)
        found |= {"load_documents": len(load)}
        if wall > 0:
            found |= {
                "documents_per_second": len(load) / wall,
                "tokens_per_second": sum(timing.tokens for timing in load) / wall,
            }
    return found


def measure_energy(
    windows: Sequence[tuple[Clock, int, Sequence[GpuUsage]]], hour_price: float, kwh_price: float
) -> dict[str, float]:
    """Add up what the GPUs took: memory on either clock, energy and money under load.

    Args:
        windows: Clock, documents, and what the GPUs did meanwhile.
        hour_price: Of a GPU for an hour; 0: not counted.
        kwh_price: Of a kilowatt-hour; 0: not counted.

    Returns:
        `peak_gib` (memory in use on one GPU, at most), `watt_hours_per_1000`, `money_per_1000` (documents); what is
        not known is missing, and money without a price.
    """
    held = figures([usage for _, _, each in windows for usage in each], 0)
    found = {"peak_gib": held["gpu_gib_max"]} if "gpu_gib_max" in held else {}
    load = [(documents, each) for clock, documents, each in windows if clock is Clock.LOAD]
    usages = [usage for _, each in load for usage in each]
    told = figures(usages, sum(documents for documents, _ in load), hour_price)
    watt_hours = told.get("gpu_watt_hours_per_1000_pages")
    if watt_hours is not None:
        found["watt_hours_per_1000"] = watt_hours
    money = told.get("gpu_cost_per_1000_pages", 0.0) + (watt_hours or 0.0) / _KWH * kwh_price
    return found | ({"money_per_1000": money} if money else {})


def measure_memory(memory: ServerMemory, longest: int) -> dict[str, float]:
    """Return `weights_gib`, `activations_gib`, `kv_longest_gib` and their sum, `needed_gib`; what is known of them."""
    parts = {
        "weights_gib": memory.weights,
        "activations_gib": memory.activations,
        "kv_longest_gib": memory.kv_of(longest),
    }
    known = {name: value for name, value in parts.items() if math.isfinite(value)}
    return known | ({"needed_gib": sum(known.values())} if len(known) == len(parts) else {})


def unlike_cards(cards: Mapping[str, Sequence[str]]) -> str:
    """Say where runs were on unlike GPUs, so that their times cannot be compared; empty where they were not.

    Args:
        cards: Names of the GPUs of each run; runs without any are not looked at.
    """
    kinds: dict[str, list[str]] = {}
    for run, names in cards.items():
        if names:
            kinds.setdefault(" + ".join(sorted(set(names))), []).append(run)
    if len(kinds) < 2:
        return ""
    return "; ".join(f"{kind}: {', '.join(runs)}" for kind, runs in sorted(kinds.items()))


def timings_of(entries: Iterable[Mapping[str, Any]]) -> list[Timing]:
    """Read the times of each document out of the lines of the journal that keep its answers, one line or several.

    A document that is asked question by question has its image prepared with each of them, and once counts: the mean.
    One of which a question failed by circumstance is left out: a server that refuses is not a fast one. Where it was
    asked again, the last answer counts.
    """
    held: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for entry in entries:
        if "answers" in entry:
            held.setdefault((entry["clock"], entry["page_id"]), []).append(entry)
    return [found for (clock, _), lines in held.items() if (found := _timing(Clock(clock), lines)) is not None]


def _timing(clock: Clock, lines: Sequence[Mapping[str, Any]]) -> Timing | None:
    """Return the times of a document; None where a question of it failed by circumstance."""
    last = {answer["question_id"]: answer for line in lines for answer in line["answers"]}
    if any(answer["cause"] == Cause.CIRCUMSTANCE for answer in last.values()):
        return None
    attempt = lines[-1]["attempt"]
    return Timing(
        clock,
        attempt,
        min(line["began"] for line in lines if line["attempt"] == attempt),
        max(line["ended"] for line in lines),
        sum(line["preparing"] for line in lines) / len(lines),
        tuple(answer["seconds"] for answer in last.values()),
        sum(answer["tokens"] for answer in last.values()),
    )


def _walls(timings: Sequence[Timing]) -> float:
    """Return the seconds between the first request and the last answer of each attempt, added up."""
    spans: dict[str, tuple[float, float]] = {}
    for timing in timings:
        began, ended = spans.get(timing.attempt, (math.inf, -math.inf))
        spans[timing.attempt] = min(began, timing.began), max(ended, timing.ended)
    return sum(ended - began for began, ended in spans.values())


def _first(patterns: Sequence[re.Pattern[str]], log: str) -> float:
    """Return what the first of them that is found says."""
    return next((found for pattern in patterns if math.isfinite(found := _last(pattern, log))), math.nan)


def _last(pattern: re.Pattern[str], log: str) -> float:
    found = pattern.findall(log)
    return _number(found[-1]) if found else math.nan


def _number(text: str) -> float:
    return float(text.replace(",", ""))

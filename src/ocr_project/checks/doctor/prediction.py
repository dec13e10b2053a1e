"""What the run in front of a profile will take: time and energy, with the error that they may have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ocr_project.checks.doctor.disk import counted
from ocr_project.checks.doctor.finding import Finding, ok, warning
from ocr_project.checks.doctor.needs import Profile
from ocr_project.checks.doctor.rates import LAPTOP, MEASURED, START_UP, Rate, own_rate
from ocr_project.domain.errors import SourceError
from ocr_project.domain.options import EmbeddingBackend, LayoutBackend, RecognitionBackend
from ocr_project.domain.protocols import ShardSource
from ocr_project.engine.running.workers import worker_count

_STAGES = ("ingest", "layout", "recognition", "transcript", "embedding")
_COMMAND = 15.0  # seconds of a command's own start and end (docs/log.md, 2026-11-29 start-up of a run)
_MINUTE, _HOUR = 60.0, 3600.0
_DONE = "done is what the same backends made, whatever their options were"
_ADVICE = "run a part first (--params ingest.limit=200), then ask again: the corpus's own shards tell"


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of the machine and of the corpus.

    Attributes:
        machine: Whose figures are meant where the corpus has none: a profile, such as `h200`, or `laptop`.
        stages: Shards by stage.
    """

    machine: str
    stages: Mapping[str, ShardSource]


@dataclass(frozen=True, slots=True)
class _Stage:
    name: str
    backend: str
    left: int
    rate: Rate | None

    def seconds(self, which: str) -> float:
        return 0.0 if self.rate is None else self.left * float(getattr(self.rate, which))


def predict(profile: Profile, root: Path, data: Path, seen: Seen) -> list[Finding]:
    """Say what a run of all stages will take.

    Args:
        profile: The options of all stages.
        root: The project.
        data: The folder that the run fills.
        seen: See `Seen`.

    Returns:
        Nothing where there is no corpus. What cannot be known is `open`.
    """
    try:
        corpus = counted(profile.ingest, root, data)
    except SourceError:
        return []  # said by the check of the disk
    stages = list(_stages(profile, corpus.pages, seen))
    count = f"{corpus.pages:,} pages" if corpus.whole else f"at least {corpus.pages:,} pages"
    if not any(stage.left for stage in stages):
        rest = "what comes after them takes seconds if nothing changed"
        return [ok("time", f"all stages of {count} are done: {rest}; {_DONE}")]
    time = _time(profile, stages, count, seen.machine)
    if any(stage.left < corpus.pages for stage in stages):
        time = replace(time, found=f"{time.found}; {_DONE}")
    return [time, _energy(stages)]


def _stages(profile: Profile, pages: int, seen: Seen) -> Iterator[_Stage]:
    backends = {
        "ingest": "ingest",
        "layout": profile.layout.backend.value,
        "recognition": profile.recognition.backend.value,
        "transcript": "transcript",
        "embedding": profile.embedding.backend.value,
    }
    for name in _STAGES:
        rate, done = own_rate(seen.stages[name], backends[name]) if name in seen.stages else (None, 0)
        if rate is None:
            rate = MEASURED.get((seen.machine, name, backends[name]))
            rate = rate and rate.shared(_side_by_side(profile, name, rate))
        yield _Stage(name, backends[name], max(0, pages - done), rate)


def _side_by_side(profile: Profile, stage: str, rate: Rate) -> int:
    """Return how many cores or cards a stage has."""
    if rate.of_one == "core":
        return worker_count(profile.runtime)
    cards = {
        "layout": profile.layout.pp_doclayout_v3.gpus,
        "recognition": profile.recognition.vllm.gpus,
        "embedding": profile.embedding.vllm.gpus,
    }
    return max(1, len(cards.get(stage, ())))


def _time(profile: Profile, stages: list[_Stage], count: str, machine: str) -> Finding:
    start = START_UP.get(machine, (0.0, 0.0, 0.0)) if _starts_servers(profile, stages) else (0.0, 0.0, 0.0)
    low, likely, high = (
        sum(stage.seconds(which) for stage in stages) + _COMMAND + first
        for which, first in zip(("low", "likely", "high"), start, strict=True)
    )
    known = [stage for stage in stages if stage.rate is not None and stage.left]
    parts = ", ".join(f"{stage.name} {_span(stage.seconds('likely'))}" for stage in known)
    named = [part for stage in known if stage.rate is not None for part in stage.rate.source.split("; ")]
    sources = "; ".join(dict.fromkeys(named))
    unknown = [f"{stage.name} ({stage.backend})" for stage in stages if stage.rate is None and stage.left]
    told = f"about {_span(likely)} ({_span(low)} to {_span(high)}) for {count}: {parts}, by {sources}"
    if unknown and known:
        return warning("time", f"open: nothing was measured of {', '.join(unknown)}; the others {told}", _ADVICE)
    if unknown:
        return warning("time", f"open for {count}: nothing was measured of {', '.join(unknown)}", _ADVICE)
    return ok("time", told)


def _starts_servers(profile: Profile, stages: list[_Stage]) -> bool:
    reads = profile.recognition.backend is RecognitionBackend.VLLM and not profile.recognition.vllm.urls
    embeds = profile.embedding.backend is EmbeddingBackend.VLLM and not profile.embedding.vllm.urls
    left = {stage.name for stage in stages if stage.left}
    return (reads and "recognition" in left) or (embeds and "embedding" in left)


def _energy(stages: list[_Stage]) -> Finding:
    """Add up the energy of the cards; what a processor takes is not measured."""
    on_cards = {LayoutBackend.PP_DOCLAYOUT_V3.value, RecognitionBackend.VLLM.value, EmbeddingBackend.VLLM.value}
    used = [stage for stage in stages if stage.backend in on_cards and stage.left]
    if not used:
        return ok("energy", "open: no card is used, and what a processor takes is not measured")
    known = [(stage, stage.rate.joules) for stage in used if stage.rate is not None and stage.rate.joules is not None]
    if len(known) < len(used):
        missing = ", ".join(stage.name for stage in used if stage.rate is None or stage.rate.joules is None)
        return warning("energy", f"open: nothing was measured of {missing}", _ADVICE)
    hours = sum(stage.left * joules for stage, joules in known) / _HOUR
    pages = max(stage.left for stage in used)
    return ok("energy", f"about {hours:,.0f} Wh of the cards at work, {hours * 1000 / pages:.1f} for 1,000 pages")


def _span(seconds: float) -> str:
    if seconds < 2 * _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds / _HOUR:.1f} h"


def machine_of(env: str | None, cards: int) -> str:
    """Return whose figures are meant: those of a profile's card, or of a laptop's cores."""
    return env if env and cards else LAPTOP

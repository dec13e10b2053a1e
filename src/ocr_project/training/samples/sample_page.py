"""The page that a person looks at before a GPU is paid for: samples drawn at random, and what was refused."""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import chain, zip_longest
from pathlib import Path

from ocr_project.domain.options import TrainingDataOptions
from ocr_project.domain.protocols import ShardSource
from ocr_project.domain.types import Status, TrainingSample
from ocr_project.engine.reporting.page import ahead, write_page
from ocr_project.engine.reporting.page_image import as_data_uri
from ocr_project.training.samples.tables import WITHOUT

_TEMPLATE = "training_data.html.j2"


@dataclass(frozen=True, slots=True)
class ShownSample:
    """A sample with its image as a `data:` address, or what is wrong with the image; `rank` counts from 1."""

    sample: TrainingSample
    rank: int
    image: str
    problem: str

    @classmethod
    def of(cls, sample: TrainingSample, rank: int) -> ShownSample:
        return cls(sample, rank, *as_data_uri(sample.image))


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What a walk through all rows leaves: where the samples to show are, and counts."""

    samples: Mapping[str, frozenset[str]]
    refusals: list[TrainingSample]
    rules: Counter[str]
    sources: Counter[tuple[str, str]]


def write_sample_page(path: Path, samples: ShardSource, options: TrainingDataOptions, workers: int = 1) -> None:
    """Write the page as one self-contained HTML file, atomically.

    Args:
        path: The file.
        samples: All of them, used and refused.
        options: How many are shown, and by which seed they are drawn.
        workers: Images that are prepared at once.

    Raises:
        StorageError: The file cannot be written.
    """
    drawn = _draw(samples, options)
    cards = (partial(ShownSample.of, sample, rank) for rank, sample in enumerate(_read(samples, drawn), 1))
    columns = [*dict.fromkeys(column for _, column in sorted(drawn.sources))]
    values = {
        "title": "Training data",
        "created": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "used": sum(number for (_, column), number in drawn.sources.items() if column != "refused"),
        "refused": sum(drawn.rules.values()),
        "columns": columns,
        "sources": {
            source: [drawn.sources[source, column] for column in columns]
            for source in sorted({source for source, _ in drawn.sources})
        },
        "rules": drawn.rules.most_common(),
        "refusals": drawn.refusals,
        "samples": ahead(cards, workers),
    }
    write_page(path, _TEMPLATE, values, (__package__,))


def _draw(samples: ShardSource, options: TrainingDataOptions) -> _Drawn:
    rules: Counter[str] = Counter()
    sources: Counter[tuple[str, str]] = Counter()
    used: list[tuple[str, str, str]] = []
    refused: dict[str, list[tuple[str, int, TrainingSample]]] = defaultdict(list)
    for name in samples.index():
        for row in samples.read(name, without=WITHOUT):
            drawn = hashlib.sha256(f"{options.seed}:{row.sample_id}".encode()).hexdigest()
            sources[row.source, row.split if row.status is Status.OK else "refused"] += 1
            if row.status is Status.OK:
                used = heapq.nsmallest(options.page_samples, [*used, (drawn, name, row.sample_id)])
            else:
                rules[row.rule] += 1
                kept = [*refused[row.rule], (drawn, rules[row.rule], row)]
                refused[row.rule] = heapq.nsmallest(options.page_samples, kept)
    ids: dict[str, set[str]] = defaultdict(set)
    for _, name, sample_id in used:
        ids[name].add(sample_id)
    found = {name: frozenset(some) for name, some in ids.items()}
    return _Drawn(found, _in_turn(refused, options.page_samples), rules, sources)


def _in_turn(refused: Mapping[str, Iterable[tuple[str, int, TrainingSample]]], most: int) -> list[TrainingSample]:
    """Take one of each rule, then a second of each, and so on: a rare rule is shown beside a frequent one."""
    rows = ([row for _, _, row in some] for some in refused.values())
    taken = [row for row in chain.from_iterable(zip_longest(*rows)) if row is not None]
    return sorted(taken[:most], key=lambda row: row.rule)


def _read(samples: ShardSource, drawn: _Drawn) -> Iterator[TrainingSample]:
    """Yield the samples that were drawn, with their images; one that is there twice once."""
    seen: set[str] = set()
    for name, wanted in drawn.samples.items():
        for row in samples.read(name):
            if row.sample_id in wanted and row.sample_id not in seen:
                seen.add(row.sample_id)
                yield row

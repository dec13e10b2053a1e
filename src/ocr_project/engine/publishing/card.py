"""The dataset card: written from what the run left behind, the same for the same run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from huggingface_hub import DatasetCard, DatasetCardData

from ocr_project.domain.options import PublishOptions
from ocr_project.engine.publishing import card_sections as sections
from ocr_project.engine.publishing.configurations import PAGES, Configuration, configurations
from ocr_project.engine.publishing.counts import PageCounts
from ocr_project.engine.publishing.features import card_features
from ocr_project.engine.publishing.tables import Tables
from ocr_project.engine.publishing.versions import Versions

FILE = "README.md"
SPLIT = "train"  # what `datasets` and the viewer call a dataset that is not split

_LEAST_SHARE = 0.01  # of the pages: below it a language is a quotation
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))  # the Hub's words
_LARGEST = "1M<n<10M"


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """A configuration as it lies in the folder.

    Attributes:
        files: Its files, sorted by name.
        rows: Over all files.
        bytes: The same in bytes on disk.
    """

    configuration: Configuration
    files: tuple[Path, ...]
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the card is written from.

    Attributes:
        identities: Canonical JSON of each stage's backend, by stage.
    """

    counts: PageCounts
    tables: Tables
    identities: Mapping[str, str]
    versions: Versions


def published_tables(folder: Path, options: PublishOptions) -> list[PublishedTable]:
    """List the configurations that have any rows."""
    found = []
    for name, configuration in configurations(options.images).items():
        paths = tuple(sorted((folder / name).glob("*.parquet")))
        rows = sum(pq.read_metadata(path).num_rows for path in paths)
        if rows:
            found.append(PublishedTable(configuration, paths, rows, sum(path.stat().st_size for path in paths)))
    return found


def write_card(published: Sequence[PublishedTable], evidence: Evidence, options: PublishOptions) -> str:
    """Return the card: YAML for the Hub and the library, prose and tables for people."""
    languages, guessed = _languages(evidence.counts.scripts, options)
    body = "\n\n".join(_sections(published, evidence, options, guessed=languages if guessed else ()))
    card = DatasetCard(f"---\n{_metadata(published, languages, options).to_yaml()}\n---\n\n{body}\n")
    return str(card.content)


def _metadata(published: Sequence[PublishedTable], languages: Sequence[str], options: PublishOptions) -> Any:
    return DatasetCardData(
        pretty_name=options.title,
        license=options.licence,
        language=list(languages) or None,
        size_categories=[_size(published)],
        task_categories=["image-to-text"],
        tags=list(options.tags),
        configs=[
            {
                "config_name": table.configuration.name,
                "data_files": [{"split": SPLIT, "path": f"{table.configuration.name}/*.parquet"}],
                **({"default": True} if table.configuration.name == PAGES else {}),
            }
            for table in published
        ],
        dataset_info=[
            {
                "config_name": table.configuration.name,
                "features": card_features(table.configuration.columns),
                "splits": [{"name": SPLIT, "num_bytes": table.bytes, "num_examples": table.rows}],
                "download_size": table.bytes,
                "dataset_size": table.bytes,
            }
            for table in published
        ],
    )


def _sections(
    published: Sequence[PublishedTable], evidence: Evidence, options: PublishOptions, *, guessed: Iterable[str]
) -> Iterator[str]:
    counts, tables = evidence.counts, evidence.tables
    yield sections.introduction(counts, tables, options)
    yield sections.contents([(t.configuration, t.rows, len(t.files), t.bytes) for t in published])
    yield sections.loading(options, [table.configuration.name for table in published])
    yield sections.statistics(counts, tables, guessed)
    yield sections.accuracy(tables.rates)
    yield sections.failures(counts, tables)
    yield sections.models(evidence.identities)
    yield sections.personal_data(counts, options)
    yield sections.making(evidence.versions)
    yield sections.licences(options)
    yield sections.columns([table.configuration for table in published])


def _size(published: Sequence[PublishedTable]) -> str:
    rows = max((table.rows for table in published), default=0)
    return next((name for limit, name in _SIZES if rows < limit), _LARGEST)


def _languages(scripts: Counter[str], options: PublishOptions) -> tuple[tuple[str, ...], bool]:
    """Return the languages of the card, the most frequent first, and whether they are guessed."""
    if options.languages:
        return options.languages, False
    total = scripts.total()
    ranked = sorted(scripts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(language for language, pages in ranked if pages >= _LEAST_SHARE * total), True

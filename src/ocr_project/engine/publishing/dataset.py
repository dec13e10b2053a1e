"""The folder that is published: its files and its card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ocr_project.domain.corpus import Corpus
from ocr_project.domain.errors import PublishError
from ocr_project.domain.options import PublishOptions
from ocr_project.engine.publishing import card
from ocr_project.engine.publishing.configurations import PAGES
from ocr_project.engine.publishing.counts import PageCounts, personal_data_rows, sum_counts
from ocr_project.engine.publishing.parquet_files import read_note, write_text
from ocr_project.engine.publishing.tables import Tables
from ocr_project.engine.publishing.versions import read_versions
from ocr_project.engine.publishing.writing import DatasetWriter


def write_dataset(folder: Path, *, corpus: Corpus, tables: Tables, options: PublishOptions, project: Path) -> None:
    """Write exactly what would be uploaded; files that are there already, and right, stay untouched.

    Args:
        folder: Of the dataset; beside the files of the configurations it gets `README.md`.
        corpus: The shards.
        tables: What the run knows beside them.
        options: What is published, and how.
        project: Checkout whose commit and `dvc.lock` the card names.

    Raises:
        PublishError: There is no finished page to publish.
        StorageError: The disk is full, or the folder cannot be written to; finished work is kept.
    """
    identities = {info.stage: info.identity for shards in corpus.stages().values() for info in shards.index().values()}
    if not corpus.transcripts.index():
        raise PublishError("nothing to publish yet: run `kedro run` first")
    counts = DatasetWriter(folder, options).write(corpus, tables)
    evidence = card.Evidence(counts, tables, identities, read_versions(project))
    write_text(folder / card.FILE, card.write_card(card.published_tables(folder, options), evidence, options))


def find_personal_data(folder: Path, options: PublishOptions) -> list[dict[str, Any]]:
    """Return what the scan found in a written dataset, a row for each kind: kind, count, pages, masked."""
    pages = folder / PAGES
    stems = sorted({path.stem.rpartition("-")[0] for path in pages.glob("*.parquet")})
    notes = [note for stem in stems if (note := read_note(pages, stem)) is not None]
    return personal_data_rows(sum_counts(PageCounts.from_json(note["counts"]) for note in notes), options.mask)


def measure_dataset(folder: Path, options: PublishOptions) -> dict[str, float]:
    """Return rows by configuration, and the number and bytes of all files."""
    published = card.published_tables(folder, options)
    return {
        **{f"rows.{table.configuration.name}": table.rows for table in published},
        "files": sum(len(table.files) for table in published) + 1,
        "bytes": sum(table.bytes for table in published) + (folder / card.FILE).stat().st_size,
    }

"""Which file opens which format."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from ocr_project.domain.errors import BackendError, OptionError, SourceError
from ocr_project.domain.options import IngestOptions, SampleFormat, SourceName, TrainingDataOptions
from ocr_project.domain.protocols import ShardSource
from ocr_project.training.samples.making import page_options
from ocr_project.training.samples.olmocr import FormulaCheck
from ocr_project.training.samples.source import SampleSource


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What sources need beside their own files.

    Attributes:
        root: Of the project: relative paths start there.
        ingest: How files become pages.
        pages: Of the project's own corpus.
        unrenderable: See `olmocr.open_olmocr`.
    """

    root: Path
    ingest: IngestOptions
    pages: ShardSource
    unrenderable: FormulaCheck | None = None


def open_sources(options: TrainingDataOptions, around: Surroundings) -> list[SampleSource]:
    """Open the sources of `training_data.sources`, in that order.

    Raises:
        OptionError: None is named.
        SourceError: One is not there, or is not what its format says.
    """
    check_sources(options, around.root)
    return [_open(name, options, around) for name in options.named]


def check_sources(options: TrainingDataOptions, root: Path) -> None:
    """Look whether the sources are there, and what is needed to read them; nothing is read.

    Args:
        options: Name the sources.
        root: Of the project.

    Raises:
        OptionError: None is named.
        SourceError: One is not there.
        BackendError: The package lmdb is wanted, and not installed.
    """
    if not options.sources:
        raise OptionError(
            "training_data.sources is empty; name some as format:path, joined by +, with formats of"
            f" {', '.join(SampleFormat)}"
        )
    for name in options.named:
        if not (root / name.path.expanduser()).exists():
            raise SourceError(f"training_data.sources: {root / name.path.expanduser()} does not exist")
        if name.format is SampleFormat.LAYOUT_LMDB:
            require_lmdb()


def require_lmdb() -> None:
    """Refuse to go on without the package lmdb.

    Raises:
        BackendError: It is not installed; the message says how to get it.
    """
    if find_spec("lmdb") is None:
        raise BackendError("layout LMDBs need the package lmdb: pip install 'ocr_project[train]'")


def _open(name: SourceName, options: TrainingDataOptions, around: Surroundings) -> SampleSource:
    path = around.root / name.path.expanduser()
    images = None if options.images is None else around.root / options.images.expanduser()
    ingest = page_options(options, around.ingest)
    match name.format:
        case SampleFormat.OLMOCR:
            from ocr_project.training.samples.olmocr import open_olmocr

            check = around.unrenderable if options.katex else None
            return open_olmocr(name.label, path, ingest, rules=options.rules, unrenderable=check)
        case SampleFormat.LAYOUT_LMDB:
            from ocr_project.training.samples.layout_lmdb import open_layout_lmdb

            return open_layout_lmdb(name.label, path)
        case SampleFormat.AIHUB:
            from ocr_project.training.samples.aihub import open_aihub

            return open_aihub(name.label, path, images, ingest, words=options.aihub_words)
        case SampleFormat.MESSAGES:
            from ocr_project.training.samples.messages import open_messages

            return open_messages(name.label, path, images)
        case SampleFormat.CORPUS:
            from ocr_project.training.samples.corpus import CorpusSource

            return CorpusSource(name.label, path, around.pages)
        case SampleFormat.FOLDER:
            from ocr_project.training.samples.folder import open_folder

            return open_folder(name.label, path)

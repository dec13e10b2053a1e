"""Which file opens which format."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ocr_project.domain.errors import OptionError
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
    if not options.sources:
        raise OptionError(
            "training_data.sources is empty; name some as format:path, joined by +, with formats of"
            f" {', '.join(SampleFormat)}"
        )
    return [_open(name, options, around) for name in options.named]


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

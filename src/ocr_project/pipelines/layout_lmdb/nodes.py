"""Pages and their regions to a layout LMDB, as the predecessor's program wrote them."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from ocr_project.domain.errors import BrokenDocument
from ocr_project.domain.options import TrainingDataOptions
from ocr_project.domain.project import Project
from ocr_project.domain.protocols import ShardSource
from ocr_project.domain.types import Page, Status
from ocr_project.engine.running.sources import check_sources
from ocr_project.engine.running.stream import join_pages
from ocr_project.storage.scratch import Scratch
from ocr_project.training.samples.aihub_documents import name_without_suffix, read_annotated
from ocr_project.training.samples.lmdb_file import write_lmdb
from ocr_project.training.samples.opening import require_lmdb
from ocr_project.training.samples.region_crops import CropWithText, crops_of, words_of
from ocr_project.training.samples.words import PlacedWord

log = logging.getLogger(__name__)


def write_layout_lmdb(
    scratch: Scratch, pages: ShardSource, regions: ShardSource, project: Project, options: TrainingDataOptions
) -> tuple[Path, dict[str, float]]:
    """Cut the regions of all pages out, and write them with their text.

    Returns:
        The folder, in `scratch`, and what was counted: `pages`, `failed` ones that have no image or whose image cannot
        be read, `pages_without_words`, `words` of the pages, and `crops`.
    """
    require_lmdb()
    check_sources(pages, regions)
    annotated = _annotated(options, project)
    counts: Counter[str] = Counter()
    with scratch.draft("layout.lmdb") as folder:
        counts["crops"] = write_lmdb(folder, _crops(pages, regions, annotated, options, counts), options.lmdb.first)
    return folder, {name: float(counts[name]) for name in ("pages", "failed", "pages_without_words", "words", "crops")}


def _crops(
    pages: ShardSource,
    regions: ShardSource,
    annotated: Mapping[str, tuple[PlacedWord, ...]] | None,
    options: TrainingDataOptions,
    counts: Counter[str],
) -> Iterator[CropWithText]:
    for name in pages.index():
        for page, found in join_pages(pages.read(name), regions.read(name)):
            counts["pages"] += 1
            if page.status is not Status.OK:
                counts["failed"] += 1
                continue
            words = words_of(page) if annotated is None else annotated.get(_name(page), ())
            counts["words"] += len(words)
            counts["pages_without_words"] += not words
            try:
                yield from crops_of(page, found, words, options.lmdb)
            except BrokenDocument as error:
                counts["failed"] += 1
                log.warning("%s, page %d: %s", page.path, page.number, error)


def _annotated(options: TrainingDataOptions, project: Project) -> Mapping[str, tuple[PlacedWord, ...]] | None:
    """Return the words of AI-Hub's JSON by the name of their image; None where text layers are taken."""
    if options.lmdb.words is None:
        return None
    path = project.root / options.lmdb.words.expanduser()
    files = [path] if path.is_file() else sorted(path.rglob("*.json"))
    return {name_without_suffix(one.name): one.words for file in files for one in read_annotated(file)}


def _name(page: Page) -> str:
    return name_without_suffix(PurePosixPath(page.path).name)

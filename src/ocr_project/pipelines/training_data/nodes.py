"""Folders, databases and files of samples to rows that a model is trained on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from ocr_project.bench.metrics.katex import draw_formulas, katex_version, missing_browser
from ocr_project.bench.testsets import Chosen, Item, narrow, open_test_sets, page_id, select, testset_identity
from ocr_project.domain.options import IngestOptions, RuntimeOptions, TestsetsOptions, TrainingDataOptions
from ocr_project.domain.project import Project
from ocr_project.domain.protocols import ShardSource, ShardStore
from ocr_project.domain.types import Document, HeldOut, Made
from ocr_project.engine.ingest import ingest_identity, read_single_page
from ocr_project.engine.running.keep import keep_all
from ocr_project.engine.running.plan import pending
from ocr_project.engine.running.stream import stream
from ocr_project.storage.scratch import Scratch
from ocr_project.training.samples.held_out import Guard, digest_of_file, digest_of_pixels
from ocr_project.training.samples.making import SampleMaker, page_options
from ocr_project.training.samples.opening import Surroundings, open_sources
from ocr_project.training.samples.sample_page import write_sample_page
from ocr_project.training.samples.shards import Chosen as ChosenSamples
from ocr_project.training.samples.shards import choose

_AT_ONCE = 8  # entries in one call: words of one image lie side by side, and formulas are rendered together


def read_held_out(
    held_out_done: ShardStore,
    options: TrainingDataOptions,
    testsets: TestsetsOptions,
    ingest: IngestOptions,
    runtime: RuntimeOptions,
) -> Made:
    """Take the digests of the test sets that no model may learn from: of files, and of what their images show."""
    named, images = _held_out(options, testsets), page_options(options, ingest)
    shards = select(open_test_sets(named), limit=None, shard_pages=ingest.shard_pages)
    wanted = {name: chosen.info() for name, chosen in shards.items()}
    identity = testset_identity(ingest_identity(images))
    plan = pending(wanted, narrow(held_out_done, named), "held_out", identity, runtime.retry)

    def read(batch: Sequence[tuple[Chosen, Sequence[int]]]) -> list[HeldOut]:
        return [
            _digests(chosen.test_set.card.name, item, images)
            for chosen, indices in batch
            for item in chosen.test_set.read(indices)
        ]

    def pieces(name: str) -> Iterator[tuple[Chosen, Sequence[int]]]:
        chosen = shards[name]
        for start in range(0, len(chosen.indices), _AT_ONCE):
            yield chosen, chosen.indices[start : start + _AT_ONCE]

    return keep_all(held_out_done, stream(plan, pieces, read, runtime, size=lambda piece: len(piece[1])))


def read_samples(
    training_samples_done: ShardStore,
    held_out: ShardSource,
    pages: ShardSource,
    project: Project,
    options: TrainingDataOptions,
    testsets: TestsetsOptions,
    ingest: IngestOptions,
    runtime: RuntimeOptions,
) -> Made:
    """Read the entries of all sources: each becomes a row, used or refused."""
    can_render = options.rules and options.katex and not missing_browser()
    around = Surroundings(project.root, ingest, pages, _unrenderable if can_render else None)
    shards = {
        name: chosen
        for source in open_sources(options, around)
        for name, chosen in choose(
            source, limit=options.limit, shard_samples=options.shard_samples, seed=options.seed
        ).items()
    }
    maker = SampleMaker(options, ingest, Guard.of(narrow(held_out, _held_out(options, testsets)).rows()))
    wanted = {name: chosen.info() for name, chosen in shards.items()}
    identity = maker.identity(katex=katex_version() if can_render else "")
    plan = pending(wanted, training_samples_done, "training_data", identity, runtime.retry, options.origin)

    def pieces(name: str) -> list[ChosenSamples]:
        return list(shards[name].pieces(_AT_ONCE))

    return keep_all(
        training_samples_done, stream(plan, pieces, maker.make, runtime, size=lambda piece: len(piece.indices))
    )


def write_training_data_page(
    scratch: Scratch, training_samples: ShardSource, options: TrainingDataOptions, runtime: RuntimeOptions
) -> Path:
    """Show samples drawn at random, and refusals.

    Returns:
        The file, in `scratch`.
    """
    with scratch.draft("training_data.html") as path:
        write_sample_page(path, training_samples, options, runtime.workers or 1)
    return path


def _held_out(options: TrainingDataOptions, testsets: TestsetsOptions) -> TestsetsOptions:
    return testsets.model_copy(update={"sets": options.held_out})


def _digests(name: str, item: Item, ingest: IngestOptions) -> HeldOut:
    document = Document("", f"{name}/{item.document}", name, "", item.page, 0, "")
    page = read_single_page(document, 1, item.image, ingest)
    whole = item.image.read_bytes() if isinstance(item.image, Path) and item.image.is_file() else item.image
    return HeldOut(
        item_id=page_id(name, item),
        test_set=name,
        document=item.document,
        file=digest_of_file(whole) if isinstance(whole, bytes) else "",
        pixels="" if page.image is None else digest_of_pixels(page.image),
    )


def _unrenderable(formulas: Collection[str]) -> Collection[str]:
    return {latex for latex, glyphs in draw_formulas(sorted(formulas), workers=1).items() if glyphs.error}

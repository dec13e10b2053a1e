"""Public test sets to pages and truths; what was read of them to scores, and to the evidence of a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import pandas as pd

from ocr_project.bench.report.from_records import Evidence, build_page
from ocr_project.bench.results.recording import record_run
from ocr_project.bench.scoring import LaneShards, Outcome, build_scorer
from ocr_project.bench.testsets import (
    TRUTHS_VERSION,
    Chosen,
    Item,
    doc_id,
    narrow,
    open_test_sets,
    page_id,
    select,
    testset_identity,
    truths_of,
)
from ocr_project.domain.options import IngestOptions, RuntimeOptions, TestsetsOptions, TextLayer
from ocr_project.domain.project import Project
from ocr_project.domain.protocols import ShardSource, ShardStore
from ocr_project.domain.schemas import to_frame
from ocr_project.domain.types import Document, Identity, Made, Page, Score, Status, Truth
from ocr_project.engine.ingest import ingest_identity, read_single_page
from ocr_project.engine.recognition.given import NOT_READ
from ocr_project.engine.running.keep import keep_all
from ocr_project.engine.running.origins import check_stamp, origin_of, stamp_of, stamped
from ocr_project.engine.running.plan import pending
from ocr_project.engine.running.sources import check_sources
from ocr_project.engine.running.stream import stream
from ocr_project.storage.run_record import RunRecord
from ocr_project.storage.scratch import Scratch

_AT_ONCE = 4  # items in one call: those of a Parquet file lie side by side

_Piece: TypeAlias = tuple[Chosen, tuple[int, ...]]


def read_test_sets(
    pages_done: ShardStore, options: TestsetsOptions, ingest: IngestOptions, runtime: RuntimeOptions
) -> Made:
    """Turn the items of the test sets into pages. Their text layers are left alone: it is OCR that is tested."""
    ingest = ingest.model_copy(update={"text_layer": TextLayer.OFF})
    shards = select(open_test_sets(options), limit=options.limit, shard_pages=ingest.shard_pages)
    wanted = {name: chosen.info() for name, chosen in shards.items()}
    plan = pending(
        wanted, narrow(pages_done, options), "testset_ingest", testset_identity(ingest_identity(ingest)), runtime.retry
    )

    def read(batch: Sequence[_Piece]) -> list[Page]:
        found = (
            (chosen.test_set.card.name, item) for chosen, places in batch for item in chosen.test_set.read(places)
        )
        return [_page(name, item, ingest) for name, item in found]

    return keep_all(
        pages_done, stream(plan, lambda name: _pieces(shards[name]), read, runtime, size=lambda piece: len(piece[1]))
    )


def read_truths(
    pages: ShardSource,
    truths_done: ShardStore,
    options: TestsetsOptions,
    ingest: IngestOptions,
    runtime: RuntimeOptions,
) -> Made:
    """Collect what the test sets know about the same items; their images are not touched."""
    shards = select(open_test_sets(options), limit=options.limit, shard_pages=ingest.shard_pages)
    identity = testset_identity(Identity("truths", TRUTHS_VERSION))
    plan = pending(narrow(pages, options), narrow(truths_done, options), "testset_truths", identity, runtime.retry)

    def read(batch: Sequence[Chosen]) -> list[Truth]:
        found = (
            (chosen.test_set.card.name, item)
            for chosen in batch
            for item in chosen.test_set.read(chosen.indices, images=False)
        )
        return [truth for name, item in found for truth in truths_of(name, item)]

    return keep_all(
        truths_done, stream(plan, lambda name: [shards[name]], read, runtime, size=lambda chosen: len(chosen.indices))
    )


def score_test_sets(
    pages: ShardSource,
    regions: ShardSource,
    recognitions: ShardSource,
    transcripts: ShardSource,
    truths: ShardSource,
    scored_done: ShardStore,
    options: TestsetsOptions,
    runtime: RuntimeOptions,
) -> Made:
    """Score what was read of each item against what is known about it."""
    lane = _lane(pages, recognitions, transcripts, truths, options)
    check_sources(lane.pages, narrow(regions, options), lane.recognitions, lane.transcripts, lane.truths)
    scorer = build_scorer(options)
    plan = pending(lane.transcripts, narrow(scored_done, options), "testset_scored", scorer.identity, runtime.retry)

    def score(batch: Sequence[Outcome]) -> list[Score]:
        return scorer.score(batch)

    return keep_all(scored_done, stream(plan, lane.read, score, runtime, batch=_SCORED_AT_ONCE))


def list_scores(scored: ShardSource, options: TestsetsOptions) -> pd.DataFrame:
    """Collect the scores of the items of this run's sets: columns as `Score`, `group` is the test set."""
    scores = narrow(scored, options)
    return stamped(to_frame(list(scores.rows()), Score), {"scores": origin_of(scores)})


def measure_test_sets(scores: pd.DataFrame) -> dict[str, float]:
    """Count the items, those that could not be scored, and those of them that no answer was given for."""
    failed = scores[scores["status"] == Status.FAILED]
    not_read = failed[failed["reason"].astype(str).str.startswith(NOT_READ)]
    return {
        "items": float(scores["item_id"].nunique()),
        "unscored": float(failed["item_id"].nunique()),
        "not_read": float(not_read["item_id"].nunique()),
    }


def record_test_sets(
    pages: ShardSource,
    regions: ShardSource,
    recognitions: ShardSource,
    transcripts: ShardSource,
    truths: ShardSource,
    scored: ShardSource,
    scores: pd.DataFrame,
    project: Project,
    options: TestsetsOptions,
    runtime: RuntimeOptions,
) -> RunRecord:
    """Collect all that a later run, or a person, needs to compare with this one."""
    lane = _lane(pages, recognitions, transcripts, truths, options)
    shards = narrow(scored, options)
    check_sources(lane.pages, narrow(regions, options), lane.recognitions, lane.transcripts, lane.truths, shards)
    check_stamp("the table of scores", "testsets", stamp_of(scores), {"scores": origin_of(shards)})
    return record_run(lane, scores, project, options, runtime)


def write_benchmark_page(
    scratch: Scratch,
    record: RunRecord,
    table: pd.DataFrame,
    answers: pd.DataFrame,
    gate: pd.DataFrame,
    pages: ShardSource,
    recognitions: ShardSource,
    transcripts: ShardSource,
    truths: ShardSource,
    options: TestsetsOptions,
    runtime: RuntimeOptions,
) -> Path:
    """Write the report of the run, reading images of items as it goes.

    Returns:
        The file, in `scratch`.
    """
    lane = _lane(pages, recognitions, transcripts, truths, options)
    check_stamp("the record of the run", "testsets", record.run.made_from, lane.origins())
    for rows in (table, answers, gate):
        check_stamp("a table of the page", "testsets", stamp_of(rows), record.run.made_from)
    write = build_page(Evidence(record, table, answers, gate), lane, options, runtime)
    with scratch.draft("benchmark.html") as path:
        write(path)
    return path


_SCORED_AT_ONCE = 32  # items in one call: formulas of several are drawn together


def _lane(
    pages: ShardSource,
    recognitions: ShardSource,
    transcripts: ShardSource,
    truths: ShardSource,
    options: TestsetsOptions,
) -> LaneShards:
    """Put side by side what is known, read and wanted of the items of this run's sets."""
    return LaneShards(*(narrow(shards, options) for shards in (pages, recognitions, transcripts, truths)))


def _pieces(chosen: Chosen) -> Iterator[_Piece]:
    for start in range(0, len(chosen.indices), _AT_ONCE):
        yield chosen, chosen.indices[start : start + _AT_ONCE]


def _page(name: str, item: Item, options: IngestOptions) -> Page:
    document = Document(
        doc_id=doc_id(name, item),
        path=f"{name}/{item.name or item.document}",
        group=name,
        media_type="",
        pages=item.page,
        bytes=0,
        source="",
    )
    page = read_single_page(document, item.index + 1, item.image, options)
    assert page.page_id == page_id(name, item)
    return replace(page, given=item.given, question=item.question)

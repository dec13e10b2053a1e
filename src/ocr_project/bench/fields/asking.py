"""Questions asked, image by image, and their answers kept: what a killed run has answered is not asked again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from ocr_project.bench.fields.job import FieldsJob, identity_with
from ocr_project.domain.options import RuntimeOptions
from ocr_project.domain.protocols import Answerer, ShardSource, ShardStore, SubmittingAnswerer
from ocr_project.domain.types import Answer, Asked, Identity, Made, Page, ShardInfo, derive_lineage
from ocr_project.engine.running.keep import keep_all
from ocr_project.engine.running.plan import open_lineage, pending
from ocr_project.engine.running.stage_metrics import Metrics, measure_stage
from ocr_project.engine.running.stream import stream
from ocr_project.engine.running.workers import AsyncWork, Work

STAGE = "fields"

_Item: TypeAlias = tuple[Page, tuple[Asked, ...]]


@dataclass(frozen=True, slots=True)
class AskedAll:
    """What a run's questions were answered.

    Attributes:
        made: What this run made of it, and where it is stored.
        identity: Of the answers: who answered, and in which words it was asked.
        answers: One for each question of the job, in its order.
        metrics: Of the shards that hold these answers, in whichever run they were made: `measure_stage`.
    """

    made: Made
    identity: Identity
    answers: tuple[Answer, ...]
    metrics: Metrics


def ask_all(
    job: FieldsJob, answerer: Answerer, done: ShardStore, runtime: RuntimeOptions, *, shard_pages: int = 1
) -> AskedAll:
    """Ask what has no answer yet, and return all answers.

    Args:
        job: What is asked.
        answerer: Who is asked; it stays open.
        done: The folder of answers; those of other answerers, prompts, filters and sets stay beside these.
        runtime: Workers, progress, which failures are tried again.
        shard_pages: Images that are saved together.

    Raises:
        BackendError: Nothing can be answered any more; what was answered is kept.
    """
    shards = job.shards(shard_pages)
    wanted = {name: info for name, (info, _) in shards.items()}
    identity = identity_with(answerer.identity, job.prompts)
    plan = replace(pending(wanted, done, STAGE, identity, runtime.retry), stale=())  # others' answers are not stale

    def read(name: str) -> Iterator[_Item]:
        return ((job.read(page), page.asked) for page in shards[name][1])

    made = keep_all(done, stream(plan, read, _work_of(answerer), runtime))
    kept = _Named(open_lineage(done, derive_lineage("", STAGE, identity), {}), frozenset(wanted))
    rows = {row.question_id: row for row in kept.rows()}
    return AskedAll(
        made,
        identity,
        tuple(rows[question.question_id] for question in job.questions),
        measure_stage(kept, runtime),
    )


def _work_of(answerer: Answerer) -> Work[_Item]:
    if isinstance(answerer, SubmittingAnswerer):

        def submit(batch: Sequence[_Item]) -> Future[list[Answer]]:
            ((page, asked),) = batch
            return answerer.submit(page, asked)

        return AsyncWork(submit, answerer.in_flight_pages)

    def answer(batch: Sequence[_Item]) -> list[Answer]:
        return [row for page, asked in batch for row in answerer.answer(page, asked)]

    return answer


@dataclass(frozen=True, slots=True)
class _Named:
    """The shards of a folder that a run is about: a folder holds answers to many other questions."""

    shards: ShardSource
    names: frozenset[str]

    def index(self) -> Mapping[str, ShardInfo]:
        return {name: info for name, info in self.shards.index().items() if name in self.names}

    def read(self, name: str, *, without: Sequence[str] = ()) -> Iterator[Any]:
        return self.shards.read(name, without=without)

    def rows(self, *, without: Sequence[str] = ()) -> Iterator[Any]:
        for name in self.index():
            yield from self.read(name, without=without)

    def find(self, name: str, page_id: str, *, without: Sequence[str] = ()) -> list[Any]:
        return self.shards.find(name, page_id, without=without)

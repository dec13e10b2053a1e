"""Stages beside each other make what they make one after another, and take each shard when it is stored."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ocr_project.domain.errors import StaleSource
from ocr_project.domain.options import RuntimeOptions
from ocr_project.domain.types import Page, ShardInfo, Status
from ocr_project.engine.running.events import EVENTS, Event, Happening
from ocr_project.engine.running.feeds import FEEDS, Stopped
from ocr_project.engine.running.keep import keep_all
from ocr_project.engine.running.plan import pending
from ocr_project.engine.running.sources import check_sources
from ocr_project.engine.running.stream import stream
from ocr_project.storage.lineages import LineageFolder
from ocr_project.testing.fakes import identity, page
from tests.waiting import PATIENCE, wait_for

WORKER = """
import sys
from pathlib import Path
from ocr_project.domain.options import RuntimeOptions
from tests.engine.running.test_feeds import Corpus
from tests.waiting import wait_for
root = Path(sys.argv[1])
def last_waits(batch):
    # The last shard waits until one is through all stages, and until who held it first has been killed.
    if batch[0].doc_id == "d5":
        wait_for(lambda: (root / "killed").exists() and list(root.glob("recognition/**/*.parquet")))
    return batch
runtime = RuntimeOptions(workers=1, progress=False, launch=sys.argv[2], lease_seconds=1.0)
Corpus(root, runtime=runtime).beside(ingest=last_waits)
"""
OTHER = """
import sys
from pathlib import Path
from ocr_project.domain.options import RuntimeOptions
from tests.engine.running.test_feeds import Corpus
runtime = RuntimeOptions(workers=1, progress=False, launch=sys.argv[2])
Corpus(Path(sys.argv[1]), runtime=runtime).run("ingest")
"""
STAGES = ("ingest", "layout", "recognition")
WAITS = Happening.STAGE_WAITS
NAMES = tuple(f"d{number}_00001" for number in range(6))
QUIET = RuntimeOptions(workers=2, progress=False, ahead=1)
Work = Callable[[Sequence[Page]], Sequence[Page]]


def echo(batch: Sequence[Page]) -> Sequence[Page]:
    return batch


@dataclass
class Corpus:
    """Three stages over folders, as nodes run them."""

    root: Path
    wanted: tuple[str, ...] = NAMES
    runtime: RuntimeOptions = QUIET
    edition: str = "first"

    def folder(self, stage: str) -> LineageFolder:
        return LineageFolder(self.root / stage, Page)

    def run(self, stage: str, work: Work = echo) -> list[ShardInfo]:
        """Run one; return what it made."""
        done, who = self.folder(stage), identity()
        if stage == STAGES[0]:
            wanted = {name: ShardInfo(name, f"{name} {self.edition}", name, 2) for name in self.wanted}
            plan = pending(wanted, done, stage, who)
            read = self.pages
        else:
            sources = [self.folder(before) for before in STAGES[: STAGES.index(stage)]]
            check_sources(*sources)
            plan, read = pending(sources[-1], done, stage, who), sources[-1].read
        return list(keep_all(done, stream(plan, read, work, self.runtime)).shards)

    def pages(self, name: str) -> Iterator[Page]:
        return (page(number, name.partition("_")[0]) for number in (1, 2))

    def beside(self, **works: Work) -> dict[str, list[ShardInfo]]:
        """Run all of them beside each other."""
        with FEEDS.following(STAGES), ThreadPoolExecutor(len(STAGES)) as pool:
            found = {stage: begun(pool, self.run, stage, works.get(stage, echo)) for stage in STAGES}
            try:
                return {stage: future.result(PATIENCE) for stage, future in found.items()}
            except BaseException:
                FEEDS.stop()  # those beside it would wait for what does not come
                raise

    def stored(self) -> dict[str, list[tuple[str, str, str]]]:
        return {
            stage: [(info.name, info.key, info.left) for info in self.folder(stage).index().values()]
            for stage in STAGES
        }

    def rows(self) -> dict[str, list[Page]]:
        return {stage: list(self.folder(stage).rows()) for stage in STAGES}


def begun(pool: ThreadPoolExecutor, run: Callable[..., list[ShardInfo]], stage: str, work: Work) -> Future[Any]:
    """Begin a stage, and return when it has said what it will store, or is over."""
    future = pool.submit(run, stage, work)
    future.add_done_callback(lambda _: FEEDS.notify())
    FEEDS.wait(lambda: future.done() or FEEDS.has_opened(stage))
    return future


def one_after_another(corpus: Corpus, **works: Work) -> Corpus:
    for stage in STAGES:
        corpus.run(stage, works.get(stage, echo))
    return corpus


@pytest.fixture
def straight(tmp_path: Path) -> Corpus:
    return one_after_another(Corpus(tmp_path / "straight"))


def test_a_shard_is_taken_up_while_the_next_one_is_made(tmp_path: Path, straight: Corpus) -> None:
    corpus, seen = Corpus(tmp_path / "beside"), threading.Event()

    def first_waits_for_last(batch: Sequence[Page]) -> Sequence[Page]:
        if batch[0].doc_id == "d5":
            assert seen.wait(PATIENCE), "the first shard came through all stages while the last one is in the first"
        return batch

    def last(batch: Sequence[Page]) -> Sequence[Page]:
        seen.set()
        return batch

    made = corpus.beside(ingest=first_waits_for_last, recognition=last)
    assert all(sorted(info.name for info in infos) == list(NAMES) for infos in made.values())
    assert corpus.stored() == straight.stored()
    assert corpus.rows() == straight.rows()


def test_nothing_is_made_twice_and_what_is_missing_anywhere_is_made(tmp_path: Path, straight: Corpus) -> None:
    assert straight.beside() == {stage: [] for stage in STAGES}
    for stage, number in (("ingest", 1), ("layout", 2), ("recognition", 3)):
        (straight.folder(stage).folder / f"{NAMES[number]}.parquet").unlink()
    made = {stage: [info.name for info in infos] for stage, infos in straight.beside().items()}
    assert made == {"ingest": [NAMES[1]], "layout": [NAMES[2]], "recognition": [NAMES[3]]}
    assert straight.stored() == one_after_another(Corpus(tmp_path / "again")).stored()


def test_a_corpus_that_changed_is_not_stale_while_it_is_made_anew(straight: Corpus) -> None:
    changed = replace(straight, wanted=(*NAMES[2:], "d9_00001"), edition="another")
    changed.run("ingest")
    with pytest.raises(StaleSource):
        changed.run("recognition")
    again = replace(changed, edition="a third")
    assert [len(infos) for infos in again.beside().values()] == [5, 5, 5]
    assert list(again.folder("recognition").index()) == [*NAMES[2:], "d9_00001"]


def test_keys_tell_what_failed_by_circumstance_upstream(tmp_path: Path) -> None:
    def fails_on_d3(batch: Sequence[Page]) -> Sequence[Page]:
        return [
            replace(one, status=Status.FAILED, reason="connection: refused") if one.doc_id == "d3" else one
            for one in batch
        ]

    beside, apart = Corpus(tmp_path / "beside"), Corpus(tmp_path / "apart")
    beside.beside(layout=fails_on_d3)
    one_after_another(apart, layout=fails_on_d3)
    assert beside.stored() == apart.stored()
    assert any(left for _, _, left in beside.stored()["layout"])


def test_an_error_stops_those_beside_it_and_the_next_run_goes_on(tmp_path: Path, straight: Corpus) -> None:
    corpus = Corpus(tmp_path / "beside")

    def breaks(batch: Sequence[Page]) -> Sequence[Page]:
        if batch[0].doc_id == "d4":
            raise OSError("a broken disk")
        return batch

    with FEEDS.following(STAGES), ThreadPoolExecutor(3) as pool:
        futures = [begun(pool, corpus.run, stage, breaks if stage == "layout" else echo) for stage in STAGES]
        with pytest.raises(OSError, match="a broken disk"):
            futures[1].result(PATIENCE)
        FEEDS.stop()
        with pytest.raises(Stopped):
            futures[2].result(PATIENCE)
    assert {info.name for info in corpus.folder("recognition").index().values()} <= set(NAMES[:4])
    corpus.beside()
    assert corpus.stored() == straight.stored()


def test_a_slice_takes_its_part_of_every_stage(tmp_path: Path, straight: Corpus) -> None:
    for part in range(2):
        parts = RuntimeOptions(workers=2, progress=False, slice=f"{part}/2")
        Corpus(tmp_path / "beside", runtime=parts).beside()
    assert Corpus(tmp_path / "beside").stored() == straight.stored()


def owner_of_last(root: Path, launch: Path) -> str:
    """Return the worker that has the last shard, when one is through all stages; an empty string until then."""
    if not list(root.glob("recognition/**/*.parquet")):
        return ""
    return "".join(claim.read_text("utf-8") for claim in launch.glob("claims/*/d5_00001.1"))


def test_workers_of_a_launch_do_not_wait_between_stages_and_one_may_be_killed(
    tmp_path: Path, straight: Corpus
) -> None:
    root, launch = tmp_path / "beside", tmp_path / "launch"
    processes = [subprocess.Popen((sys.executable, "-c", WORKER, str(root), str(launch))) for _ in range(2)]
    try:
        owner = wait_for(lambda: owner_of_last(root, launch))
        holder = next(process for process in processes if f"-{process.pid}-" in owner)
        holder.kill()
        (root / "killed").touch()
        assert next(one for one in processes if one is not holder).wait(PATIENCE) == 0
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert Corpus(root).stored() == straight.stored()
    assert Corpus(root).rows() == straight.rows()


def test_a_worker_at_a_slow_page_goes_on_with_what_others_have_stored(tmp_path: Path, straight: Corpus) -> None:
    """Its layout and its card would rest until that page is there."""
    root, launch = tmp_path / "beside", tmp_path / "launch"
    others: list[subprocess.Popen[bytes]] = []

    def slow(batch: Sequence[Page]) -> Sequence[Page]:
        if not others:
            others.append(subprocess.Popen((sys.executable, "-c", OTHER, str(root), str(launch))))
        wait_for(lambda: list(root.glob("recognition/**/*.parquet")), "what the other one has stored was not read")
        return batch

    try:
        corpus = Corpus(root, runtime=RuntimeOptions(workers=1, progress=False, launch=launch, ahead=1))
        corpus.beside(ingest=slow)
        assert others[0].wait(PATIENCE) == 0
    finally:
        for other in others:
            other.kill()
            other.wait()
    assert Corpus(root).stored() == straight.stored()


def test_seconds_do_not_count_the_wait_for_another_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus, seconds, last = Corpus(tmp_path), [0.0], [Happening.STAGE_BEGAN]
    clock = SimpleNamespace(perf_counter=lambda: seconds[0], time=time.time)
    monkeypatch.setattr("ocr_project.engine.running.stream.time", clock)

    def note(event: Event) -> None:
        if event.stage == "recognition":
            last[0] = event.what

    def slow(batch: Sequence[Page]) -> Sequence[Page]:
        before = set(NAMES[: NAMES.index(f"{batch[0].doc_id}_00001")])
        stored = tmp_path / "recognition"
        # once these are through, and it waits, it waits for this one
        wait_for(lambda: before <= {path.stem for path in stored.rglob("*.parquet")} and last[0] is WAITS)
        seconds[0] += 10
        return batch

    monkeypatch.setattr(EVENTS, "_listeners", [note])
    made = corpus.beside(ingest=slow)
    assert sum(info.wall_seconds for info in made["ingest"]) == 2 * 10 * len(NAMES)
    assert sum(info.wall_seconds for info in made["recognition"]) == 0

"""The whole OCR on a GPU: page shards to transcripts, models loaded; by stage and in all.

Usage: python -m benchmarks.end_to_end_gpu --pages DIR --model DIR --forced shared/gpu [--layout DIR] [--count 512]
       … --urls URL … --cards 2     of servers that run, on two cards: what `benchmarks.scaling` asks

Layout runs the real detector; its random weights find nothing of meaning, so recognition goes on with the known
regions, as the peers' measurement does. Without `--layout` (a checkpoint folder) that stage is left out. Every stage
reads and writes its shards (Parquet); with servers that run, layout and recognition are at work beside each other and
each shard is transcribed when it is recognised, as `kedro run` does with `runtime.overlap`, unless `--apart` is given.
Start-up is told apart: loading the detector, starting the servers, and the first pages of each. Of the host are told
the cores that this process keeps busy (Python's lock ends that near one), those of its crop workers, and the memory:
for each stage, or for recognition, beside which the others are. Needs no Kedro.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeAlias

from benchmarks.gpu_machine import HostSide, commit, gpu_watched, hardware, report
from benchmarks.known_pages import known_pages, page_shards
from benchmarks.serving import drive, servers

from ocr_project.domain.options import LayoutBackend, LayoutOptions, RuntimeOptions, TranscriptOptions
from ocr_project.domain.types import Page, Recognition, Region, Shard, Transcript
from ocr_project.engine.recognition.vision.vllm import VllmRecognizer
from ocr_project.engine.running.feeds import FEEDS
from ocr_project.engine.running.plan import pending
from ocr_project.engine.running.stream import join_pages, stream
from ocr_project.engine.running.workers import AsyncWork, Work
from ocr_project.engine.transcript import assemble, transcript_identity
from ocr_project.storage.lineages import LineageFolder
from ocr_project.storage.shard_folder import ShardFolder

QUIET = RuntimeOptions(progress=False)
WARM_UP = 32  # pages
Stages: TypeAlias = "dict[str, dict[str, Any]]"


def main() -> int:
    """Run the stages, and print one JSON."""
    chosen = arguments()
    folder = Path(tempfile.mkdtemp(prefix="ocr_whole_"))
    result: dict[str, Any] = {"commit": chosen.commit or commit(), "hardware": hardware(), "count": chosen.count}
    try:
        sources = written_pages(folder, chosen)
        if chosen.urls and not chosen.apart:
            stages, seconds = beside(chosen, folder, sources, result)
        else:
            stages = apart(chosen, folder, sources, result)
            seconds = sum(stage["seconds"] for stage in stages.values())
    finally:
        shutil.rmtree(folder)
    for stage in stages.values():
        stage["pages_per_second"] = round(chosen.count / stage["seconds"], 2)
    whole = {"seconds": round(seconds, 2), "pages_per_second": round(chosen.count / seconds, 2)}
    cores = sum(stage["core_seconds"] for stage in stages.values())
    whole |= {"core_seconds_a_page": round(cores / chosen.count, 4)}
    whole |= {"resident_mb": max(stage["resident_mb"] for stage in stages.values())}
    whole |= {"failed": sum(stage["failed"] for stage in stages.values())}
    report({**result, "stages": stages, "whole": whole}, chosen.json)
    return 0


def apart(
    chosen: argparse.Namespace, folder: Path, sources: tuple[ShardFolder, ShardFolder], result: dict[str, Any]
) -> Stages:
    """Run one stage after another."""
    stages: Stages = {}
    if chosen.layout:
        with layout(chosen, folder, sources[0]) as work:
            stages["layout"] = work()
    with served(chosen, result) as options, recognition(VllmRecognizer(options), chosen, folder, sources) as work:
        stages["recognition"] = work()
    stages["transcript"] = transcripts(chosen, folder, *sources)
    return stages


def beside(
    chosen: argparse.Namespace, folder: Path, sources: tuple[ShardFolder, ShardFolder], result: dict[str, Any]
) -> tuple[Stages, float]:
    """Run stages beside each other; return also the seconds of all, models loaded."""
    with ExitStack() as stack:
        works: dict[str, Callable[[], dict[str, Any]]] = {}
        if chosen.layout:
            works["layout"] = stack.enter_context(layout(chosen, folder, sources[0], watched=False))
        options = stack.enter_context(served(chosen, result))
        stack.enter_context(FEEDS.following(["recognition"]))
        works["recognition"] = stack.enter_context(recognition(VllmRecognizer(options), chosen, folder, sources))
        works["transcript"] = lambda: transcripts(chosen, folder, *sources, watched=False)
        started = time.perf_counter()
        with ThreadPoolExecutor(len(works)) as pool:
            running = {name: pool.submit(work) for name, work in works.items()}
            done, _ = wait(running.values(), return_when=FIRST_EXCEPTION)
            if any(future.exception() is not None for future in done):
                FEEDS.stop()  # the others would wait for what does not come
        return {name: future.result() for name, future in running.items()}, time.perf_counter() - started


@contextmanager
def served(chosen: argparse.Namespace, result: dict[str, Any]) -> Iterator[Any]:
    with servers(chosen, chosen.replicas, chosen.batched_tokens, chosen.compile) as (urls, options, startup):
        result["servers_start_seconds"], result["urls"] = startup, len(urls)
        yield options.model_copy(update={"requests": chosen.requests})


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=Path, required=True)
    parser.add_argument("--count", type=int, default=512)
    parser.add_argument(
        "--first", type=int, default=0, help="page to begin with, where several clients share a corpus"
    )
    parser.add_argument("--cards", type=int, default=1, help="that are at work and watched")
    parser.add_argument("--shard-pages", type=int, default=128)
    parser.add_argument("--layout", type=Path, help="checkpoint of PP-DocLayoutV3")
    parser.add_argument("--layout-options", type=json.loads, default={}, help="JSON of layout.pp_doclayout_v3")
    parser.add_argument("--urls", nargs="+", default=[])
    parser.add_argument("--model", type=Path)
    parser.add_argument("--profile", type=json.loads, default={}, help="JSON of recognition.vllm")
    parser.add_argument("--forced", type=Path)
    parser.add_argument("--replicas", type=int, default=4)
    parser.add_argument("--batched-tokens", type=int, default=16384)
    parser.add_argument("--compile", default="eager")
    parser.add_argument("--requests", type=int, default=512)
    parser.add_argument("--crop-workers", type=int, default=0)
    parser.add_argument("--logs", type=Path, default=Path("/tmp/vllm-logs"))
    parser.add_argument("--apart", action="store_true", help="one stage after another")
    parser.add_argument("--commit", default="")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def written_pages(folder: Path, chosen: argparse.Namespace) -> tuple[ShardFolder, ShardFolder]:
    pages, regions = ShardFolder(folder / "pages", Page), ShardFolder(folder / "known", Region)
    for page_shard, region_shard in page_shards(chosen.pages, chosen.count, chosen.shard_pages, chosen.first):
        pages.write(page_shard)
        regions.write(region_shard)
    return pages, regions


@contextmanager
def layout(
    chosen: argparse.Namespace, folder: Path, pages: ShardFolder, *, watched: bool = True
) -> Iterator[Callable[[], dict[str, Any]]]:
    from ocr_project.engine.layout import build_detector

    values = {"checkpoint": str(chosen.layout), "batch_pages": 64, **chosen.layout_options}
    options = LayoutOptions.model_validate({"backend": LayoutBackend.PP_DOCLAYOUT_V3, "pp_doclayout_v3": values})
    started = time.perf_counter()
    detector: Any = build_detector(options)
    batch = [page for page, _ in known_pages(chosen.pages, detector.batch_pages)]
    with ThreadPoolExecutor(chosen.cards) as pool:  # as many at once as there are cards: the free one takes the next
        list(pool.map(detector.detect, [batch] * (2 * chosen.cards)))
    loading = time.perf_counter() - started

    def detect(batch: Sequence[Page]) -> list[Region]:
        return [region for found in detector.detect(batch) for region in found]

    runtime = QUIET if detector.workers is None else QUIET.model_copy(update={"workers": detector.workers})
    done = ShardFolder(folder / "regions", Region)
    plan = pending(pages, done, "layout", detector.identity)
    read = pages.read
    results = stream(plan, lambda name: read(name), detect, runtime, batch=detector.batch_pages)
    try:
        yield lambda: {"load_seconds": round(loading, 1), **clocked(chosen, results, done, watched=watched)}
    finally:
        detector.close()


@contextmanager
def recognition(
    recognizer: VllmRecognizer, chosen: argparse.Namespace, folder: Path, sources: tuple[ShardFolder, ShardFolder]
) -> Iterator[Callable[[], dict[str, Any]]]:
    pages, regions = sources

    def submit(batch: Sequence[tuple[Page, list[Region]]]) -> Future[list[Recognition]]:
        ((page, found),) = batch
        return recognizer.submit(page, found)

    try:
        drive(recognizer, known_pages(chosen.pages, WARM_UP))
        done = LineageFolder(folder / "recognitions", Recognition)
        plan = pending(regions, done, "recognition", recognizer.identity)
        work: Work[Any] = AsyncWork(submit, recognizer.in_flight_pages)
        results = stream(plan, lambda name: join_pages(pages.read(name), regions.read(name)), work, QUIET)
        yield lambda: clocked(chosen, results, done)
    finally:
        recognizer.close()


def transcripts(
    chosen: argparse.Namespace, folder: Path, pages: ShardFolder, regions: ShardFolder, *, watched: bool = True
) -> dict[str, Any]:
    options = TranscriptOptions()
    recognitions = LineageFolder(folder / "recognitions", Recognition)
    done = ShardFolder(folder / "transcripts", Transcript)
    plan = pending(recognitions, done, "transcript", transcript_identity(options))

    def read(name: str) -> Iterable[Any]:
        return join_pages(pages.read(name, without=("image",)), regions.read(name), recognitions.read(name))

    def write(batch: Sequence[Any]) -> list[Transcript]:
        return [assemble(page, found, read_, options) for page, found, read_ in batch]

    return clocked(chosen, stream(plan, read, write, QUIET), done, watched=watched)


def clocked(
    chosen: argparse.Namespace, results: Iterable[Any], done: ShardFolder, *, watched: bool = True
) -> dict[str, Any]:
    """Write the shards of a stage as they come, and say what that took.

    Args:
        watched: Whether the host and the cards are looked at: of stages beside each other by one of them.
    """
    host, started, failed, rows = HostSide(), time.perf_counter(), 0, 0
    made: list[float] = []
    with gpu_watched(chosen.cards) if watched else nullcontext({}) as gpu:
        for shard in results:
            assert isinstance(shard, Shard)
            done.keep(shard)
            made.append(round(time.perf_counter() - started, 2))
            failed, rows = failed + shard.info.failed, rows + shard.info.items
    seconds = time.perf_counter() - started
    taken: Mapping[str, Any] = {**host.taken(), **gpu} if watched else {"core_seconds": 0.0, "resident_mb": 0}
    return {"seconds": round(seconds, 2), "rows": rows, "failed": failed, "shards_at": made, **taken}


if __name__ == "__main__":
    sys.exit(main())

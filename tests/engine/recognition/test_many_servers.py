"""Pages of a corpus over the servers of one, two, four and eight cards."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from ocr_project.domain.options import RuntimeOptions, VllmOptions
from ocr_project.domain.types import Page, Recognition, Region, ShardInfo, Status
from ocr_project.engine.recognition.vision.vllm import VllmRecognizer
from ocr_project.engine.running.plan import pending
from ocr_project.engine.running.stream import stream
from ocr_project.engine.running.workers import AsyncWork
from ocr_project.storage.shard_folder import ShardFolder
from ocr_project.testing.fake_vllm import FakeVllm
from ocr_project.testing.regions import drawn_page, expected, read_marks

CARDS = (1, 2, 4, 8)
PAGES, REGIONS, SHARDS = 48, 2, 4
IN_FLIGHT = 4  # requests for each card
CORPUS = [drawn_page(number, REGIONS) for number in range(PAGES)]


def shard(place: int) -> list[tuple[Page, list[Region]]]:
    size = PAGES // SHARDS
    return CORPUS[place * size : (place + 1) * size]


def read_corpus(folder: Path, servers: Sequence[FakeVllm], **changes: Any) -> ShardFolder:
    """Read all shards through the servers, as the stage does."""
    values = {"jpeg_quality": None, "crop_workers": 1, "patience_seconds": 10.0, **changes}
    options = VllmOptions(
        model="zai-org/GLM-OCR",
        urls=tuple(server.url for server in servers),
        requests=IN_FLIGHT * len(servers),
        **values,
    )
    recognizer = VllmRecognizer(options)
    done = ShardFolder(folder, Recognition)
    sources = {f"s{n}": ShardInfo(f"s{n}", f"key of s{n}", f"s{n}", PAGES // SHARDS) for n in range(SHARDS)}
    plan = pending(sources, done, "recognition", recognizer.identity)

    def submit(batch: Sequence[tuple[Page, list[Region]]]) -> Future[list[Recognition]]:
        ((page, regions),) = batch
        return recognizer.submit(page, regions)

    try:
        work = AsyncWork(submit, recognizer.in_flight_pages)
        for made in stream(plan, lambda name: shard(int(name[1:])), work, RuntimeOptions(progress=False)):
            done.write(made)
    finally:
        recognizer.close()
    return done


def check_whole(done: ShardFolder) -> None:
    """Each page is there once, its regions in order, each with its own answer, in its shard."""
    for place in range(SHARDS):
        rows: list[Recognition] = list(done.read(f"s{place}"))
        regions = [region for _, found in shard(place) for region in found]
        assert [(row.page_id, row.index) for row in rows] == [(region.page_id, region.index) for region in regions]
        assert [row.text for row in rows] == expected(regions)
        assert {row.status for row in rows} == {Status.OK}


def by_rounds(size: int) -> Callable[[], Callable[[], bool]]:
    """Let servers answer when so many of their requests together have come since the last time, or all there are."""
    numbers, come = itertools.count(), [0]

    def hold() -> Callable[[], bool]:
        wanted = min(PAGES * REGIONS, (next(numbers) // size + 1) * size)
        come[0] += 1
        return lambda: come[0] >= wanted

    return hold


@pytest.mark.parametrize("cards", CARDS)
def test_every_page_is_read_once_in_order_and_each_server_has_its_part(tmp_path: Path, cards: int) -> None:
    with ExitStack() as stack:
        hold = by_rounds(IN_FLIGHT * cards)
        servers = [stack.enter_context(FakeVllm(read=read_marks, hold=hold)) for _ in range(cards)]
        check_whole(read_corpus(tmp_path, servers))
        asked = [server.requests for server in servers]
        most = [server.most_in_flight for server in servers]
    assert sum(asked) == PAGES * REGIONS, "nothing is asked twice"
    fair = PAGES * REGIONS / cards
    assert all(0.5 * fair <= one <= 1.5 * fair for one in asked), asked
    assert max(most) <= IN_FLIGHT + 1, "the one with the fewest in flight is asked next"


@pytest.mark.parametrize("cards", CARDS[1:])
def test_pages_of_a_server_that_is_gone_go_to_the_others(tmp_path: Path, cards: int) -> None:
    with ExitStack() as stack:
        others = [stack.enter_context(FakeVllm(read=read_marks, delay=0.02)) for _ in range(cards - 1)]
        ends = FakeVllm(read=read_marks, faults=lambda number, body: "die" if number == 2 else None, dead=3600)
        gone = stack.enter_context(ends)
        # one that it had taken and never looked at is silent until it is given up
        check_whole(read_corpus(tmp_path, [gone, *others], connect_seconds=0.5, read_seconds=5.0))
        left = sum(server.requests for server in others)
    assert gone.requests < PAGES * REGIONS / cards, "it was gone before it had read its part"
    assert left >= PAGES * REGIONS - gone.requests


def test_a_slower_card_is_given_less(tmp_path: Path) -> None:
    answered = itertools.count(1)

    def one_for_three() -> Callable[[], bool]:
        """Answer a request for every three that the other one is asked, and the last ones at once."""
        wanted = 3 * next(answered)
        return lambda: quick.requests >= wanted or slow.requests + quick.requests >= PAGES * REGIONS

    with FakeVllm(read=read_marks, hold=one_for_three) as slow, FakeVllm(read=read_marks) as quick:
        check_whole(read_corpus(tmp_path, [slow, quick]))
        assert quick.requests > 1.5 * slow.requests

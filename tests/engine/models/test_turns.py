"""Requests are sent so that shards end one after another, however long some of their answers take."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import closing

import pytest

from ocr_project.domain.options import RuntimeOptions
from ocr_project.domain.types import Shard, ShardInfo
from ocr_project.engine.models.crops.worker import Fit
from ocr_project.engine.models.session import Session, all_of
from ocr_project.engine.models.turns import PageTurn, Turns
from ocr_project.engine.running.plan import pending
from ocr_project.engine.running.stream import stream
from ocr_project.engine.running.workers import AsyncWork
from ocr_project.testing.fakes import MemoryShards, identity

SHARDS, PAGES, REGIONS, IN_FLIGHT = 24, 8, 6, 32
QUIET = RuntimeOptions(workers=1, progress=False)


class Card:
    """A transport that writes a token of each answer in flight at a time, as a server does, without a clock."""

    def __init__(self, begins: Callable[[], bool] = lambda: True) -> None:
        self._begins = begins
        self._writing: asyncio.Task[None] | None = None
        self._left: dict[asyncio.Future[None], int] = {}
        self.answered = self.most = self.tokens = 0

    async def ask(self, length: int) -> int:
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._left[answer] = length
        self.most = max(self.most, len(self._left))
        self._writing = self._writing or asyncio.create_task(self._write())
        await answer
        self.answered += 1
        return length

    async def aclose(self) -> None:
        if self._writing is not None:
            self._writing.cancel()

    async def _write(self) -> None:
        while True:
            for _ in range(6):  # who has an answer asks for the next
                await asyncio.sleep(0)
            if not self._left or not self._begins():
                await asyncio.sleep(0.0005)
                continue
            self.tokens += 1
            for answer in list(self._left):
                self._left[answer] -= 1
                if self._left[answer] == 0:
                    del self._left[answer]
                    answer.set_result(None)


class Reading:
    """All shards read through a session, as a stage does: told of each is the share of all answers that was there."""

    def __init__(self, shards: Sequence[list[list[int]]]) -> None:
        self._shards = shards
        self._pages = sum(map(len, shards))
        self._out = self._finished = 0
        self.card = Card(self._is_quiet)
        turns = Turns(IN_FLIGHT, longest_first=True)
        self._session: Session[int, int] = Session(
            "reader", self.card, Fit(1, 1, 1, None), turns=turns, crop_workers=1, crop_memory=2**30
        )

    def run(self) -> list[float]:
        infos = {name: ShardInfo(name, f"key of {name}", name, PAGES) for name in map("s{:02}".format, range(SHARDS))}
        plan = pending(infos, MemoryShards(), "recognition", identity())
        work = AsyncWork(self._submit, self._session.in_flight_pages)
        with closing(self._session):
            made = stream(plan, lambda name: iter(self._shards[int(name[1:])]), work, QUIET)
            return [self.card.answered / (self._pages * REGIONS) for one in made if isinstance(one, Shard)]

    def _submit(self, batch: Sequence[list[int]]) -> Future[list[int]]:
        self._out += 1
        future = self._session.submit(self._read, batch[0])
        future.add_done_callback(self._finish)
        return future

    def _finish(self, _: Future[list[int]]) -> None:
        self._finished += 1

    async def _read(self, lengths: list[int]) -> list[int]:
        with self._session.page() as page:
            return await all_of([self._session.start(page, one, self._session.ask, one) for one in lengths])

    def _is_quiet(self) -> bool:
        """Say whether the stage has handed out all that it may: no token is written before."""
        return self._out - self._finished == min(self._session.in_flight_pages, self._pages - self._finished)


def corpus(longest: int) -> list[list[list[int]]]:
    """Return shards of pages of lengths; one answer of a shard is the longest, the others are short."""
    drawn = random.Random(1)
    shards = [[[drawn.randint(2, 8) for _ in range(REGIONS)] for _ in range(PAGES)] for _ in range(SHARDS)]
    for pages in shards:
        pages[drawn.randrange(PAGES)][0] = longest
    return shards


@pytest.mark.parametrize("longest", [5, 100, 200])
def test_shards_end_one_after_another(longest: int) -> None:
    reading = Reading(corpus(longest))
    made = reading.run()
    behind = [share - (place + 1) / SHARDS for place, share in enumerate(made)]
    assert max(behind) < 0.45, f"shards wait for others: {[round(share, 2) for share in made]}"
    assert sum(behind) / SHARDS < 0.2
    assert reading.card.most == IN_FLIGHT


def test_no_time_is_lost_by_it() -> None:
    reading = Reading(corpus(100))
    reading.run()
    assert reading.card.tokens <= asyncio.run(in_order(corpus(100)))


async def in_order(shards: Sequence[list[list[int]]]) -> int:
    """Return the tokens' time of the same requests in the order of the pages."""
    card, slots = Card(), asyncio.Semaphore(IN_FLIGHT)

    async def ask(length: int) -> None:
        async with slots:
            await card.ask(length)

    await asyncio.gather(*(ask(length) for pages in shards for page in pages for length in page))
    await card.aclose()
    return card.tokens


def test_requests_of_equal_size_keep_the_order_of_their_pages() -> None:
    sent: list[tuple[int, int]] = []

    async def read(turns: Turns, number: int) -> None:
        async def ask(region: int) -> None:
            async with turns.turn(page, 7):
                sent.append((number, region))
                await asyncio.sleep(0)

        with turns.page() as page:
            for _ in range(3):
                turns.announce(page, 7)
            await asyncio.gather(*map(ask, range(3)))

    async def read_pages() -> None:
        turns = Turns(8, longest_first=True)
        await asyncio.gather(*(read(turns, number) for number in range(5)))

    asyncio.run(read_pages())
    assert sent == [(number, region) for number in range(5) for region in range(3)]


def test_who_gives_up_waiting_takes_no_turn() -> None:
    async def run() -> None:
        turns = Turns(1, longest_first=True)
        with turns.page() as page:
            async with turns.turn(page, 1):
                waiting = [asyncio.create_task(enter(turns, page)) for _ in range(3)]
                await asyncio.sleep(0)
                waiting[0].cancel()
                waiting[1].cancel()
                await asyncio.sleep(0)
            await asyncio.wait_for(waiting[2], 1)
            async with asyncio.timeout(1), turns.turn(page, 1):
                pass

    asyncio.run(run())


async def enter(turns: Turns, page: PageTurn) -> None:
    async with turns.turn(page, 1):
        await asyncio.sleep(0)


def test_requests_that_wait_do_not_fill_the_memory() -> None:
    async def run() -> None:
        turns = Turns(1, longest_first=False)
        with turns.page() as page:
            async with turns.turn(page, 2**29):
                tasks = [asyncio.create_task(wait(turns, page)) for _ in range(2)]
                await asyncio.sleep(0)
                room = asyncio.create_task(turns.room())
                await asyncio.sleep(0.01)
                assert not room.done()
            await asyncio.wait_for(room, 1)
            await asyncio.gather(*tasks)

    async def wait(turns: Turns, page: PageTurn) -> None:
        async with turns.turn(page, 2**29):
            await asyncio.sleep(0)

    asyncio.run(run())

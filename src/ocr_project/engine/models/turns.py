"""Whose turn it is: which of the requests that wait is sent next, where only so many may be in flight.

An answer takes as long as it is long, and on a busy card a long one takes minutes. Sent in the order of the pages,
each shard waits for its longest answer while many others are begun, and all of them end at the end of the run. So a
request is sent the sooner the larger it is: `limit` requests in flight are a number of pages, and an answer of so many
times the mean length takes the time in which so many times these pages pass; it is sent that many pages before its
page is due. Requests of equal size keep the order of their pages.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

_AHEAD = 2  # times the limit: pages, where long answers are looked for ahead
_BEHIND = 4  # times the limit: requests sent of pages behind the oldest that is not finished
_SLOWED = 2  # the part of the limit that is used from then on, so that old answers get on: 2 to 3 % of the pages/s
_MOST_WAITING = 2**30  # bytes of requests that wait


@dataclass(slots=True, eq=False)
class PageTurn:
    """A page, from when its place is taken until it is finished.

    Attributes:
        place: In the order of the pages.
        sent: Requests.
    """

    place: int
    sent: int = 0
    sized: bool = False
    finished: bool = False


class Turns:
    """The requests of many pages. Everything here runs on the loop's thread."""

    def __init__(self, limit: int, *, longest_first: bool) -> None:
        """Begin with nothing in flight.

        Args:
            limit: Requests in flight at once.
            longest_first: Whether the size of a request tells how long its answer takes.
        """
        self._limit = limit
        self._longest_first = longest_first
        self._waiting: list[tuple[float, int, int, PageTurn, asyncio.Future[None]]] = []
        self._pages: deque[PageTurn] = deque()  # from the oldest that is not finished on
        self._places = self._asked = self._sent = self._passed = self._in_flight = 0
        self._size = self._sized = 0  # of all requests so far; pages that had any
        self._bytes = 0  # that wait
        self._room = asyncio.Event()

    @property
    def pages(self) -> int:
        """Pages among which the next requests are looked for; as many as keep all requests in flight, at least."""
        return _AHEAD * self._limit if self._longest_first else self._limit

    @contextmanager
    def page(self) -> Iterator[PageTurn]:
        """Give a page the next place, which it has until it is finished."""
        page = PageTurn(self._places)
        self._places += 1
        self._pages.append(page)
        try:
            yield page
        finally:
            page.finished = True
            while self._pages and self._pages[0].finished:
                self._passed += self._pages.popleft().sent
            self._give()

    def announce(self, page: PageTurn, size: int) -> None:
        """Say that a page has a request of a size: of all of its requests, before the first waits for its turn."""
        self._size += size
        self._sized += not page.sized
        page.sized = True

    @asynccontextmanager
    async def turn(self, page: PageTurn, size: int) -> AsyncIterator[None]:
        """Wait until a request may be sent; it is in flight as long as this lasts.

        Args:
            page: Which it belongs to.
            size: Its bytes, as they were announced.
        """
        turn = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (self._due(page, size), self._asked, size, page, turn))
        self._asked += 1
        self._bytes += size
        self._give()
        try:
            await turn
            yield
        finally:
            if turn.done() and not turn.cancelled():
                self._in_flight -= 1
                self._give()

    async def room(self) -> None:
        """Wait until more requests may wait without filling the memory."""
        while self._bytes >= _MOST_WAITING:
            self._room.clear()
            await self._room.wait()

    def _due(self, page: PageTurn, size: int) -> float:
        """Return the place in the order of the pages at which a request is sent; the lowest is next."""
        if not self._longest_first or not self._size:
            return page.place
        return page.place - self._limit * size * self._sized / self._size

    def _give(self) -> None:
        while self._waiting and self._in_flight < self._allowed():
            _, _, size, page, turn = heapq.heappop(self._waiting)
            self._bytes -= size
            if turn.done():  # cancelled meanwhile
                continue
            turn.set_result(None)
            self._in_flight += 1
            self._sent += 1
            page.sent += 1
        if self._bytes < _MOST_WAITING:
            self._room.set()

    def _allowed(self) -> int:
        behind = self._sent - self._passed
        return self._limit if behind <= _BEHIND * self._limit else max(1, self._limit // _SLOWED)

"""In which order shards end on a busy card, by a simulation of its servers: no card, no clock, a few seconds.

Usage: python -m benchmarks.order [--pages 1536] [--shard-pages 73] [--requests 512] [--long 0.02]

Four servers share a card. Each writes one token of each of its answers a step; a step takes as long as the prompts
that it takes up, so that answers are slower the more requests there are. Held against each other: requests in the
order of their pages, as they were sent before decision 44, and `Turns`. Told of each: seconds; how far shards end
behind the place that they would have in a perfect order, as a share of all answers; when the first is whole.
"""

from __future__ import annotations

import argparse
import asyncio
import heapq
import json
import random
import sys
from collections import deque
from collections.abc import Sequence

from ocr_project.engine.models.turns import Turns

SERVERS, CACHE, BATCH = 4, 290_000, 16_384  # tokens of the cache (18 GB), tokens of a step
# Seconds: of a step; more of one with new requests; of a token of a prompt; of an answer in flight. Set by the pages/s
# of four settings on an H200 (docs/log.md, 2026-11-29): 13.7, 16.3, 18.7 and 19.1
STEP, NEW, PROMPT, ANSWER = 2.0e-3, 5.9e-3, 15.3e-6, 3e-6
ANSWERED = 0.25  # tokens of an answer for each of its image


class Server:
    """One of the servers."""

    def __init__(self, seats: int, batch: int) -> None:
        self._seats, self._batch, self._held = seats, batch, 0
        self.waiting: deque[list[float]] = deque()  # tokens of the prompt, tokens left of the answer, number
        self.running: list[list[float]] = []
        self.busy = False

    def step(self) -> float:
        """Take up what fits; return the seconds of the next step on a card of its own."""
        free = CACHE - sum(size * (1 + ANSWERED) for size, _, _ in self.running)
        taken = 0.0
        seats = 0 if self._holds() else self._seats
        while self.waiting and len(self.running) < seats:
            size = self.waiting[0][0]
            if size * (1 + ANSWERED) > free or (taken and taken + size > BATCH):
                break
            self.running.append(self.waiting.popleft())
            free, taken = free - size * (1 + ANSWERED), taken + size
        return STEP + (NEW + PROMPT * taken if taken else 0.0) + ANSWER * len(self.running)

    def _holds(self) -> bool:
        """Do as `GatheringScheduler` does."""
        ready = min(len(self.waiting), self._seats - len(self.running))
        holds = bool(self.waiting) and self._held < 64 and ready < min(self._batch, len(self.running) // 2)
        self._held = self._held + 1 if holds else 0
        return holds


class Card:
    """All servers of a card, on a clock of their own."""

    def __init__(self, requests: int, batch: int) -> None:
        self.now = 0.0
        self.answered = 0
        self._servers = [Server(requests // SERVERS, batch) for _ in range(SERVERS)]
        self._ends: list[tuple[float, int]] = []
        self._answers: dict[float, asyncio.Future[None]] = {}

    async def ask(self, size: float) -> None:
        """Wait for the answer to a request."""
        number = float(len(self._answers))
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        least = min(self._servers, key=lambda server: len(server.waiting) + len(server.running))
        least.waiting.append([size, max(8.0, round(size * ANSWERED)), number])
        await answer
        self.answered += 1

    async def run(self) -> None:
        """Go on, step by step, as long as this is not cancelled."""
        while True:
            for _ in range(8):  # who has an answer sends the next request
                await asyncio.sleep(0)
            for place, server in enumerate(self._servers):
                if not server.busy and (server.waiting or server.running):
                    server.busy = True
                    beside = sum(one.busy for one in self._servers)
                    heapq.heappush(self._ends, (self.now + max(5e-3, beside * server.step()), place))
            if self._ends:
                self.now, place = heapq.heappop(self._ends)
                self._write(self._servers[place])

    def _write(self, server: Server) -> None:
        for request in server.running:
            request[1] -= 1
            if request[1] <= 0:
                self._answers[request[2]].set_result(None)
        server.running = [request for request in server.running if request[1] > 0]
        server.busy = False


class InOrder(Turns):
    """Requests in the order of their pages, as many as may be."""

    def _due(self, page: object, size: int) -> float:
        return 0.0

    def _allowed(self) -> int:
        return self._limit


async def simulate(corpus: Sequence[Sequence[int]], turns: Turns, card: Card, shard_pages: int) -> dict[str, object]:
    """Read a corpus of pages of sizes."""
    window = asyncio.Semaphore(turns.pages)
    left = [len(corpus[first : first + shard_pages]) for first in range(0, len(corpus), shard_pages)]
    ends: list[tuple[float, float]] = []

    async def ask(page: object, size: int) -> None:
        async with turns.turn(page, size):
            await card.ask(size)

    async def read(place: int) -> None:
        with turns.page() as page:
            for size in corpus[place]:
                turns.announce(page, size)
            await asyncio.gather(*(ask(page, size) for size in corpus[place]))
        window.release()
        left[place // shard_pages] -= 1
        if not left[place // shard_pages]:
            ends.append((card.now, card.answered))

    running = asyncio.create_task(card.run())
    tasks = []
    for place in range(len(corpus)):
        await window.acquire()
        tasks.append(asyncio.create_task(read(place)))
    await asyncio.gather(*tasks)
    running.cancel()
    behind = [answers / card.answered - (place + 1) / len(left) for place, (_, answers) in enumerate(ends)]
    return {
        "seconds": round(card.now, 1),
        "behind_mean": round(sum(behind) / len(behind), 3),
        "behind_most": round(max(behind), 3),
        "first_seconds": round(ends[0][0], 1),
        "ends": [round(at, 1) for at, _ in ends],
    }


def drawn(pages: int, long: float, seed: int = 1) -> list[list[int]]:
    """Return image tokens of the regions of pages: most are lines and paragraphs, a few are as large as a page."""
    draw = random.Random(seed)

    def size() -> int:
        if draw.random() < long:
            return draw.randint(4_000, 6_000)
        return int(min(3_000.0, max(20.0, draw.lognormvariate(4.6, 0.9))))

    return [[size() for _ in range(draw.randint(5, 12))] for _ in range(pages)]


def main() -> int:
    """Simulate both ways, print one JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=1_536)
    parser.add_argument("--shard-pages", type=int, default=73)
    parser.add_argument("--requests", type=int, default=512)
    parser.add_argument("--batch", type=int, default=0, help="new requests that a server lets in together")
    parser.add_argument("--long", type=float, default=0.02, help="share of the regions that are as large as a page")
    chosen = parser.parse_args()
    corpus = drawn(chosen.pages, chosen.long)
    ways = {"in_order": InOrder, "turns": Turns}
    found = {
        name: asyncio.run(
            simulate(
                corpus,
                way(chosen.requests, longest_first=True),
                Card(chosen.requests, chosen.batch),
                chosen.shard_pages,
            )
        )
        for name, way in ways.items()
    }
    print(json.dumps({**vars(chosen), **found}))
    return 0


if __name__ == "__main__":
    sys.exit(main())

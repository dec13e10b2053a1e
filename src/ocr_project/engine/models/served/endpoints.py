"""Which server the next request goes to: the one with the fewest requests in flight, of those that are there.

None gets more than its part of all that may be in flight: the first that is ready would have all of them, and the
others, which are ready a second later, nothing of these pages.

Everything here runs on the loop's thread, except `from_thread`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import random
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice

from ocr_project.domain.errors import BackendError

log = logging.getLogger(__name__)

_FIRST_REFUSALS, _REFUSALS = 5, 100  # in a row, of a server that never gave an answer, and of one that did
_LOOK_AGAIN = 1.0  # seconds
_REST = 0.5, 10.0  # seconds that a server that is not there is left alone, at first and at most


@dataclass(slots=True, eq=False)
class Endpoint:
    """One server.

    Attributes:
        url: Without a slash at the end; changes when the server is started again on another port.
        up: Whether it may be asked.
        in_flight: Requests that it is working on.
        refusals: Requests in a row that it had no use for (401, 403, 404), whatever they asked.
        is_sound: Whether it ever gave an answer.
    """

    url: str
    up: bool = True
    in_flight: int = 0
    misses: int = 0
    refusals: int = 0
    is_sound: bool = False
    rests_until: float = 0.0


class Endpoints:
    """The servers of a backend."""

    def __init__(self, servers: Iterable[Endpoint], patience: float | None, *, option: str, requests: int) -> None:
        """Choose among servers.

        Args:
            servers: They may come up, go down and move later.
            patience: Seconds without an answer from any of them, after which waiting for one raises; None where
                their owner watches them.
            option: Name of the option that holds their addresses, for messages.
            requests: In flight at once, at all of them.
        """
        self.servers = list(servers)
        self._patience = patience
        self._option = option
        self._requests = requests
        self._heard: float | None = None
        self._error: BackendError | None = None
        self._waiters: dict[asyncio.Future[None], None] = {}  # who waits longest comes first

    @contextmanager
    def use(self, endpoint: Endpoint) -> Iterator[None]:
        """Count a request while it is in flight."""
        endpoint.in_flight += 1
        try:
            yield
        finally:
            endpoint.in_flight -= 1
            self._wake(1)

    async def choose(self) -> Endpoint:
        """Return the least loaded server, as soon as there is one that takes more.

        Raises:
            BackendError: There has been none for too long, or `fail` was called.
        """
        self._heard = self._heard or time.monotonic()
        while True:
            self.check()
            now = time.monotonic()
            ready = [server for server in self.servers if server.up and server.rests_until <= now]
            if free := [server for server in ready if server.in_flight < self._part()]:
                return min(free, key=lambda server: (server.in_flight, random.random()))
            if not ready:
                self.check_silence()
            rests = (s.rests_until - now for s in self.servers if s.up and s.rests_until > now)
            await self._wait(min(rests, default=_LOOK_AGAIN))

    def _part(self) -> int:
        """Return the most requests of a server; one of other people's that is away leaves its part to others."""
        there = sum(self._patience is None or (server.up and not server.misses) for server in self.servers)
        return math.ceil(self._requests / max(1, there))

    def answered(self, endpoint: Endpoint) -> None:
        """Note that a server is there."""
        self._heard = time.monotonic()
        endpoint.misses = 0

    def gave_answer(self, endpoint: Endpoint) -> None:
        """Note that a server answered what it was asked."""
        endpoint.is_sound, endpoint.refusals = True, 0

    def refused(self, endpoint: Endpoint, reason: str) -> None:
        """Note that a server has no use for a request, whatever it asks: a wrong address, key or name of a model.

        One that refuses everything is asked no more; where no other is left, every wait ends with an error, before
        the whole corpus is asked for in vain. Servers of our own are left to their owner.
        """
        endpoint.refusals += 1
        if self._patience is None or endpoint.refusals < (_REFUSALS if endpoint.is_sound else _FIRST_REFUSALS):
            return
        endpoint.up = False
        log.error("%s is asked no more: it refuses everything (%s)", endpoint.url, reason)
        if not any(server.up for server in self.servers):
            names = ", ".join(server.url for server in self.servers)
            advice = f"look at {self._option}, the key and the name of the model"
            self.fail(BackendError(f"{names}: everything is refused ({reason}): {advice}; finished work is kept"))

    def check(self) -> None:
        """Raise what `fail` was called with, if it was: also where nothing waits for a server any more.

        Raises:
            BackendError: There is no use in going on.
        """
        if self._error is not None:
            raise self._error

    def check_models(self, endpoint: Endpoint, status: int, content: bytes, model: str) -> None:
        """Judge what a server that a person named answers to `/v1/models`.

        Raises:
            BackendError: It refuses the key, or is something else than a server of models.
        """
        if status in (401, 403):
            raise BackendError(f"{endpoint.url} refuses the key ({status}): look at {self._option} and api_key_env")
        if status != 200:  # some gateways have no such list
            log.warning("%s does not say which models it has (%d on /v1/models)", endpoint.url, status)
            return
        try:
            names = [str(entry["id"]) for entry in json.loads(content)["data"]]
        except (ValueError, KeyError, TypeError) as error:
            raise BackendError(f"{endpoint.url} is not a server of models: look at {self._option}") from error
        if model not in names:
            log.warning("%s has no model %s (it has %s)", endpoint.url, model, ", ".join(names[:5]) or "none")

    def missed(self, endpoint: Endpoint) -> None:
        """Note that a server is not there, and leave it alone for a while."""
        endpoint.misses += 1
        first, most = _REST
        endpoint.rests_until = time.monotonic() + min(most, first * 2 ** (endpoint.misses - 1))

    def check_silence(self, extra: float = 0.0) -> None:
        """Raise where no server has answered for the time of patience and `extra` seconds.

        Raises:
            BackendError: So it is; the message names the servers.
        """
        if self._error is not None:
            raise self._error
        if self._patience is None or self._heard is None:
            return
        if (silent := time.monotonic() - self._heard) > self._patience + extra:
            names = ", ".join(server.url for server in self.servers)
            raise BackendError(
                f"no server has answered for {silent:.0f} s ({names}): check that they run, or change"
                f" {self._option}; finished work is kept"
            )

    def set(self, endpoint: Endpoint, *, up: bool, url: str | None = None) -> None:
        """Say that a server came up, went down or moved."""
        endpoint.up, endpoint.url = up, url or endpoint.url
        endpoint.misses, endpoint.rests_until = 0, 0.0
        self._wake()

    def fail(self, error: BackendError) -> None:
        """End every wait for a server, now and later, with an error."""
        self._error = error
        self._wake()

    async def _wait(self, seconds: float) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiters[waiter] = None
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(waiter, max(0.01, min(seconds, _LOOK_AGAIN)))
        finally:
            self._waiters.pop(waiter, None)

    def _wake(self, count: int | None = None) -> None:
        """Let those look again who wait longest: so many, or all."""
        for waiter in list(islice(self._waiters, count)):
            del self._waiters[waiter]
            if not waiter.done():
                waiter.set_result(None)


def from_thread(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    """Run a call on the loop's thread, from any other; nothing happens once the loop is closed."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(call)

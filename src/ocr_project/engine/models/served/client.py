"""Requests to OpenAI-compatible servers: balanced, timed, asked again where the server or the line is at fault.

aiohttp and not httpx: with 256 requests of 60 kB in flight a request costs 0.5 ms of CPU with the first and 23 ms
with the second, whose pool looks through all of its connections each time (measured with testing/fake_vllm.py).
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TypeVar

import aiohttp

from ocr_project.engine.models.messages import RequestFailed
from ocr_project.engine.models.served.endpoints import Endpoint, Endpoints

T = TypeVar("T")

_KEEP_ALIVE = 4.0  # seconds; uvicorn hangs up after 5, and a request must not cross with that
_BACK_OFF = 0.25, 20.0  # seconds before the second try, and at most
_MOST_RETRY_AFTER = 120.0  # seconds
_NOT_THERE = frozenset({502, 503, 504})
_LOOK = aiohttp.ClientTimeout(10.0)
_NO_USE = frozenset({401, 403, 404})  # whatever is asked: a wrong key, address or model
_MESSAGE = 300  # characters of a server's message that go into a row


@dataclass(frozen=True, slots=True)
class Limits:
    """How long, and how often.

    Attributes:
        connect: Seconds to open a connection.
        read: Seconds of silence.
        whole: Seconds of one try.
        retries: Tries after the first where the server or the network fails.
        patience: Seconds for which a server that is too busy (429) is asked again.
    """

    connect: float
    read: float
    whole: float
    retries: int
    patience: float


class _AskAgain(Exception):
    """A try that failed through no fault of the request.

    Attributes:
        counts: Whether it is one of the tries that are limited; a server that is busy or away is waited for.
        after: Seconds that the server asked us to wait.
    """

    def __init__(self, reason: str, *, counts: bool = True, after: float = 0.0) -> None:
        super().__init__(reason)
        self.counts = counts
        self.after = after


class Client:
    """Sends requests to servers. All methods run on the loop that the first request ran on."""

    def __init__(self, endpoints: Endpoints, limits: Limits, api_key: str | None = None) -> None:
        self._endpoints = endpoints
        self._limits = limits
        self._headers = {"Content-Type": "application/json"}
        if api_key:
            self._headers["Authorization"] = f"Bearer {api_key}"
        self._session: aiohttp.ClientSession | None = None

    async def post(self, path: str, body: bytes, read: Callable[[bytes], T]) -> tuple[T, int, float]:
        """Send a request, again and again where that may help.

        Args:
            path: From the first slash.
            body: The request, JSON.
            read: Takes the answer apart; a ValueError, KeyError, IndexError, TypeError or AttributeError of it means
                that the answer is none.

        Returns:
            What was read, the number of tries, and the seconds from the first to the answer.

        Raises:
            RequestFailed: The server refuses it, or the tries are used up.
            BackendError: There is no server any more.
        """
        started = time.monotonic()
        sent = faults = 0
        while True:
            endpoint = await self._endpoints.choose()
            sent += 1
            try:
                with self._endpoints.use(endpoint):
                    answer = _taken(read, await self._try(endpoint, path, body))
            except _AskAgain as again:
                faults += again.counts
                if faults > self._limits.retries:
                    raise RequestFailed(str(again), sent) from again
                busy = not again.counts and endpoint.misses == 0  # it is there, and too busy for us
                if busy and time.monotonic() - started > self._limits.patience:
                    raise RequestFailed(str(again), sent) from again
                await asyncio.sleep(max(again.after, _back_off(faults)))
                continue
            except RequestFailed as failed:
                failed.tries = sent
                raise
            self._endpoints.gave_answer(endpoint)
            return answer, sent, time.monotonic() - started

    async def look(self, model: str) -> None:
        """Ask each server once which models it has.

        Raises:
            BackendError: One answers, but is not a server of models, or refuses the key.
        """
        for endpoint in self._endpoints.servers:
            try:
                async with self._open().get(f"{endpoint.url}/v1/models", timeout=_LOOK) as response:
                    status, content = response.status, await response.read()
            except (aiohttp.ClientError, ConnectionError, TimeoutError):
                continue  # not there yet: requests wait for it as long as patience lasts
            self._endpoints.check_models(endpoint, status, content, model)

    async def aclose(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    async def _try(self, endpoint: Endpoint, path: str, body: bytes) -> bytes:
        try:
            async with self._open().post(f"{endpoint.url}{path}", data=body) as response:
                content = await response.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            self._endpoints.missed(endpoint)
            raise _AskAgain(f"server: {endpoint.url} is not there ({error})", counts=False) from error
        except TimeoutError as error:
            self._endpoints.check_silence(self._limits.read)
            raise _AskAgain(f"timeout: {endpoint.url} did not answer in time") from error
        except (aiohttp.ClientError, ConnectionError) as error:
            raise _AskAgain(f"connection: lost to {endpoint.url} ({type(error).__name__})") from error
        if response.status == 429:
            self._endpoints.answered(endpoint)
            raise _AskAgain("server: 429, too many requests", counts=False, after=_retry_after(response))
        if response.status in _NOT_THERE:
            self._endpoints.missed(endpoint)
            raise _AskAgain(_refusal(response.status, content), counts=False, after=_retry_after(response))
        self._endpoints.answered(endpoint)
        if response.status >= 500 or response.status == 408:
            raise _AskAgain(_refusal(response.status, content), after=_retry_after(response))
        if response.status in _NO_USE:
            self._endpoints.refused(endpoint, _refusal(response.status, content))
            self._endpoints.check()  # all of a small corpus may be in flight: nothing would ask again, and be told
        if response.status != 200:
            raise RequestFailed(_refusal(response.status, content), 1)
        return content

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            limits = self._limits
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_ALIVE),
                timeout=aiohttp.ClientTimeout(limits.whole, sock_connect=limits.connect, sock_read=limits.read),
                headers=self._headers,
            )
        return self._session


def _taken(read: Callable[[bytes], T], content: bytes) -> T:
    """Take an answer apart; one that is none is asked for again."""
    try:
        return read(content)
    except (ValueError, ArithmeticError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise _AskAgain(f"protocol: the answer is not what was asked for ({type(error).__name__})") from error


def _refusal(status: int, content: bytes) -> str:
    text = content[: 4 * _MESSAGE].decode("utf-8", "replace")
    try:
        found = json.loads(content)
        message = found["error"]["message"] if "error" in found else found["message"]
    except (ValueError, KeyError, TypeError):
        message = text
    return f"server: {status}, {' '.join(str(message).split())[:_MESSAGE]}"


def _retry_after(response: aiohttp.ClientResponse) -> float:
    """Return what `Retry-After` says, seconds or a date, in seconds from now; 0 where it says nothing."""
    value = response.headers.get("Retry-After", "").strip()
    try:
        seconds = float(value) if value[:1].isdigit() else parsedate_to_datetime(value).timestamp() - time.time()
    except (ValueError, TypeError):
        return 0.0
    return min(max(0.0, seconds), _MOST_RETRY_AFTER)


def _back_off(faults: int) -> float:
    first, most = _BACK_OFF
    return min(most, first * 2.0 ** max(0, faults - 1)) * random.uniform(0.5, 1.0)

"""Requests to servers: of our own, started with the first request, or those that the options name by URL."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from ocr_project.domain.options import ServerOptions
from ocr_project.engine.models.served.client import Client
from ocr_project.engine.models.served.endpoints import Endpoints
from ocr_project.engine.models.served.fleets import FLEETS
from ocr_project.engine.models.served.mps import Mps
from ocr_project.engine.models.served.requirements import api_key, given_endpoints, limits_of
from ocr_project.engine.models.served.server import ServerFleet

T = TypeVar("T")

_URL = "\ue000"  # stands in the JSON where the image comes
IMAGE_PART: Final[Mapping[str, Any]] = {"type": "image_url", "image_url": {"url": _URL}}
_PLACE = json.dumps({"url": _URL}, ensure_ascii=False)[1:-1]  # with its quotes, which no text in JSON has unescaped


class ServedTransport:
    """What the transports to servers have in common: servers, connections, tries."""

    def __init__(self, options: ServerOptions, arguments: Sequence[str] = ()) -> None:
        """Start nothing.

        Args:
            options: Of the servers; those that `urls` names are not started.
            arguments: Of `vllm serve`, for servers of our own: what the stage asks of them.

        Raises:
            BackendError: A key is not set, or MPS is demanded and missing.
        """
        self._options_of_servers, self._arguments = options, tuple(arguments)
        self._key = api_key(options)
        if not options.urls:
            Mps(options)
        self._fleet: ServerFleet | None = None  # from the first request on
        self._endpoints = given_endpoints(options) if options.urls else None
        self._looked: asyncio.Future[None] | None = None  # servers of other people are asked once what they are
        self._client: Client | None = None

    @property
    def urls(self) -> list[str]:
        """Addresses of the servers; there are none of our own before the first request, nor before they start."""
        return [server.url for server in self._endpoints.servers] if self._endpoints is not None else []

    async def post(self, path: str, body: bytes, read: Callable[[bytes], T]) -> tuple[T, int, float]:
        """Send a request, as `Client.post` does; it waits until our own servers are ready."""
        client = self._client = self._client or Client(self._servers(), limits_of(self._options_of_servers), self._key)
        if self._fleet is None and self._looked is None:
            self._looked = asyncio.ensure_future(client.look(self._options_of_servers.model))
        if self._looked is not None:
            await asyncio.shield(self._looked)
        return await client.post(path, body, read)

    async def aclose(self) -> None:
        """Close all connections, and stop the servers that were started."""
        if self._client is not None:
            await self._client.aclose()
        if self._fleet is not None:
            await asyncio.to_thread(FLEETS.give_back, self._fleet)

    def _servers(self) -> Endpoints:
        """Return those that are named, or those of our own: starting already, or started now."""
        if self._endpoints is None:
            self._fleet = FLEETS.take(self._options_of_servers, self._arguments)
            self._endpoints = self._fleet.endpoints
            self._fleet.start(asyncio.get_running_loop())
        return self._endpoints


def around_image(request: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """Return the JSON of a request before and after its image, which goes between them: neither parsed nor escaped.

    Args:
        request: With one `IMAGE_PART`.
    """
    before, after = json.dumps(request, ensure_ascii=False).split(_PLACE)
    head, tail = _PLACE.split(_URL)
    return (before + head).encode(), (tail + after).encode()

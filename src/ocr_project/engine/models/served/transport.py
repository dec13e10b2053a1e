"""Requests to servers: of our own, started with the first request, or those that the options name by URL."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from ocr_project.domain.options import ServerOptions
from ocr_project.engine.models.served.client import Client
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
        self._fleet = None if options.urls else ServerFleet(options, arguments)
        self._endpoints = self._fleet.endpoints if self._fleet else given_endpoints(options)
        self._model = options.model
        self._looked: asyncio.Future[None] | None = None  # servers of other people are asked once what they are
        self._client = Client(self._endpoints, limits_of(options), api_key(options))

    @property
    def urls(self) -> list[str]:
        """Addresses of the servers; those of our own have one once they have been started."""
        return [server.url for server in self._endpoints.servers]

    async def post(self, path: str, body: bytes, read: Callable[[bytes], T]) -> tuple[T, int, float]:
        """Send a request, as `Client.post` does; it waits until our own servers are ready."""
        if self._fleet is not None:
            self._fleet.start(asyncio.get_running_loop())
        elif self._looked is None:
            self._looked = asyncio.ensure_future(self._client.look(self._model))
        if self._looked is not None:
            await asyncio.shield(self._looked)
        return await self._client.post(path, body, read)

    async def aclose(self) -> None:
        """Close all connections, and stop the servers that were started."""
        await self._client.aclose()
        if self._fleet is not None:
            await asyncio.to_thread(self._fleet.close)


def around_image(request: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """Return the JSON of a request before and after its image, which goes between them: neither parsed nor escaped.

    Args:
        request: With one `IMAGE_PART`.
    """
    before, after = json.dumps(request, ensure_ascii=False).split(_PLACE)
    head, tail = _PLACE.split(_URL)
    return (before + head).encode(), (tail + after).encode()

"""The one interface below which a model exists: behind servers, or in this process.

Transport                 requests of one kind in, answers out
├── served.chat           images and prompts to servers that speak OpenAI's protocol
├── served.embedding      texts and images to servers that pool
└── local.transport       either, to a checkpoint in this process, in batches
"""

from __future__ import annotations

from typing import Protocol, TypeVar

Request_contra = TypeVar("Request_contra", contravariant=True)
Answer_co = TypeVar("Answer_co", covariant=True)


class Transport(Protocol[Request_contra, Answer_co]):
    """Carries requests to a model. Whatever it needs is started by the first of them."""

    async def ask(self, request: Request_contra, /) -> Answer_co:
        """Return the model's answer. Any number may be asked at once, all on one event loop.

        Raises:
            RequestFailed: There will be no answer to this request; the message is the reason of a failure row.
            BackendError: There will be no answer to any.
        """
        ...

    async def aclose(self) -> None:
        """Stop all that was started, on the loop that asked. Requests in flight have been cancelled before."""
        ...

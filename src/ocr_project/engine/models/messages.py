"""What is asked of a model and what it answers, whatever the transport."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One image and what is wanted of it.

    Attributes:
        image: A data URI: JPEG or PNG in base64; empty: none is shown.
        temperature: 0 for the likeliest token each time.
        max_tokens: Of the answer.
        most_repeats: How often a piece may come again in tokens before the server may stop; tables repeat themselves.
        system: The system text; an empty string: none is sent.
    """

    image: bytes
    prompt: str
    temperature: float
    max_tokens: int
    most_repeats: int = 3
    system: str = ""


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """What the model said.

    Attributes:
        tries: Requests that it took.
        seconds: From the first to the answer.
    """

    text: str
    finish_reason: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    tries: int = 1
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class EmbeddingRequest:
    """What one vector is asked for: a text, or an image.

    Attributes:
        instruction: The system text.
        image: A data URI, JPEG or PNG in base64; empty where it is a text.
    """

    instruction: str
    text: str = ""
    image: bytes = b""


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddingAnswer:
    """The result of a request for a vector.

    Attributes:
        vector: Shape (hidden size,), float32, as the model gives it.
        seconds: From the first request to the answer.
        note: What has to be known of it, for example that the text was cut.
    """

    vector: NDArray[np.float32]
    prompt_tokens: int = 0
    tries: int = 1
    seconds: float = 0.0
    note: str = ""


class RequestFailed(Exception):
    """A request that will not be tried again. The message is the reason of a failure row.

    Attributes:
        tries: Requests that were sent.
    """

    def __init__(self, reason: str, tries: int) -> None:
        super().__init__(reason)
        self.tries = tries

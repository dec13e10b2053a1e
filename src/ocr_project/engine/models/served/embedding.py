"""Texts and images to servers that pool: `POST /v1/embeddings` with `messages`, as vLLM 0.26.0 and 0.32.0 have it.

`dimensions` is not sent: vLLM refuses it unless the checkpoint says that it is a Matryoshka, and this one does not.
"""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ocr_project.domain.options import EmbeddingVllmOptions
from ocr_project.engine.models.dialects.qwen3_vl_embedding import cut_note, messages_of, pixel_limits, shortened
from ocr_project.engine.models.messages import EmbeddingAnswer, EmbeddingRequest, RequestFailed
from ocr_project.engine.models.served.transport import IMAGE_PART, ServedTransport, around_image

_PATH = "/v1/embeddings"
_TOO_LONG = ("context length", "max_model_len", "maximum model length", "too long", "longer than")
_INSTRUCTIONS = 16  # whose JSON is kept; a run has two


class ServedEmbedding(ServedTransport):
    """A `Transport` of `EmbeddingRequest` and `EmbeddingAnswer`; a text that the server finds too long is cut."""

    def __init__(self, options: EmbeddingVllmOptions) -> None:
        super().__init__(options, pooling_arguments(options))
        self._options = options
        self._pieces = lru_cache(_INSTRUCTIONS)(self._split)

    async def ask(self, request: EmbeddingRequest) -> EmbeddingAnswer:
        asked, tries = request, 0
        while True:
            try:
                (vector, tokens), sent, seconds = await self.post(_PATH, self._body(asked), _parse_vector)
            except RequestFailed as failed:
                if not _is_too_long(str(failed)) or len(asked.text) < 2:
                    raise
                tries += failed.tries
                asked = replace(asked, text=shortened(asked.text))
                continue
            return EmbeddingAnswer(vector, tokens, tries + sent, seconds, cut_note(request, asked))

    def _body(self, request: EmbeddingRequest) -> bytes:
        if not request.image:
            return json.dumps(self._json(request), ensure_ascii=False).encode()
        before, after = self._pieces(request.instruction)
        return b"".join((before, request.image, after))

    def _split(self, instruction: str) -> tuple[bytes, bytes]:
        return around_image(self._json(EmbeddingRequest(instruction, image=b"there is one")))

    def _json(self, request: EmbeddingRequest) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self._options.model,
            "messages": messages_of(request, IMAGE_PART),
            "add_generation_prompt": True,
            "add_special_tokens": True,  # the model's script calls its tokenizer so, after the template too
            "encoding_format": "base64",
        }
        if request.image and self._options.urls:  # our own are started with them
            body["mm_processor_kwargs"] = pixel_limits(self._options)
        return body


def pooling_arguments(options: EmbeddingVllmOptions) -> list[str]:
    """Return what `vllm serve` is told beside what all servers are told."""
    return ["--runner", "pooling", "--mm-processor-kwargs", json.dumps(pixel_limits(options))]


def _parse_vector(content: bytes) -> tuple[NDArray[np.float32], int]:
    answer: dict[str, Any] = json.loads(content)
    given = answer["data"][0]["embedding"]
    # a server other than vLLM may not know base64
    vector = np.frombuffer(base64.b64decode(given), "<f4") if isinstance(given, str) else np.asarray(given, "<f4")
    if not len(vector):
        raise ValueError("no numbers")
    return vector.astype(np.float32), int((answer.get("usage") or {}).get("prompt_tokens") or 0)


def _is_too_long(reason: str) -> bool:
    return reason.startswith("server: 400") and any(words in reason for words in _TOO_LONG)

"""The embedder `vllm`: Qwen3-VL-Embedding behind servers of our own, or behind those that are named by URL.

`POST /v1/embeddings` with `messages`, `add_generation_prompt`, `encoding_format`, as vLLM 0.26.0 and 0.32.0 have it.
`dimensions` is not sent: vLLM refuses it unless the checkpoint says that it is a Matryoshka, and this one does not.
"""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ocr_project.domain.options import EmbeddingVllmOptions
from ocr_project.engine.embedding.model_embedder import ModelEmbedder
from ocr_project.engine.embedding.qwen3_vl import cut_note, identity_of, messages_of, pixel_limits, shortened
from ocr_project.engine.models.locate import hidden_size, locate_model
from ocr_project.engine.models.messages import Passage, RequestFailed, VectorAnswer
from ocr_project.engine.models.served.client import ChatClient
from ocr_project.engine.models.served.requirements import (
    api_key,
    check_machine,
    given_endpoints,
    installed,
    limits_of,
)
from ocr_project.engine.models.served.server import ServerFleet

_PATH = "/v1/embeddings"
_IMAGE = "\ue000"  # stands in the JSON where the image comes; no instruction has it
_TOO_LONG = ("context length", "max_model_len", "maximum model length", "too long", "longer than")


class VllmEmbedder(ModelEmbedder):
    """Embeds through vLLM's pooling runner."""

    def __init__(self, options: EmbeddingVllmOptions) -> None:
        """Look whether everything is there that servers need; none is started.

        Raises:
            BackendError: vLLM, the model, a GPU or a key is missing.
        """
        hidden = None
        if options.urls:
            revision = f"url {options.revision or ''}"
        else:
            check_machine(options)
            located = locate_model(options.model, options.revision, option=f"{options.option}.model")
            revision = f"vllm-{installed('vllm')} {located.revision}"
            hidden = hidden_size(located)
        identity = identity_of("vllm", revision, options, quantization=options.quantization)
        super().__init__(identity, options, Servers(options), options.requests, hidden)


class Servers:
    """Carries passages to servers."""

    def __init__(self, options: EmbeddingVllmOptions) -> None:
        """Args:
        options: Of the servers; those that `urls` names are not started.
        """
        self._fleet = None if options.urls else ServerFleet(options, pooling_arguments(options))
        endpoints = self._fleet.endpoints if self._fleet else given_endpoints(options)
        self._client = ChatClient(endpoints, limits_of(options), api_key(options))
        self._options = options
        self._heads: dict[str, tuple[bytes, bytes]] = {}

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._fleet is not None:
            self._fleet.start(loop)

    async def embed(self, passage: Passage) -> VectorAnswer:
        asked, tries = passage, 0
        while True:
            try:
                (vector, tokens), sent, seconds = await self._client.post(_PATH, self._body(asked), _read)
            except RequestFailed as failed:
                if not _is_too_long(str(failed)) or len(asked.text) < 2:
                    raise
                tries += failed.tries
                asked = replace(asked, text=shortened(asked.text))
                continue
            return VectorAnswer(vector, tokens, tries + sent, seconds, cut_note(passage, asked))

    async def hang_up(self) -> None:
        await self._client.close()

    def close(self) -> None:
        if self._fleet is not None:
            self._fleet.close()

    def _body(self, passage: Passage) -> bytes:
        if not passage.image:
            return json.dumps(self._request(passage), ensure_ascii=False).encode()
        before, after = self._heads.get(passage.instruction) or self._pieces(passage)
        return b"".join((before, passage.image, after))

    def _pieces(self, passage: Passage) -> tuple[bytes, bytes]:
        """Return the JSON before and after an image, which is put between them and never parsed or escaped."""
        before, after = json.dumps(self._request(passage), ensure_ascii=False).split(_IMAGE)
        self._heads[passage.instruction] = before.encode(), after.encode()
        return self._heads[passage.instruction]

    def _request(self, passage: Passage) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": self._options.model,
            "messages": messages_of(passage, {"type": "image_url", "image_url": {"url": _IMAGE}}),
            "add_generation_prompt": True,
            "add_special_tokens": True,  # the model's script calls its tokenizer so, after the template too
            "encoding_format": "base64",
        }
        if passage.image and self._options.urls:  # our own are started with them
            request["mm_processor_kwargs"] = pixel_limits(self._options)
        return request


def pooling_arguments(options: EmbeddingVllmOptions) -> list[str]:
    """Return what `vllm serve` is told beside what all servers are told."""
    return ["--runner", "pooling", "--mm-processor-kwargs", json.dumps(pixel_limits(options))]


def _read(content: bytes) -> tuple[NDArray[np.float32], int]:
    answer: dict[str, Any] = json.loads(content)
    given = answer["data"][0]["embedding"]
    # a server that is no vLLM may not know base64
    vector = np.frombuffer(base64.b64decode(given), "<f4") if isinstance(given, str) else np.asarray(given, "<f4")
    if not len(vector):
        raise ValueError("no numbers")
    return vector.astype(np.float32), int((answer.get("usage") or {}).get("prompt_tokens") or 0)


def _is_too_long(reason: str) -> bool:
    return reason.startswith("server: 400") and any(words in reason for words in _TOO_LONG)

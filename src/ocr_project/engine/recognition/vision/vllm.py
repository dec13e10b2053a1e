"""The recognizer `vllm`: a model behind servers of our own, or behind those that are named by URL."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ocr_project.domain.options import VllmOptions
from ocr_project.domain.types import Task
from ocr_project.engine.models.dialects import Dialect, dialect_of
from ocr_project.engine.models.dialects.chat import CHAT
from ocr_project.engine.models.locate import locate_model
from ocr_project.engine.models.messages import ChatAnswer, Question
from ocr_project.engine.models.served.client import ChatClient
from ocr_project.engine.models.served.requirements import (
    api_key,
    check_machine,
    given_endpoints,
    installed,
    limits_of,
)
from ocr_project.engine.models.served.server import ServerFleet
from ocr_project.engine.recognition.vision.recognizer import VisionRecognizer, identity_of

_VERSION = "1"
# What repeats with a period of 1 to 12, 14, 15, … tokens repeats with one of these: eight comparisons a token and not
# 120, which vLLM would make in Python for each of its sequences.
_PERIODS = 120, 127
_IMAGE = "\ue000"  # stands in the JSON where the image comes; no prompt has it


class VllmRecognizer(VisionRecognizer):
    """Reads regions through vLLM."""

    def __init__(self, options: VllmOptions, tasks: Mapping[str, Task] = MappingProxyType({})) -> None:
        """Look whether everything is there that servers need; none is started.

        Args:
            options: Model, servers, limits.
            tasks: `recognition.tasks`.

        Raises:
            BackendError: vLLM, the model, a GPU or a key is missing.
        """
        if options.urls:
            revision, library = options.revision or "", "url"
        else:
            check_machine(options)
            revision = locate_model(options.model, options.revision, option="recognition.vllm.model").revision
            library = f"vllm-{installed('vllm')}"
        identity = identity_of(
            "vllm", f"{_VERSION} {library} {revision}", options, tasks, quantization=options.quantization
        )
        super().__init__(identity, options, tasks, _Servers(options), options.requests)


class _Servers:
    """Carries questions to servers."""

    def __init__(self, options: VllmOptions) -> None:
        self._fleet = None if options.urls else ServerFleet(options)
        self._endpoints = self._fleet.endpoints if self._fleet else given_endpoints(options)
        self._client = ChatClient(self._endpoints, limits_of(options), api_key(options))
        self._body = _Bodies(options, dialect_of(options.model, options.dialect))

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._fleet is not None:
            self._fleet.start(loop)

    async def ask(self, question: Question) -> ChatAnswer:
        return await self._client.ask(self._body(question))

    async def hang_up(self) -> None:
        await self._client.close()

    def close(self) -> None:
        if self._fleet is not None:
            self._fleet.close()


class _Bodies:
    """Writes requests: the image is put between pieces of JSON, never parsed or escaped."""

    def __init__(self, options: VllmOptions, dialect: Dialect) -> None:
        self._options = options
        self._dialect = dialect
        # a server that is no vLLM may refuse a field that it does not know
        self._stops_loops = options.loops and (not options.urls or dialect is not CHAT)
        self._heads: dict[str, tuple[bytes, bytes]] = {}

    def __call__(self, question: Question) -> bytes:
        before, after = self._heads.get(question.prompt) or self._pieces(question.prompt)
        return b"".join((before, question.image, after, json.dumps(self._sampling(question))[1:].encode()))

    def _pieces(self, prompt: str) -> tuple[bytes, bytes]:
        parts: list[dict[str, Any]] = [
            {"type": "image_url", "image_url": {"url": _IMAGE}},
            {"type": "text", "text": prompt},
        ]
        content = parts if self._dialect.image_first else parts[::-1]
        whole = json.dumps(
            {"model": self._options.model, "messages": [{"role": "user", "content": content}]}, ensure_ascii=False
        )
        before, after = whole[:-1].split(_IMAGE)
        pieces = before.encode(), after.encode() + b", "
        self._heads[prompt] = pieces
        return pieces

    def _sampling(self, question: Question) -> dict[str, Any]:
        sampling: dict[str, Any] = {**(self._dialect.sampling or {})}
        sampling |= {"temperature": question.temperature, "max_tokens": question.max_tokens}
        if question.temperature > 0:
            sampling["seed"] = round(question.temperature * 1000)
        if self._stops_loops:
            shortest, longest = _PERIODS
            sampling["repetition_detection"] = {
                "min_pattern_size": shortest,
                "max_pattern_size": longest,
                "min_count": question.most_repeats,
            }
        return sampling

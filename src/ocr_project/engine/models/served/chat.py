"""Images and prompts to servers: `POST /v1/chat/completions`, with vLLM's `repetition_detection`."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from ocr_project.domain.options import ServedChatOptions
from ocr_project.domain.outside_text import storable
from ocr_project.engine.models.dialects import dialect_of
from ocr_project.engine.models.dialects.chat import CHAT
from ocr_project.engine.models.messages import ChatAnswer, ChatRequest
from ocr_project.engine.models.served.transport import IMAGE_PART, ServedTransport, around_image

_MOST_TOKENS = 2**31 - 1  # what a column of int32 holds
_PATH = "/v1/chat/completions"
# What repeats with a period of 1 to 12, 14, 15, … tokens repeats with one of these: eight comparisons a token and not
# 120, which vLLM would make in Python for each of its sequences.
_PERIODS = 120, 127
_PROMPTS = 256  # whose JSON is kept; questions about pages are more than that, and each is asked once


class ServedChat(ServedTransport):
    """A `Transport` of `ChatRequest` and `ChatAnswer`."""

    def __init__(self, options: ServedChatOptions) -> None:
        super().__init__(options)
        self._options = options
        self._dialect = dialect_of(options.model, options.dialect)
        # a server other than vLLM may refuse a field that it does not know
        self._stops_loops = options.loops and (not options.urls or self._dialect.name != CHAT.name)
        self._pieces = lru_cache(_PROMPTS)(self._split)

    async def ask(self, request: ChatRequest) -> ChatAnswer:
        (text, reason, prompt, completion), tries, seconds = await self.post(
            _PATH, self._body(request), _parse_completion
        )
        return ChatAnswer(text, reason, prompt, completion, tries, seconds)

    def _body(self, request: ChatRequest) -> bytes:
        before, after = self._pieces(request.prompt, request.system, bool(request.image))
        sampling = json.dumps(self._sampling(request))[1:].encode()
        return b"".join((before, request.image, after[:-1], b", ", sampling))

    def _split(self, prompt: str, system: str, has_image: bool) -> tuple[bytes, bytes]:
        content = [IMAGE_PART] * has_image + [{"type": "text", "text": prompt}]
        content = content if self._dialect.image_first else content[::-1]
        said: list[dict[str, Any]] = [{"role": "system", "content": system}] if system else []
        request = {"model": self._options.model, "messages": [*said, {"role": "user", "content": content}]}
        return around_image(request) if has_image else (json.dumps(request, ensure_ascii=False)[:-1].encode(), b"}")

    def _sampling(self, request: ChatRequest) -> dict[str, Any]:
        sampling: dict[str, Any] = {**(self._dialect.sampling or {})}
        sampling |= {"temperature": request.temperature, "max_tokens": request.max_tokens}
        if request.temperature > 0:
            sampling["seed"] = round(request.temperature * 1000)
        if self._stops_loops:
            shortest, longest = _PERIODS
            sampling["repetition_detection"] = {
                "min_pattern_size": shortest,
                "max_pattern_size": longest,
                "min_count": request.most_repeats,
            }
        return sampling


def _parse_completion(content: bytes) -> tuple[str, str, int, int]:
    answer: dict[str, Any] = json.loads(content)
    choice = answer["choices"][0]
    usage = answer.get("usage") or {}
    text = choice["message"].get("content") or ""
    tokens = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
    return storable(str(text)), str(choice.get("finish_reason") or ""), *tokens


def _count(value: Any) -> int:
    """Read a number of tokens, within what a column of rows can hold."""
    return min(max(0, int(value or 0)), _MOST_TOKENS)

"""The image between two pieces of JSON: nothing that stands beside it can be taken for its place."""

from __future__ import annotations

import json

import pytest

from ocr_project.engine.models.served.chat import _parse_completion
from ocr_project.engine.models.served.client import _AskAgain, _taken
from ocr_project.engine.models.served.transport import IMAGE_PART, around_image


@pytest.mark.parametrize("text", ['한글 "quoted" \\ \n', "\ue000", '"url": "\ue000"', '{"url": "\ue000"}', ""])
def test_a_request_is_whole_around_its_image(text: str) -> None:
    content = [IMAGE_PART, {"type": "text", "text": text}]
    before, after = around_image({"model": "m", "messages": [{"role": "user", "content": content}]})
    sent = json.loads(before + b"data:image/png;base64,AAAA" + after)
    assert sent["messages"][0]["content"] == [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
        {"type": "text", "text": text},
    ]


def answer(content: str, usage: str = "{}") -> bytes:
    return f'{{"choices": [{{"message": {{"content": {content}}}}}], "usage": {usage}}}'.encode()


def test_an_answer_becomes_text_that_can_be_kept() -> None:
    assert _parse_completion(answer('"\\ud800abc \\ud83d\\ude00"'))[0] == "\ufffdabc \U0001f600"
    assert _parse_completion(answer('"x"', '{"prompt_tokens": 99999999999999, "completion_tokens": -1}'))[2:] == (
        2**31 - 1,
        0,
    )


@pytest.mark.parametrize("content", [answer('"x"', '{"prompt_tokens": 1e999}'), b"[" * 100_000, b"\xff", b"[]", b"{}"])
def test_an_answer_that_is_none_is_asked_for_again(content: bytes) -> None:
    with pytest.raises(_AskAgain, match="protocol"):
        _taken(_parse_completion, content)

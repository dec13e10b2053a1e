"""The image between two pieces of JSON: nothing that stands beside it can be taken for its place."""

from __future__ import annotations

import json

import pytest

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

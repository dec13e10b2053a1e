"""Prompt and answer fit into a server together: looked at before the first page, and held to when an answer is cut."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from ocr_project.domain.errors import OptionError
from ocr_project.domain.options import RecognitionBackend, RecognitionOptions, VllmOptions
from ocr_project.domain.types import Recognition, Status
from ocr_project.engine.recognition.vision.recognizer import check_limits
from ocr_project.engine.recognition.vision.vllm import VllmRecognizer
from ocr_project.testing.fake_vllm import FakeVllm
from ocr_project.testing.regions import drawn_page, read_marks

PROFILES = Path(__file__).resolve().parents[3] / "conf"
PROMPT = 100  # tokens, as FakeVllm counts
LIMIT = 1000
LIMITS = dict.fromkeys(("text", "table", "formula", "page"), LIMIT)


def profiles() -> Iterator[tuple[str, VllmOptions]]:
    for path in sorted(PROFILES.glob("*/parameters.yml")):
        values = (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("recognition") or {}
        options = RecognitionOptions.model_validate(values)
        if options.backend is RecognitionBackend.VLLM:
            yield path.parent.name, options.vllm


FOUND = dict(profiles())


def test_the_profiles_of_cards_are_among_those_that_are_looked_at() -> None:
    assert {"b200", "h200", "l4"} <= set(FOUND)


@pytest.mark.parametrize("options", FOUND.values(), ids=FOUND)
def test_what_a_profile_asks_for_fits(options: VllmOptions) -> None:
    check_limits(options)


def test_what_does_not_fit_is_said_before_the_first_page() -> None:
    """So it stood in conf/h200: 62 of 4,280 regions were refused in every run."""
    with pytest.raises(OptionError, match=r"max_model_len \(8192\) is too short: .*max_tokens\.page .*6000 tokens"):
        VllmRecognizer(VllmOptions(urls=("http://127.0.0.1:1",), max_model_len=8192))


def read(server: FakeVllm, **changes: Any) -> Recognition:
    values = {
        "urls": (server.url,),
        "max_tokens": LIMITS,
        "max_pixels": 78_400,
        "crop_workers": 1,
        "whole_page": False,
    }
    recognizer = VllmRecognizer(VllmOptions.model_validate({**values, **changes}))
    try:
        (row,) = recognizer.recognize(*drawn_page(5, 1))
    finally:
        recognizer.close()
    return row


def server_of(room: int, needs: int) -> FakeVllm:
    """Return a server that has room for so many tokens, and a model that needs so many for its answer."""

    def refuse(number: int, body: Mapping[str, Any]) -> str | None:
        return "400" if PROMPT + body["max_tokens"] > room else None

    def reason(body: Mapping[str, Any]) -> str:
        return "stop" if body["max_tokens"] >= needs or body["temperature"] > 0.4 else "length"

    return FakeVllm(read=read_marks, faults=refuse, reason=reason, keep=True)


def test_a_cut_answer_is_asked_for_with_what_fits_and_no_more() -> None:
    room = 1700
    with server_of(room, needs=1500) as server:
        row = read(server, max_model_len=room)

    assert [body["max_tokens"] for body in server.bodies] == [LIMIT, room - PROMPT]
    assert row.status is Status.OK
    assert row.attempts == 2


def test_what_a_server_has_no_room_for_is_not_asked_again_unchanged() -> None:
    """A server that a person named may have less room than the options say."""
    with server_of(1200, needs=1500) as server:
        row = read(server)

    asked = [(body["max_tokens"], body["temperature"]) for body in server.bodies]
    assert asked == [(LIMIT, 0.0), (2 * LIMIT, 0.2), (LIMIT, 0.5)]
    assert len(set(asked)) == len(asked)
    assert row.status is Status.OK
    assert row.attempts == 3

"""A page through a vision-language model behind a server that speaks the real protocol."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from ocr_project.domain.errors import BackendError
from ocr_project.domain.options import TokenLimits, VllmOptions
from ocr_project.domain.types import Box, Label, Recognition, Status, Task, TextFormat
from ocr_project.engine.recognition.vision.vllm import VllmRecognizer
from ocr_project.testing.fake_vllm import FAULTS, LOOP, FakeVllm
from ocr_project.testing.regions import drawn_page, expected, read_marks

QUICK: dict[str, Any] = {
    "model": "zai-org/GLM-OCR",
    "jpeg_quality": None,
    "crop_workers": 1,
    "read_seconds": 30.0,
    "request_seconds": 60.0,
    "patience_seconds": 5.0,
}


@contextmanager
def reading(*servers: FakeVllm, tasks: Mapping[str, Task] | None = None, **changes: Any) -> Iterator[VllmRecognizer]:
    options = VllmOptions(urls=tuple(server.url for server in servers), **{**QUICK, **changes})
    recognizer = VllmRecognizer(options, tasks or {})
    try:
        yield recognizer
    finally:
        recognizer.close()


def faulty_at_first(fault: str, times: int = 1) -> Callable[[int, Mapping[str, Any]], str | None]:
    return lambda number, body: fault if number < times else None


def silence_of(fault: str) -> dict[str, float]:
    """Return how long an answer is waited for: others than one that never comes may take their time."""
    return {"read_seconds": 0.2} if fault == "hang" else {}


def test_each_region_gets_its_own_answer_with_its_cost() -> None:
    page, regions = drawn_page(777, 5)
    with FakeVllm(read=read_marks) as server, reading(server) as recognizer:
        rows = recognizer.recognize(page, regions)
    assert [row.text for row in rows] == expected(regions)
    assert [row.index for row in rows] == [0, 1, 2, 3, 4]
    for row in rows:
        assert (row.status, row.attempts, row.finish_reason) == (Status.OK, 1, "stop")
        assert row.prompt_tokens == 100
        assert row.completion_tokens > 0
        assert row.seconds > 0


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_asked_again(fault: str) -> None:
    page, regions = drawn_page(5, 2)
    server = FakeVllm(read=read_marks, faults=faulty_at_first(fault))
    with server, reading(server, **silence_of(fault)) as recognizer:
        rows = recognizer.recognize(page, regions)
        assert server.done[fault] == 1
    assert [row.text for row in rows] == expected(regions)
    assert sum(row.attempts for row in rows) >= 3


@pytest.mark.parametrize(
    ("fault", "status", "reason"),
    [
        ("500", Status.FAILED, "server: 500, engine is unwell"),
        ("400", Status.FAILED, "server: 400, the prompt is too long"),
        ("drop", Status.FAILED, "connection: lost"),
        ("half", Status.FAILED, "protocol: the answer is not what was asked for"),
        ("hang", Status.FAILED, "timeout: "),
        ("loop", Status.FAILED, "loop: "),
        ("empty", Status.EMPTY, "no text found"),
    ],
)
def test_a_fault_for_ever_is_a_row_with_its_reason(fault: str, status: Status, reason: str) -> None:
    page, regions = drawn_page(5, 1)
    with (
        FakeVllm(read=read_marks, faults=lambda number, body: fault) as server,
        reading(server, retries=1, **silence_of(fault)) as recognizer,
    ):
        (row,) = recognizer.recognize(page, regions)
    assert row.status is status
    assert row.reason.startswith(reason)
    assert row.attempts >= 1
    assert row.text == ""


def test_the_server_says_how_long_to_wait() -> None:
    page, regions = drawn_page(5, 1)
    server = FakeVllm(read=read_marks, faults=faulty_at_first("429"), retry_after="0.6")
    with server, reading(server) as recognizer:
        started = time.monotonic()
        (row,) = recognizer.recognize(page, regions)
    assert row.status is Status.OK
    assert time.monotonic() - started >= 0.6


def test_a_server_that_stays_busy_is_a_row() -> None:
    page, regions = drawn_page(5, 1)
    server = FakeVllm(faults=lambda number, body: "429", retry_after=None)
    with server, reading(server, patience_seconds=0.5) as recognizer:
        (row,) = recognizer.recognize(page, regions)
    assert row.status is Status.FAILED
    assert row.reason.startswith("server: 429")


def test_no_server_for_too_long_ends_the_run() -> None:
    page, regions = drawn_page(5, 1)
    with FakeVllm() as server:
        url = server.url
    recognizer = VllmRecognizer(VllmOptions(urls=(url,), **{**QUICK, "patience_seconds": 0.5}))
    try:
        with pytest.raises(BackendError, match=r"no server has answered.*recognition\.vllm\.urls"):
            recognizer.recognize(page, regions)
    finally:
        recognizer.close()


def test_loops_climb_the_ladder_of_temperatures() -> None:
    def loops_when_cold(number: int, body: Mapping[str, Any]) -> str | None:
        return "loop" if body["temperature"] < 0.5 else None

    page, regions = drawn_page(5, 1)
    with FakeVllm(read=read_marks, faults=loops_when_cold, keep=True) as server, reading(server) as recognizer:
        (row,) = recognizer.recognize(page, regions)
    assert [body["temperature"] for body in server.bodies] == [0.0, 0.2, 0.5]
    assert (row.status, row.attempts, row.text) == (Status.OK, 3, expected(regions)[0])


def test_a_cut_answer_is_asked_again_with_a_higher_limit() -> None:
    page, regions = drawn_page(5, 1)
    limits = TokenLimits(text=100)
    server = FakeVllm(read=read_marks, keep=True, reason=lambda body: "length" if body["max_tokens"] < 200 else "stop")
    with server, reading(server, max_tokens=limits) as recognizer:
        (row,) = recognizer.recognize(page, regions)
    assert [body["max_tokens"] for body in server.bodies] == [100, 200]
    assert row.status is Status.OK


def test_what_loops_for_ever_is_looked_for_on_the_whole_page() -> None:
    page, regions = drawn_page(5, 3)

    def read(image: bytes, prompt: str, body: Mapping[str, Any]) -> str:
        if body["max_tokens"] == 8192:  # the whole page
            return "a running header\npage 5 region 0\nthe lost\nlines\npage 5 region 2\nand a footer"
        found = read_marks(image, prompt, body)
        return LOOP if found.endswith("region 1") else found

    with FakeVllm(read=read) as server, reading(server) as recognizer:
        rows = recognizer.recognize(page, regions)
    assert [row.text for row in rows] == ["page 5 region 0", "the lost\nlines", "page 5 region 2"]
    assert rows[1].status is Status.OK
    assert rows[1].attempts == 5
    assert "whole page" in rows[1].reason


def test_regions_that_are_not_read_say_why() -> None:
    page, regions = drawn_page(5, 4)
    regions[0] = replace(regions[0], label=Label.PICTURE, native_label="image")
    regions[1] = replace(regions[1], native_label="header")
    regions[2] = replace(regions[2], status=Status.SKIPPED, reason="the page failed")
    with FakeVllm(read=read_marks) as server, reading(server, tasks={"header": Task.DROP}) as recognizer:
        rows = recognizer.recognize(page, regions)
        preferred = recognizer.recognize(replace(page, text_layer_preferred=True), regions)
    assert [row.status for row in rows] == [Status.SKIPPED] * 3 + [Status.OK]
    assert [row.reason for row in rows[:3]] == [
        "a image is kept as an image, not read",
        "a header is left out (recognition.tasks)",
        "the page failed",
    ]
    assert all(row.attempts == 0 for row in rows[:3])
    assert {row.reason for row in preferred} == {"the page's own text layer is used"}
    assert server.requests == 1


def test_a_region_without_anything_in_it_is_never_sent() -> None:
    page, (region,) = drawn_page(5, 1)
    specks = [Box(10, 10, 11, 11), Box(-50, -50, -40, -40), Box(100, 20, 120, 100)]
    regions = [replace(region, index=number, box=box) for number, box in enumerate(specks)]
    with FakeVllm() as server, reading(server) as recognizer:
        rows = recognizer.recognize(page, regions)
    assert [row.status for row in rows] == [Status.EMPTY] * 3
    assert server.requests == 0


def test_tables_and_formulas_are_asked_for_as_such() -> None:
    page, regions = drawn_page(5, 3)
    regions[1] = replace(regions[1], label=Label.TABLE, native_label="table")
    regions[2] = replace(regions[2], label=Label.FORMULA, native_label="display_formula")
    said = {"Table Recognition:": "```html\n<table><tr><td>1</td></tr></table>\n```", "Formula Recognition:": "$$x$$"}
    with (
        FakeVllm(read=lambda image, prompt, body: said.get(prompt, "plain"), keep=True) as server,
        reading(server) as recognizer,
    ):
        rows = recognizer.recognize(page, regions)
    assert [row.format for row in rows] == [TextFormat.TEXT, TextFormat.HTML, TextFormat.LATEX]
    assert [row.text for row in rows] == ["plain", "<table><tr><td>1</td></tr></table>", "x"]
    by_prompt = {body["messages"][0]["content"][1]["text"]: body for body in server.bodies}
    assert {prompt: body["max_tokens"] for prompt, body in by_prompt.items()} == {
        "Text Recognition:": 2048,
        "Table Recognition:": 4096,
        "Formula Recognition:": 1024,
    }
    assert all(body["model"] == "zai-org/GLM-OCR" and body["temperature"] == 0 for body in server.bodies)


def test_requests_in_flight_are_bounded_over_all_pages() -> None:
    with FakeVllm(read=read_marks, delay=0.05) as server, reading(server, requests=3) as recognizer:
        futures = [recognizer.submit(*drawn_page(number, 4)) for number in range(1, 6)]
        rows = [row for future in futures for row in future.result(20)]
    assert all(row.status is Status.OK for row in rows)
    assert server.most_in_flight == 3


def test_servers_share_the_load_and_one_that_is_gone_is_left_alone() -> None:
    first, second = FakeVllm(read=read_marks, delay=0.02), FakeVllm(read=read_marks, delay=0.02)
    gone = FakeVllm()
    with gone:
        pass
    with first, second, reading(first, gone, second, requests=4) as recognizer:
        futures = [recognizer.submit(*drawn_page(number, 2)) for number in range(1, 11)]
        rows: list[Recognition] = [row for future in futures for row in future.result(20)]
    assert [row.text for row in rows if row.status is Status.OK] == [
        f"page {number} region {index}" for number in range(1, 11) for index in range(2)
    ]
    assert min(first.requests, second.requests) >= 5


def test_a_key_is_sent_and_its_absence_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    page, regions = drawn_page(5, 1)
    monkeypatch.setenv("SOME_KEY", "secret")
    with FakeVllm(read=read_marks, key="secret") as server:
        with reading(server, api_key_env="SOME_KEY") as recognizer:
            assert recognizer.recognize(page, regions)[0].status is Status.OK
        with reading(server) as recognizer, pytest.raises(BackendError, match="refuses the key"):
            recognizer.recognize(page, regions)
        monkeypatch.delenv("SOME_KEY")
        with pytest.raises(BackendError, match="SOME_KEY"), reading(server, api_key_env="SOME_KEY"):
            pass


def test_a_server_that_refuses_everything_ends_the_run_before_the_corpus_is_asked_for() -> None:
    page, regions = drawn_page(5, 100)
    with (
        FakeVllm(embed=lambda body: (200, b"{}")) as wrong,  # 404 for every chat
        reading(wrong, requests=4) as recognizer,
        pytest.raises(BackendError, match=r"everything is refused \(server: 404.*recognition\.vllm\.urls"),
    ):
        recognizer.recognize(page, regions)


def test_of_several_servers_the_wrong_one_is_left_out() -> None:
    page, regions = drawn_page(5, 60)
    with (
        FakeVllm(embed=lambda body: (200, b"{}")) as wrong,
        FakeVllm(read=read_marks) as right,
        reading(wrong, right, requests=2) as recognizer,
    ):
        rows = recognizer.recognize(page, regions)
    assert sum(row.status is Status.FAILED for row in rows) <= 5
    assert all(row.reason.startswith("server: 404") for row in rows if row.status is Status.FAILED)


def test_what_answers_in_html_is_not_a_server_of_models() -> None:
    page, regions = drawn_page(5, 1)
    with (
        FakeVllm(read=read_marks, models=b"<html>sign in</html>") as wrong,
        reading(wrong) as recognizer,
        pytest.raises(BackendError, match="is not a server of models"),
    ):
        recognizer.recognize(page, regions)


def test_a_page_that_cannot_be_decoded_fails_alone() -> None:
    pages = [drawn_page(number, 1) for number in range(1, 6)]
    pages[2] = (replace(pages[2][0], image=b"no image at all"), pages[2][1])
    with FakeVllm(read=read_marks) as server, reading(server) as recognizer:
        rows = [future.result(20)[0] for future in [recognizer.submit(*each) for each in pages]]
    assert [row.status for row in rows] == [Status.OK, Status.OK, Status.FAILED, Status.OK, Status.OK]
    assert rows[2].reason.startswith("broken: ")


def test_identity_says_what_changes_results_and_nothing_else() -> None:
    def identity(**changes: Any) -> str:
        return VllmRecognizer(VllmOptions(urls=("http://x",), **changes)).identity.canonical()

    assert identity() == identity(requests=7, crop_workers=3, read_seconds=1)
    for change in (
        {"model": "other/GLM-OCR"},
        {"max_pixels": 100_000},
        {"jpeg_quality": None},
        {"temperatures": (0.3,)},
        {"loops": False},
        {"dialect": "chat"},
        {"max_tokens": {"text": 7}},
        {"quantization": "fp8"},
    ):
        assert identity(**change) != identity()
    assert VllmRecognizer(VllmOptions(urls=("http://x",)), {"a": Task.DROP}).identity.canonical() != identity()


def test_a_closed_recognizer_leaves_nothing_running() -> None:
    import threading

    before = set(threading.enumerate())
    page, regions = drawn_page(5, 1)
    with FakeVllm(read=read_marks, delay=5) as server:
        recognizer = VllmRecognizer(VllmOptions(urls=(server.url,), **{**QUICK, "read_seconds": 60}))
        future = recognizer.submit(page, regions)
        time.sleep(0.5)
        recognizer.close()
        recognizer.close()
        assert future.cancelled()
        with pytest.raises(RuntimeError, match="closed"):
            recognizer.submit(page, regions)
    assert set(threading.enumerate()) <= before

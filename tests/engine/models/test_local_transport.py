"""Requests gathered into batches for a model in this process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence

import pytest

from ocr_project.domain.errors import BackendError
from ocr_project.engine.models.local.transport import LocalTransport
from ocr_project.engine.models.messages import ChatAnswer, ChatRequest, RequestFailed
from tests.waiting import PATIENCE

Run = Callable[[Sequence[ChatRequest]], list[ChatAnswer]]


class Model:
    """Answers with the prompt, notes its batches and the threads that it ran on, and fails at `bad`."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.threads: set[str] = set()
        self.go = threading.Event()
        self.go.set()

    def load(self) -> Run:
        return self.answer

    def answer(self, requests: Sequence[ChatRequest]) -> list[ChatAnswer]:
        assert self.go.wait(PATIENCE)
        self.threads.add(threading.current_thread().name)
        prompts = [request.prompt for request in requests]
        self.batches.append(prompts)
        if "bad" in prompts:
            raise ValueError("no\n  such image")
        return [ChatAnswer(prompt.upper(), "stop") for prompt in prompts]


def transport(load: Callable[[], Run], size: int = 4, wait: float = 0.0) -> LocalTransport[ChatRequest, ChatAnswer]:
    return LocalTransport(load, size, alike=lambda request: request.temperature, wait=wait)


def request(prompt: str, temperature: float = 0.0) -> ChatRequest:
    return ChatRequest(b"", prompt, temperature, 10)


async def asked(
    to: LocalTransport[ChatRequest, ChatAnswer], requests: Sequence[ChatRequest]
) -> list[ChatAnswer | BaseException]:
    try:
        return await asyncio.gather(*map(to.ask, requests), return_exceptions=True)
    finally:
        await to.aclose()


def test_each_request_gets_its_answer_in_batches_of_one_kind() -> None:
    model = Model()
    prompts = [request(prompt, temperature=number % 2) for number, prompt in enumerate("abcdefghij")]
    answers = asyncio.run(asked(transport(model.load, size=3), prompts))
    assert [answer.text for answer in answers if isinstance(answer, ChatAnswer)] == list("ABCDEFGHIJ")
    assert model.batches == [list("ace"), list("bdf"), list("gi"), list("hj")]
    assert all(answer.seconds > 0 for answer in answers if isinstance(answer, ChatAnswer))
    assert len(model.threads) == 1
    assert model.threads.isdisjoint(thread.name for thread in threading.enumerate())


def test_only_the_request_at_fault_fails() -> None:
    model = Model()
    good, bad, fine = asyncio.run(asked(transport(model.load), [request(prompt) for prompt in ("a", "bad", "c")]))
    assert isinstance(good, ChatAnswer)
    assert isinstance(fine, ChatAnswer)
    assert (good.text, fine.text) == ("A", "C")
    assert isinstance(bad, RequestFailed)
    assert (str(bad), bad.tries) == ("model: ValueError, no such image", 1)
    assert model.batches == [["a", "bad", "c"], ["a"], ["bad"], ["c"]]


def test_a_model_that_cannot_be_loaded_is_the_answer_to_all_and_is_tried_once() -> None:
    loads = []

    def load() -> Run:
        loads.append(1)
        raise BackendError("no such model")

    async def run() -> None:
        local = transport(load, size=2)
        answers = await asyncio.gather(*(local.ask(request(prompt)) for prompt in "abc"), return_exceptions=True)
        assert [str(answer) for answer in answers] == ["no such model"] * 3
        with pytest.raises(BackendError):
            await local.ask(request("d"))
        await local.aclose()

    asyncio.run(run())
    assert loads == [1]


def test_a_batch_waits_for_more_but_not_once_it_is_full() -> None:
    model = Model()

    async def run(count: int, wait: float) -> float:
        local = transport(model.load, size=3, wait=wait)
        tasks = []
        started = asyncio.get_running_loop().time()
        for prompt in "abc"[:count]:
            tasks.append(asyncio.create_task(local.ask(request(prompt))))
            await asyncio.sleep(0.01)
        await asyncio.gather(*tasks)
        taken = asyncio.get_running_loop().time() - started
        await local.aclose()
        return taken

    assert asyncio.run(run(3, wait=60)) < 30
    asyncio.run(run(2, wait=1.0))
    assert model.batches == [list("abc"), list("ab")]


def test_what_was_cancelled_is_not_asked() -> None:
    model = Model()
    model.go.clear()

    async def run() -> None:
        local = transport(model.load, size=1)
        first, second, third = (asyncio.create_task(local.ask(request(prompt))) for prompt in "abc")
        await asyncio.sleep(0.05)
        second.cancel()
        await asyncio.sleep(0)
        model.go.set()
        assert (await first).text == "A"
        assert (await third).text == "C"
        await local.aclose()

    asyncio.run(run())
    assert model.batches == [["a"], ["c"]]

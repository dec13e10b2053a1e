"""What all backends with a model share: one loop, bounded requests, an orderly end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError

import pytest

from ocr_project.engine.models.crops.worker import Fit
from ocr_project.engine.models.session import Session, all_of
from ocr_project.engine.models.turns import Turns
from tests.waiting import PATIENCE


class Echo:
    """A transport that answers with the request, once it may, and notes what happens to it."""

    def __init__(self) -> None:
        self.in_flight = self.most = 0
        self.events: list[str] = []
        self.may_answer = True

    async def ask(self, request: str) -> str:
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        try:
            await asyncio.sleep(0.005 if self.may_answer else 3600)
        except asyncio.CancelledError:
            self.events.append("cancelled")
            raise
        finally:
            self.in_flight -= 1
        return request

    async def aclose(self) -> None:
        self.events.append("closed")


@pytest.fixture
def transport() -> Echo:
    return Echo()


@pytest.fixture
def session(transport: Echo) -> Iterator[Session[str, str]]:
    opened = Session(
        "reader",
        transport,
        Fit(1, 100, 1, None),
        turns=Turns(3, longest_first=False),
        crop_workers=1,
        crop_memory=2**30,
    )
    yield opened
    opened.close()


def test_nothing_starts_before_the_first_work_and_nothing_is_left(session: Session[str, str], transport: Echo) -> None:
    before = set(threading.enumerate())
    assert "reader-loop" not in {thread.name for thread in before}
    assert session.submit(session.ask, "a").result(PATIENCE) == "a"
    assert "reader-loop" in {thread.name for thread in threading.enumerate()}
    session.close()
    session.close()
    assert set(threading.enumerate()) <= before
    assert transport.events == ["closed"]
    with pytest.raises(RuntimeError, match="the reader is closed"):
        session.submit(session.ask, "b")


def test_one_that_was_never_used_closes_nothing(session: Session[str, str], transport: Echo) -> None:
    session.close()
    assert transport.events == []


def test_requests_in_flight_are_bounded_over_all_work(session: Session[str, str], transport: Echo) -> None:
    async def page(number: int) -> list[str]:
        with session.page() as turn:
            return await all_of([session.start(turn, 1, session.ask, f"{number}{region}") for region in "abcd"])

    futures = [session.submit(page, number) for number in range(5)]
    assert [future.result(PATIENCE) for future in futures] == [[f"{n}{r}" for r in "abcd"] for n in range(5)]
    assert transport.most == 3


def test_what_is_in_flight_is_cancelled_before_the_transport_closes(
    session: Session[str, str], transport: Echo
) -> None:
    transport.may_answer = False
    futures = [session.submit(session.ask, str(number)) for number in range(2)]
    while transport.in_flight < 2:
        threading.Event().wait(0.01)
    session.close()
    for future in futures:
        with pytest.raises(CancelledError):
            future.result(PATIENCE)
    assert transport.events == ["cancelled", "cancelled", "closed"]


def test_an_error_of_one_cancels_the_others(session: Session[str, str], transport: Echo) -> None:
    transport.may_answer = False

    async def fail() -> str:
        await asyncio.sleep(0.01)
        raise ValueError("this one")

    async def work() -> list[str]:
        with session.page() as turn:
            return await all_of([session.start(turn, 1, session.ask, "a"), session.start(turn, 1, fail)])

    with pytest.raises(ValueError, match="this one"):
        session.submit(work).result(PATIENCE)
    assert transport.events == ["cancelled"]

"""The one place that owns the servers of this process: who starts them, when, and that none is left.

A stage takes servers with its first request, and gives them back at its end. A run says beforehand which stages will
want some (`expect`); the first of its stages that has pages to work on starts those of the next that needs any, beside
its own work, and the stage that takes them finds them starting, or ready. The servers of a later stage are started
when those before them are gone: a card has room for one fleet. Nothing is started for a run that has nothing to do.
"""

from __future__ import annotations

import atexit
import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from ocr_project.domain.errors import OcrProjectError
from ocr_project.domain.options import ServerOptions
from ocr_project.engine.models.served.server import ServerFleet
from ocr_project.engine.running.events import EVENTS, Event, Happening
from ocr_project.engine.running.feeds import FEEDS

log = logging.getLogger(__name__)

# what comes before what; a stage that is not here starts no servers but its own
_ORDER = ("ingest", "layout", "recognition", "transcript", "embedding")


@dataclass(frozen=True, slots=True)
class Expected:
    """Servers that a stage of this run will want.

    Attributes:
        stage: Which.
        options: As it will ask for them.
        arguments: Of `vllm serve`, as it will ask for them.
    """

    stage: str
    options: ServerOptions
    arguments: tuple[str, ...] = ()


class Fleets:
    """All servers of this process. Any thread may call."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._expected: list[Expected] = []
        self._early: tuple[Expected, ServerFleet] | None = None
        self._in_use: list[ServerFleet] = []
        self._closing: list[threading.Thread] = []
        self._in_run = False
        self._pages: int | None = None
        self._with_request: set[str] = set()

    def expect(self, expected: Sequence[Expected]) -> None:
        """Say which servers a run will want, in the order of its stages; those of a run before it are closed."""
        self.close()
        with self._lock:
            self._expected, self._in_run, self._with_request = list(expected), bool(expected), set()
        EVENTS.listen(self.hear)
        atexit.register(self.close)  # after an interrupt Kedro calls no hook

    def start_with_request(self, stage: str) -> None:
        """Start the servers of a stage with its first request, and not before: it may have none."""
        with self._lock:
            self._with_request.add(stage)

    def hear(self, event: Event) -> None:
        """Start what a stage that has pages to work on makes worth it, and end what a stage had no use for."""
        if event.stage not in _ORDER:
            return
        if event.what is Happening.STAGE_ENDED:
            with self._lock:
                if self._expected and self._expected[0].stage == event.stage:
                    self._drop_first()
        if event.what is not Happening.STAGE_BEGAN:
            return
        with self._lock:
            self._pages = event.pages
            while self._expected and _comes_after(event.stage, self._expected[0].stage) and not FEEDS.is_active:
                self._drop_first()
            self._start_first(at=event.stage)

    def take(self, options: ServerOptions, arguments: Sequence[str] = ()) -> ServerFleet:
        """Return the servers that were started for this, or others that start with their first request.

        The caller gives them back.
        """
        asked = options, tuple(arguments)
        self._wait_for_cards()
        with self._lock:
            if self._early is not None and (self._early[0].options, self._early[0].arguments) == asked:
                fleet, self._early = self._early[1], None
            else:
                self._put_off()
                fleet = ServerFleet(options, arguments, self._pages)
            self._in_use.append(fleet)
            self._expected = [one for one in self._expected if (one.options, one.arguments) != asked]
        return fleet

    def give_back(self, fleet: ServerFleet) -> None:
        """Close servers, and start those that the run expects next, where it had pages for these.

        A server takes seconds to end: in a run, stages that need no card go on meanwhile.
        """
        if not self._in_run:
            self._close_and_go_on(fleet)
            return
        closing = threading.Thread(target=self._close_and_go_on, args=(fleet,), name="vllm-close")
        with self._lock:
            self._closing.append(closing)
        closing.start()

    def close(self) -> None:
        """End every server, and forget what was expected. Idempotent."""
        with self._lock:
            self._expected = []
        self._wait_for_cards()
        with self._lock:
            fleets = [*self._in_use, *([self._early[1]] if self._early is not None else [])]
            self._in_use, self._early, self._pages, self._in_run = [], None, None, False
        for fleet in fleets:
            fleet.close()

    def _close_and_go_on(self, fleet: ServerFleet) -> None:
        fleet.close()
        with self._lock:
            self._in_use = [other for other in self._in_use if other is not fleet]
            self._start_first()

    def _wait_for_cards(self) -> None:
        """Wait until the servers that were given back are gone."""
        with self._lock:
            closing, self._closing = self._closing, []
        for thread in closing:
            thread.join()

    def _start_first(self, at: str = "") -> None:
        """Start the servers that are wanted next, unless a stage is about to do so itself, or others are there."""
        if not self._expected or self._expected[0].stage == at or self._pages is None:
            return
        first = self._expected[0]
        if self._early is not None or self._in_use or first.stage in self._with_request:
            return
        try:
            fleet = ServerFleet(first.options, first.arguments, self._pages)
        except OcrProjectError as error:  # the stage that wants them says so, where it does
            log.debug("servers of %s are not started: %s", first.stage, error)
            return
        self._early = first, fleet
        fleet.begin()

    def _put_off(self) -> None:
        """End servers that wait for their stage: another one wants the card first. They are started anew after it."""
        if self._early is not None:
            (_, fleet), self._early = self._early, None
            fleet.close()

    def _drop_first(self) -> None:
        """Forget servers whose stage is over, and had no use for them."""
        dropped = self._expected.pop(0)
        if self._early is not None and self._early[0] is dropped:
            _, fleet = self._early
            self._early = None
            threading.Thread(target=fleet.close, name="vllm-close").start()


def _comes_after(stage: str, other: str) -> bool:
    return _ORDER.index(stage) > _ORDER.index(other)


FLEETS = Fleets()

"""What happened when, in this process: stages at work, servers starting, ready and gone.

The record of a run holds it (`events.jsonl`); and who starts something early listens to it. Times are those of the
system's clock, so that events of several processes can be laid side by side.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Happening(StrEnum):
    """What can happen."""

    STAGE_BEGAN = "stage began"
    FIRST_DONE = "first done"
    SHARD_MADE = "shard made"
    STAGE_WAITS = "stage waits"
    STAGE_GOES_ON = "stage goes on"
    STAGE_ENDED = "stage ended"
    SERVER_STARTED = "server started"
    SERVER_READY = "server ready"
    SERVER_DIED = "server died"
    SERVERS_GONE = "servers gone"


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    Attributes:
        at: Seconds since 1970.
        what: Happened.
        stage: Whose work or whose servers.
        who: Which shard or server, where there are several.
        gpu: On which card, by NVML's number, as in the footers of shards; -1: on none that is known.
        pages: To be worked on, where a stage begins; of the first batch that is done; made, where a shard is.
    """

    at: float
    what: Happening
    stage: str
    who: str = ""
    gpu: int = -1
    pages: int = 0


class Events:
    """A list of events that any thread adds to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: list[Event] = []
        self._listeners: list[Callable[[Event], None]] = []

    def note(self, what: Happening, stage: str, who: str = "", *, gpu: int = -1, pages: int = 0) -> None:
        """Add an event, and tell those who listen, on this thread."""
        event = Event(time.time(), what, stage, who, gpu, pages)
        with self._lock:
            self._events.append(event)
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener(event)

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Call something with each event from now on; once, however often it is asked for."""
        with self._lock:
            if listener not in self._listeners:
                self._listeners.append(listener)

    def take(self) -> list[Event]:
        """Return all events so far, and forget them."""
        with self._lock:
            events, self._events = self._events, []
        return events


EVENTS = Events()

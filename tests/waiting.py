"""Waiting in tests: for what has to come, and not for a time in which it should have come."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

# Seconds after which a test hangs. No test takes so long that passes: with two busy cores a process takes 20 to start.
PATIENCE = 120.0


def wait_for(what: Callable[[], Found], why: Callable[[], str] | str = "", seconds: float = PATIENCE) -> Found:
    """Ask again and again, and return the first answer that is true.

    Args:
        what: Asked every 10 ms.
        why: Said where it does not become true.
        seconds: After which it counts as never.
    """
    until = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < until, why() if callable(why) else why or "it did not come true"
        time.sleep(0.01)
    return found

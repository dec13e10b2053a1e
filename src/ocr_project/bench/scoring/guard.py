"""An answer may cost its item, never the run.

A model says anything: 200 fractions in each other, a number of 4,300 digits, 20,000 rows. What scores it may then
raise from any depth (RecursionError, OverflowError, ValueError, errors of lxml, MemoryError) or take minutes. Answers
are kept, so such an item would end each run again. Any `Exception` is therefore taken for a property of the answer,
unless the item raises without an answer, too: then its ground truth, or the rule, is at fault, and that is said aloud.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import TypeVar

Result = TypeVar("Result")

_LONGEST_MESSAGE = 200


class AnswerError(Exception):
    """An answer that cannot be scored; the message is a reason for a row."""


class _OutOfTime(BaseException):
    """Raised within a thread that scores; no `except Exception` on its way takes it for its own."""


def guarded(work: Callable[[], Result], seconds: float) -> Result:
    """Do something with an answer.

    Args:
        work: Runs in this thread.
        seconds: CPU time that it may take: on a busy machine it takes no more of that, and its score is the same.

    Raises:
        AnswerError: It raised, or took longer. One call into C is not cut short, only what follows it.
    """
    try:
        with _Limit(seconds):
            return work()
    except _OutOfTime:
        raise AnswerError(f"the answer takes more than {seconds:g} s to score (testsets.item_seconds)") from None
    except Exception as error:
        message = f"{type(error).__name__}: {error}"
        raise AnswerError(f"the answer cannot be scored: {message[:_LONGEST_MESSAGE]}") from error


class _Limit:
    """Watches over this thread from another, and raises `_OutOfTime` here."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._thread = threading.get_ident()
        self._lock = threading.Lock()
        self._done = threading.Event()

    def __enter__(self) -> None:
        self._clock = time.pthread_getcpuclockid(self._thread)
        self._begun = time.clock_gettime(self._clock)
        threading.Thread(target=self._watch, name="item_seconds", daemon=True).start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._done.set()
            _raise_in(self._thread, None)  # what was raised and not yet seen would else be seen by the next item

    def _watch(self) -> None:
        left = self._seconds
        while not self._done.wait(left):
            with self._lock:
                if self._done.is_set():
                    return
                left = self._seconds - (time.clock_gettime(self._clock) - self._begun)
                if left <= 0:
                    _raise_in(self._thread, _OutOfTime)
                    return


def _raise_in(thread: int, error: type[BaseException] | None) -> None:
    """Raise an exception in another thread, or take it back."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), error and ctypes.py_object(error))

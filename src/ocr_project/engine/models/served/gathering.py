"""A scheduler of vLLM that lets requests in together. Imported by vLLM alone (`server.py` names it).

vLLM lets a request in as soon as another one ends. Of short answers to images that is one to three at every second
step: each of these steps runs the vision tower on a small batch, kernel by kernel, and all answers that are being
written wait for it. Here those that wait are let in when there are OCR_PROJECT_PREFILL_BATCH of them: one large batch
of images, and between two of these only steps that write, which vLLM replays from CUDA graphs (docs/log.md).

vLLM does not promise its interface for schedulers. What is used of it: `running`, `get_request_counts`, the tokens of
a step and of its plan, and the limit that `schedule` holds the number of running requests against, by either of its
names.
"""

from __future__ import annotations

import os
from typing import Any

from vllm.v1.core.sched.async_scheduler import AsyncScheduler

_LIMITS = ("max_num_active_reqs", "max_num_running_reqs")  # vLLM 0.32; 0.26
_PATIENCE = 64  # steps that a free place is kept empty, after which those that wait are let in, however few


class GatheringScheduler(AsyncScheduler):  # type: ignore[misc]
    """vLLM's, but that requests wait for each other."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._batch = int(os.environ["OCR_PROJECT_PREFILL_BATCH"])
        self._tokens: int = self.max_num_scheduled_tokens
        self._fits = self._batch  # as many as these are enough for
        self._held = 0  # steps in a row
        limit = next((name for name in _LIMITS if hasattr(self, name)), None)
        if limit is None:
            raise RuntimeError(f"this vLLM's scheduler has none of {', '.join(_LIMITS)}: set prefill_batch=0")
        self._limit = limit

    def schedule(self, *args: Any, **more: Any) -> Any:
        """Plan a step: without new requests while too few of them wait."""
        running, waiting = self.get_request_counts()
        ready = min(waiting, getattr(self, self._limit) - running)
        if ready <= 0:
            self._held = 0
            return super().schedule(*args, **more)
        if ready < self._enough(running) and self._held < _PATIENCE:
            self._held += 1
            return self._without_new(*args, **more)
        plan = super().schedule(*args, **more)
        new = len(self.running) - running
        if new > 0:  # none: they wait for something else as well, and not for us once more
            self._held = 0
            self._learn(new, cut=new < ready and plan.total_num_scheduled_tokens >= self._tokens)
        return plan

    def _learn(self, new: int, *, cut: bool) -> None:
        self._fits = new if cut else min(self._batch, self._fits + max(1, self._fits // 4))

    def _enough(self, running: int) -> int:
        """Return how many are worth a step: a batch, what a step has tokens for, or half of those at work.

        More than a step has tokens for would go through the tower in as many steps, with more places empty.
        """
        return min(self._batch, self._fits, running // 2)

    def _without_new(self, *args: Any, **more: Any) -> Any:
        most = getattr(self, self._limit)
        setattr(self, self._limit, len(self.running))
        try:
            return super().schedule(*args, **more)
        finally:
            setattr(self, self._limit, most)

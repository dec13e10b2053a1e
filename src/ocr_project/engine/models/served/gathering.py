"""A scheduler of vLLM that lets requests in together. Imported by vLLM alone (`server.py` names it).

vLLM lets a request in as soon as another one ends. Of short answers to images that is one to three at every second
step: each of these steps runs the vision tower on a small batch, kernel by kernel, and all answers that are being
written wait for it. Here those that wait are let in when there are OCR_PROJECT_PREFILL_BATCH of them: one large batch
of images, and between two of these only steps that write, which vLLM replays from CUDA graphs (docs/log.md).

vLLM does not promise its interface for schedulers. What is used of it: `running`, `get_request_counts`, and the limit
that `schedule` holds the number of running requests against, by either of its names.
"""

from __future__ import annotations

import os
from typing import Any

from vllm.v1.core.sched.async_scheduler import AsyncScheduler

_LIMITS = ("max_num_active_reqs", "max_num_running_reqs")  # vLLM 0.32; 0.26
_PATIENCE = 64  # steps without a new request, after which those that wait are let in, however few


class GatheringScheduler(AsyncScheduler):  # type: ignore[misc]
    """vLLM's, but that requests wait for each other."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._batch = int(os.environ["OCR_PROJECT_PREFILL_BATCH"])
        self._held = 0  # steps in a row
        limit = next((name for name in _LIMITS if hasattr(self, name)), None)
        if limit is None:
            raise RuntimeError(f"this vLLM's scheduler has none of {', '.join(_LIMITS)}: set prefill_batch=0")
        self._limit = limit

    def schedule(self, *args: Any, **more: Any) -> Any:
        """Plan a step: without new requests while too few of them wait."""
        if not self._holds():
            self._held = 0
            return super().schedule(*args, **more)
        self._held += 1
        most = getattr(self, self._limit)
        setattr(self, self._limit, len(self.running))
        try:
            return super().schedule(*args, **more)
        finally:
            setattr(self, self._limit, most)

    def _holds(self) -> bool:
        """Say whether those that wait go on waiting: for as many as a batch, or as half of those at work, if fewer."""
        running, waiting = self.get_request_counts()
        if not waiting or self._held >= _PATIENCE:
            return False
        ready = min(waiting, getattr(self, self._limit) - running)
        return bool(ready < min(self._batch, running // 2))

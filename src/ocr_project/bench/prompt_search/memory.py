"""What a search has asked and been told, kept as it comes in: a killed search goes on where it was.

Both methods are plain functions of what the generator proposes and what is answered. So nothing of their state is
kept, only that: the same command runs through them again, with every known answer at hand, and asks what is not known
(gepa's own state is a pickle, which is code that is run when it is read).

    proposals/<hash of what was shown>.json
    judged/<hash of the prompt>.json          by question
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ocr_project.bench.prompt_search.tried import Judged, Proposed
from ocr_project.domain.types import Status
from ocr_project.storage.atomic import atomic_json

_DIGITS = 24


class Memory:
    """The folder of one search."""

    def __init__(self, folder: Path) -> None:
        """Look nothing up yet.

        Args:
            folder: Of the search alone: its name holds what its answers depend on.
        """
        self._folder = folder

    def proposal(self, shown: str) -> Proposed | None:
        """Return what was proposed when a generator was shown this; None where it has not been."""
        kept = _read(self._place("proposals", shown))
        return None if kept is None else Proposed(**kept["proposed"])

    def keep_proposal(self, shown: str, proposed: Proposed) -> None:
        """Keep a proposal, but for one that failed by circumstance."""
        if not proposed.again:
            atomic_json(self._place("proposals", shown), {"shown": shown, "proposed": asdict(proposed)}, durable=False)

    def judged(self, prompt: str) -> dict[int, Judged]:
        """Return the answers that are known under a prompt, by question."""
        kept = _read(self._place("judged", prompt)) or {"answers": []}
        return {one["question_id"]: Judged(**{**one, "status": Status(one["status"])}) for one in kept["answers"]}

    def keep_judged(self, prompt: str, answers: Iterable[Judged]) -> None:
        """Keep all answers that are known under a prompt, but for those that failed by circumstance."""
        rows = [asdict(one) for one in answers if not one.again]
        atomic_json(self._place("judged", prompt), {"prompt": prompt, "answers": rows}, durable=False)

    def _place(self, kind: str, text: str) -> Path:
        return self._folder / kind / f"{hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]}.json"


def _read(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found

"""How long a page takes in each stage: what this corpus's own shards say, otherwise what was measured elsewhere.

`MEASURED` holds figures of docs/log.md, each with the heading of its section. What is not there was not measured.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from ocr_project.domain.options import RuntimeOptions
from ocr_project.domain.protocols import ShardSource
from ocr_project.engine.running.stage_metrics import measure_stage

OWN = "this corpus's own shards"
LAPTOP = "laptop"
_FEWEST_PAGES, _FEWEST_SHARDS = 20, 2
_ONE_OF_TEN = 0.1
_WH_TO_J, _PAGES = 3600.0, 1000.0


@dataclass(frozen=True, slots=True)
class Rate:
    """Seconds for a page, and energy.

    Attributes:
        low: At best, of what was seen.
        likely: To be expected.
        high: At worst, of what was seen.
        source: Where the figures are from.
        joules: For a page, of all cards; None where that was not measured.
        of_one: What one of has this speed, of which there may be several: `core`, `card`; an empty string where the
            figures are of the machine as a whole.
    """

    low: float
    likely: float
    high: float
    source: str
    joules: float | None = None
    of_one: str = ""

    def shared(self, count: int) -> Rate:
        """Return the seconds where several cores or cards work side by side, at a twentieth less for each."""
        if not self.of_one or count <= 1:
            return self
        gain = 1 + 0.95 * (count - 1)
        return Rate(self.low / gain, self.likely / gain, self.high / gain, self.source, self.joules, self.of_one)


def _card(slow: float, usual: float, fast: float, watts: float, source: str) -> Rate:
    """Make a rate of pages a second on one card, and its power at work."""
    return Rate(1 / fast, 1 / usual, 1 / slow, source, watts / usual, "card")


def _cores(fast: float, usual: float, slow: float, source: str) -> Rate:
    """Make a rate of seconds that one core takes for a page."""
    return Rate(fast, usual, slow, source, None, "core")


_LOG = "docs/log.md, "
_HOUSE, _WHOLE = f"{_LOG}2026-11-28 the rebuilt house on a GPU", f"{_LOG}2026-11-21 the whole OCR on a GPU"
_COST, _EMBEDDING = f"{_LOG}2026-11-29 what the day's changes cost", f"{_LOG}2026-11-21 embedding on a GPU"
_OPEN = f"{_LOG}2026-11-30 where a card's time goes, norms that no compiler saw"
_LESS = f"{_LOG}2026-11-21 the main job again, with less work of our own"

# By machine, stage and backend. On an H200: pages of 8 regions, 200 dpi, weights of true shape without training. The
# transcript is one core of the same host. Seconds of Tesseract hold its share of layout.
MEASURED: Mapping[tuple[str, str, str], Rate] = {
    ("h200", "layout", "pp_doclayout_v3"): _card(232, 251, 269, 600, f"{_WHOLE}; {_HOUSE}"),
    ("h200", "recognition", "vllm"): _card(19.1, 23.5, 26.4, 655, _OPEN),
    ("h200", "transcript", "transcript"): Rate(1 / 175, 1 / 98, 1 / 92.6, f"{_WHOLE}; {_HOUSE}"),
    ("h200", "embedding", "vllm"): _card(30, 33.4, 40.3, 680, _EMBEDDING),
    (LAPTOP, "layout", "opencv"): _cores(0.1, 0.16, 0.3, _LESS),
    (LAPTOP, "recognition", "tesseract"): _cores(1.2, 2.3, 3.3, _COST),
}
START_UP = {  # seconds until servers of vLLM are ready: compiled before; one that compiles nothing; four that do
    "h200": (46.0, 52.0, 111.0)  # the last by calculation: engine/models/served/scale.py
}


def own_rate(shards: ShardSource, backend: str) -> tuple[Rate | None, int]:
    """Return what the shards of a stage took, and how many pages they hold.

    Args:
        shards: Of the lineage that is current.
        backend: Shards of another one say nothing.

    Returns:
        No rate where they are too few to tell; the best and the worst are the tenth and the ninetieth of a hundred.
    """
    made = [info for info in shards.index().values() if _name(info.identity) == backend]
    pages = sum(info.pages for info in made)
    timed = [info for info in made if info.wall_seconds > 0 and info.pages]
    if len(timed) < _FEWEST_SHARDS or sum(info.pages for info in timed) < _FEWEST_PAGES:
        return None, pages
    measured = measure_stage(shards, RuntimeOptions())
    likely = measured["seconds"] / measured["pages"]
    each = sorted(info.wall_seconds / info.pages for info in timed)
    place = int(_ONE_OF_TEN * len(each))
    low, high = min(each[place], likely), max(each[-1 - place], likely)
    watt_hours = measured.get("gpu_watt_hours_per_1000_pages")
    return Rate(low, likely, high, OWN, None if watt_hours is None else watt_hours * _WH_TO_J / _PAGES), pages


def _name(identity: str) -> str:
    return str(json.loads(identity)["name"]) if identity else ""

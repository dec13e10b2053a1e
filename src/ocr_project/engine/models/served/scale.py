"""How many servers a run is worth, and whether they are compiled: by the pages that there are to read.

What `replicas=auto` and `compile_vision=auto` mean. A server that is ready sooner reads more slowly; the choice is the
one whose last page is out first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from ocr_project.domain.options import ServerOptions, VisionCompile
from ocr_project.domain.options.serving import AUTO, MANY_REPLICAS

Kind = TypeVar("Kind", bound=ServerOptions)

EAGER = "--enforce-eager"  # neither compiled nor captured in CUDA graphs


@dataclass(frozen=True, slots=True)
class Scale:
    """One way to start the servers of a card, and what was measured of it.

    Attributes:
        replicas: Servers on a card.
        compiled: Whether the vision tower is compiled; of one that is not, by `auto`, nothing is.
        cold: Seconds until they are ready where nothing of it was compiled before.
        warm: Seconds until they are ready from the cache of a start before.
        speed: Pages/s of a card once they are.
    """

    replicas: int
    compiled: bool
    cold: float
    warm: float
    speed: float


# One H200, GLM-OCR's shape in bf16, vLLM 0.26: docs/log.md, 2026-11-28 and 2026-11-29. Other cards and models are
# slower or faster, all rows alike more or less: what is compared is the rows.
MEASURED: Sequence[Scale] = (
    Scale(replicas=1, compiled=False, cold=60.0, warm=45.0, speed=3.5),
    Scale(replicas=1, compiled=True, cold=133.0, warm=75.0, speed=4.95),
    Scale(replicas=MANY_REPLICAS, compiled=False, cold=128.0, warm=78.0, speed=13.4),
    Scale(replicas=MANY_REPLICAS, compiled=True, cold=213.0, warm=110.0, speed=17.6),
)


def choose_scale(pages: int, *, cards: int = 1, warm: bool = False, rows: Sequence[Scale] = MEASURED) -> Scale:
    """Return the row whose last page is out first: seconds until ready, and pages by pages/s of all cards.

    Args:
        pages: To read.
        cards: GPUs that share them.
        warm: Whether what is compiled is in the cache already.
        rows: To choose among.
    """
    return min(rows, key=lambda row: (row.warm if warm else row.cold) + pages / (row.speed * cards))


def scaled(options: Kind, pages: int | None, *, warm: bool = False) -> Kind:
    """Return options in which nothing is left to choose.

    Args:
        options: Of servers; what they name stays.
        pages: To read; None: not known, and taken for many.
        warm: Whether what is compiled is in the cache already.
    """
    by_itself, compiles = options.replicas == AUTO, options.compile_vision is VisionCompile.AUTO
    if not by_itself and not compiles:
        return options
    rows = [
        row
        for row in MEASURED
        if (by_itself or (row.replicas == 1) == (options.replicas == 1))
        and (compiles or row.compiled == (options.compile_vision is not VisionCompile.EAGER))
    ]
    chosen = max(rows, key=lambda row: row.speed)
    if pages is not None:
        chosen = choose_scale(pages, cards=len(options.gpus), warm=warm, rows=rows)
    changes: dict[str, object] = {"replicas": chosen.replicas} if by_itself else {}
    if compiles:
        changes["compile_vision"] = VisionCompile.TOWER if chosen.compiled else VisionCompile.EAGER
        if not chosen.compiled and EAGER not in options.server_args and by_itself and chosen.replicas == 1:
            changes["server_args"] = (*options.server_args, EAGER)
    return options.model_copy(update=changes)

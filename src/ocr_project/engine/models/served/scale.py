"""How many servers a run is worth, and what of them is compiled: by the pages that there are to read.

What `replicas=auto` and `compile_vision=auto` mean. A server that is ready sooner reads more slowly; the choice is the
one whose last page is out first, and of those that are a few seconds apart the one that costs least.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ocr_project.domain.options import ServerOptions, VisionCompile
from ocr_project.domain.options.serving import AUTO, MANY_REPLICAS

Kind = TypeVar("Kind", bound=ServerOptions)

EAGER = "--enforce-eager"  # nothing compiled, and nothing captured in CUDA graphs
_NOT_WORTH = 5.0  # seconds
_COMPILED = (VisionCompile.BLOCKS, VisionCompile.TOWER)


@dataclass(frozen=True, slots=True)
class Scale:
    """One way to start the servers of a card, and what was measured of it.

    Attributes:
        replicas: Servers on a card.
        first: Seconds until the first is ready where nothing was compiled before: it compiles, the others wait.
        rest: Seconds until all are.
        warm: Seconds until all are from the cache of a start before; they start together.
        one: Pages/s of one server alone.
        speed: Pages/s of all.
        eager: Whether nothing at all is compiled.
    """

    replicas: int
    first: float
    rest: float
    warm: float
    one: float
    speed: float
    eager: bool = False

    def seconds(self, pages: int, cards: int, *, warm: bool) -> float:
        """Return how long it is until the last page is read."""
        if warm and not self.eager:
            return self.warm + pages / (self.speed * cards)
        alone = self.first + pages / self.one
        if self.replicas * cards == 1 or alone <= self.rest:
            return alone
        read = (self.rest - self.first) * self.one
        return self.rest + (pages - read) / (self.speed * cards)


# One H200, GLM-OCR's shape in bf16, vLLM 0.26, Python's bytecode there, from the begin of the run: docs/log.md,
# 2026-11-30, whole commands with `auto`, of one host and day. By calculation `rest`, from `first` and a start of four;
# one server warm is taken to be as soon ready as four. The eager server's pages/s are of 64 pages, its first and last
# answers among them. Other cards and models are slower or faster, all rows about alike: only rows are compared.
MEASURED: Sequence[Scale] = (
    Scale(1, first=71.0, rest=71.0, warm=46.0, one=11.2, speed=11.2),
    Scale(MANY_REPLICAS, first=71.0, rest=111.0, warm=46.0, one=11.2, speed=23.7),
    Scale(1, first=52.0, rest=52.0, warm=52.0, one=5.7, speed=5.7, eager=True),
)
# The same with a tower that is not compiled, of 2026-11-29: with norms as vLLM has them.
UNCOMPILED: Sequence[Scale] = (
    Scale(1, first=83.0, rest=83.0, warm=35.0, one=3.9, speed=3.9),
    Scale(MANY_REPLICAS, first=83.0, rest=118.0, warm=35.0, one=3.9, speed=17.8),
)


def choose_scale(
    pages: int, *, cards: int = 1, warm: Callable[[Scale], bool], rows: Sequence[Scale] = MEASURED
) -> Scale:
    """Return the first of the rows whose last page is out as soon as that of any, give or take a few seconds.

    Args:
        pages: To read.
        cards: GPUs that share them.
        warm: Says of a row whether what it compiles is in the cache already.
        rows: To choose among, the cheapest first.
    """
    seconds = [row.seconds(pages, cards, warm=warm(row)) for row in rows]
    return next(row for row, taken in zip(rows, seconds, strict=True) if taken <= min(seconds) + _NOT_WORTH)


def scaled(options: Kind, pages: int | None, *, compiled: Callable[[Kind], bool]) -> Kind:
    """Return options in which nothing is left to choose.

    Args:
        options: Of servers; what they name stays.
        pages: To read; None: not known, and taken for many.
        compiled: Says of such options whether what their servers compile is in the cache already.
    """
    counts, compiles = options.replicas == AUTO, options.compile_vision is VisionCompile.AUTO
    if not counts and not compiles:
        return options
    uncompiled = not compiles and options.compile_vision not in _COMPILED
    rows = [
        row
        for row in (UNCOMPILED if uncompiled else MEASURED)
        if (counts or (row.replicas == 1) == (options.replicas == 1)) and (compiles or not row.eager)
    ]
    if pages is None:
        return _as(options, max(rows, key=lambda row: row.speed))
    cards = len(options.gpus)
    return _as(options, choose_scale(pages, cards=cards, warm=lambda row: compiled(_as(options, row)), rows=rows))


def _as(options: Kind, row: Scale) -> Kind:
    """Return options with what they leave to choose as a row has it."""
    changes: dict[str, object] = {"replicas": row.replicas} if options.replicas == AUTO else {}
    if options.compile_vision is VisionCompile.AUTO:
        changes["compile_vision"] = VisionCompile.EAGER if row.eager else VisionCompile.BLOCKS
    if row.eager and EAGER not in options.server_args:
        changes["server_args"] = (*options.server_args, EAGER)
    return options.model_copy(update=changes)

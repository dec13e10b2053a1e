"""What a report of test sets is made of: plain data, for one run or for several side by side.

A run is named by its place in `BenchmarkReport.runs`, from 0; what has a value per run has them in that order.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ocr_project.engine.metrics import Span

MOST_RUNS = 5  # that many colours can be told apart, also by people who see few of them


@dataclass(frozen=True, slots=True)
class RunColumn:
    """One run.

    Attributes:
        name: The recognizer, or the version of the run.
        facts: Commit, machine, identities: one line each.
        speed: For the cards of the summary: titles, and figures as they are shown.
    """

    name: str
    facts: Mapping[str, str] = field(default_factory=dict)
    speed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Value:
    """A rate of one run.

    Attributes:
        rate: Fraction, over what could be scored; NaN where nothing could be.
        low: Lower end of the 95 % interval; NaN where there is none.
        high: Upper end; NaN where `low` is.
        strict: The rate with what could not be scored as if it were worst.
        failed: Items that could not be scored.
    """

    rate: float = math.nan
    low: float = math.nan
    high: float = math.nan
    strict: float = math.nan
    failed: int = 0

    @property
    def has_interval(self) -> bool:
        return math.isfinite(self.low) and math.isfinite(self.high)


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """A metric on a slice of a test set.

    Attributes:
        metric: As in the score rows: `teds/official`.
        title: For people.
        higher_is_better: Of the metric.
        slice: Name of the slice; `all` for the whole set.
        value: Of the slice; `all` for the whole set.
        items: How many count, in the first run that has the metric.
        documents: How many these items come from.
        values: One per run; `None` where the run lacks this metric.
        headline: Whether this is the number that stands for the set.
    """

    test_set: str
    metric: str
    title: str
    higher_is_better: bool
    slice: str
    value: str
    items: int
    documents: int
    values: Sequence[Value | None]
    headline: bool = False


@dataclass(frozen=True, slots=True)
class PairLine:
    """Two runs on the items that both were scored on.

    Attributes:
        documents: How many the items come from.
        gain: By how much the second is better, as a fraction, whichever way the metric goes; `low` and `high` are the
            ends of its 95 % interval, NaN where there is none.
        better: Probability that the second is better; NaN where it cannot be known.
        p: Corrected by Holm over all comparisons shown; NaN where it cannot be known.
        verdict: `first`, `second` or `open`.
        why: Why it is open, and what could close it.
    """

    test_set: str
    title: str
    slice: str
    value: str
    first: int
    second: int
    items: int
    documents: int
    gain: float
    low: float
    high: float
    better: float
    p: float
    verdict: str
    why: str = ""
    headline: bool = False
    higher_is_better: bool = True

    @property
    def winner(self) -> int | None:
        """The run that is better; `None` where that is open."""
        return {"first": self.first, "second": self.second}.get(self.verdict)


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """How one run answered one test set.

    Attributes:
        faults: How many items have such an answer, by `loop`, `cut` and `empty`.
        retried: Items of which some region was asked for more than once.
        failed: Items that could not be read.
        seconds: `p50`, `p95` and `p99` of the recognition of an item.
        tokens: Generated, over all items; 0 where the backend counts none.
    """

    test_set: str
    run: int
    items: int
    faults: Mapping[str, int]
    retried: int
    failed: int
    seconds: Mapping[str, float]
    tokens: int


@dataclass(frozen=True, slots=True)
class Point:
    """An item as a dot: two values of it, and the card that shows it, if there is one."""

    x: float
    y: float
    item: str


@dataclass(frozen=True, slots=True)
class Scatter:
    """The items of a test set by two values each, of two runs or of two ways to normalise.

    Attributes:
        caption: What is shown.
        x_label: Of the first value.
        y_label: Of the second.
        apart: How many items have values that differ by more than 5 percentage points.
    """

    caption: str
    x_label: str
    y_label: str
    points: Sequence[Point]
    apart: int


@dataclass(frozen=True, slots=True)
class CellView:
    """A cell of a table as it is shown; `changed` where the other table lacks it."""

    text: str
    rows: int = 1
    columns: int = 1
    header: bool = False
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """A reference or an answer, in the form in which it is shown best.

    Attributes:
        text: As it was written.
        spans: Its alignment with the reference; empty for the reference itself.
        table: Rows of cells, where it is a table.
        fields: Name, value, and whether it is as expected, where it is a set of fields.
        picture: A rendered formula as PNG; `None` where none was made.
    """

    text: str = ""
    spans: Sequence[Span] = ()
    table: Sequence[Sequence[CellView]] = ()
    fields: Sequence[tuple[str, str, bool]] = ()
    picture: bytes | None = None


@dataclass(frozen=True, slots=True)
class AnswerView:
    """What one run answered.

    Attributes:
        scores: Title, value (NaN: could not be scored) and reason.
        fault: `loop`, `cut`, `empty` or an empty string.
        reason: Why it could not be read, or what was unusual.
        seconds: Of the recognition; NaN where they are not known.
    """

    run: int
    content: Content
    scores: Sequence[tuple[str, float, str]]
    fault: str = ""
    status: str = "ok"
    reason: str = ""
    seconds: float = math.nan


@dataclass(frozen=True, slots=True)
class ItemCard:
    """An item of a test set with what is known and what was read.

    Attributes:
        name: The path of its file.
        apart: How far its values differ, official from canonical or run from run: a fraction.
        image: Encoded image of any size; `None` where there is none.
    """

    item_id: str
    name: str
    test_set: str
    kind: str
    slices: Sequence[tuple[str, str]]
    apart: float
    image: bytes | None
    question: str
    reference: Content
    answers: Sequence[AnswerView]


@dataclass(frozen=True, slots=True)
class GateLine:
    """How the gate judged one metric, or a time.

    Attributes:
        what: The test set, or what was timed.
        verdict: `worse`, `gone`, `open` or `fine`.
        words: Both values, the loss with its interval, what is tolerated; of what is open, why.
    """

    what: str
    metric: str
    verdict: str
    words: str


@dataclass(frozen=True, slots=True)
class BenchmarkReport:
    """All that a report of test sets says.

    Attributes:
        runs: One to five.
        notes: Sentences to read before the numbers: what was compared with what.
        items: Worst first; taken one at a time, so that memory does not grow with their number.
        shown: Ids of the items, for the dots that lead to them.
        gate: How the gate judged, worst first; empty where there is no baseline.
        gate_counts: How many of each verdict there are, and why what is open is so.
    """

    title: str
    created: str
    runs: Sequence[RunColumn]
    notes: Sequence[str]
    scores: Sequence[ScoreLine]
    pairs: Sequence[PairLine]
    answers: Sequence[AnswerLine]
    scatters: Sequence[Scatter]
    parameters: Mapping[str, str]
    items: Iterable[ItemCard]
    shown: frozenset[str] = frozenset()
    gate: Sequence[GateLine] = ()
    gate_counts: str = ""

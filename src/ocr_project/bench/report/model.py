"""What a report of test sets is made of: plain data, for one run or for several side by side.

Runs are named by their place in `BenchmarkReport.runs`, from 0; everything that has a value for each run has them
in that order.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ocr_project.engine.reporting.model import Span

MOST_RUNS = 5  # as many colours can be told apart, also by those who see few of them


@dataclass(frozen=True, slots=True)
class RunColumn:
    """One run.

    Attributes:
        name: As people call it: the recognizer, or the version of the run.
        facts: Commit, machine, identities: one line each.
        speed: What the stage did, for the cards of the summary: a title, and the figure as it shall be read.
    """

    name: str
    facts: Mapping[str, str] = field(default_factory=dict)
    speed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Value:
    """A rate of one run.

    Attributes:
        rate: Fraction, over what could be scored; nan where nothing could be.
        low: Lower end of the 95 % interval; nan where there is none.
        high: Upper end, likewise.
        strict: The rate with what could not be scored at its worst.
        failed: Items that could not be scored.
    """

    rate: float = math.nan
    low: float = math.nan
    high: float = math.nan
    strict: float = math.nan
    failed: int = 0


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """A metric on a slice of a test set.

    Attributes:
        metric: As in the score rows: `teds/official`.
        title: For people.
        higher_is_better: Of the metric.
        slice: Name of the slice, `all` for the whole set; `value` likewise.
        items: That count, in the first run that has it; `documents` likewise.
        values: One a run; `None` where the run has not this metric.
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
    """Two runs on the items that both were scored on: the second minus the first.

    Attributes:
        better: Probability that the second is the better one; nan where it cannot be known.
        p: Corrected by Holm over all comparisons shown; nan likewise.
        verdict: `first`, `second` or `open`.
    """

    test_set: str
    title: str
    slice: str
    value: str
    first: int
    second: int
    items: int
    difference: float
    low: float
    high: float
    better: float
    p: float
    verdict: str
    headline: bool = False
    higher_is_better: bool = True


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """How one run answered one test set.

    Attributes:
        faults: `loop`, `cut`, `empty`, and how many items have such an answer.
        retried: Items of which something was asked for more than once.
        failed: Items that could not be read.
        seconds: `p50`, `p95`, `p99` of an item's recognition.
        tokens: Written, over all items; 0 where the backend counts none.
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
class Cloud:
    """The items of a test set by two values that would be the same if all were well.

    Attributes:
        caption: What is shown.
        across: What x is; `up` what y is.
        apart: Items whose values are further apart than 5 points.
    """

    caption: str
    across: str
    up: str
    points: Sequence[Point]
    apart: int


@dataclass(frozen=True, slots=True)
class CellView:
    """A cell of a table as it is shown; `changed` where the other side has not the same."""

    text: str
    rows: int = 1
    columns: int = 1
    header: bool = False
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Side:
    """A reference or an answer, in the form in which it is shown best.

    Attributes:
        text: As it was written.
        spans: Its alignment with the reference; empty for the reference itself.
        table: Rows of cells, where it is a table.
        fields: Name, value, and whether it is as expected: where it is a set of fields.
        picture: A rendered formula, PNG; `None` where none was made.
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
        scores: Title, value (nan: could not be scored) and reason.
        fault: `loop`, `cut`, `empty` or nothing.
        reason: Why it could not be read, or what was odd.
    """

    run: int
    side: Side
    scores: Sequence[tuple[str, float, str]]
    fault: str = ""
    status: str = "ok"
    reason: str = ""
    seconds: float = math.nan


@dataclass(frozen=True, slots=True)
class ItemCard:
    """An item of a test set with what is known and what was read.

    Attributes:
        name: As people know it: the path of its file.
        badness: How far the worst run is from perfect, 0 to 1 and above; for the order.
        apart: How far its values are apart, official from canonical or run from run.
        image: Encoded image of any size; `None` where there is none.
    """

    item_id: str
    name: str
    test_set: str
    kind: str
    slices: Sequence[tuple[str, str]]
    badness: float
    apart: float
    image: bytes | None
    question: str
    reference: Side
    answers: Sequence[AnswerView]


@dataclass(frozen=True, slots=True)
class BenchmarkReport:
    """All that a report of test sets says.

    Attributes:
        runs: One to five.
        notes: Sentences that a reader has to know before the numbers: what was compared with what.
        items: Worst first; taken one at a time, so that memory does not grow with their number.
        shown: Their ids, for the dots that lead to them.
    """

    title: str
    created: str
    runs: Sequence[RunColumn]
    notes: Sequence[str]
    scores: Sequence[ScoreLine]
    pairs: Sequence[PairLine]
    answers: Sequence[AnswerLine]
    clouds: Sequence[Cloud]
    parameters: Mapping[str, str]
    items: Iterable[ItemCard]
    shown: frozenset[str] = frozenset()

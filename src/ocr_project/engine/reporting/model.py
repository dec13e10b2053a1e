"""What a report is made of: plain data, so that the page that shows it knows no pipeline.

The caller fills these; `html.write_report` turns them into one file.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ocr_project.domain.types import Region

Span = tuple[str, str, str]
"""A piece of an alignment: operation, text of the reference, text of the hypothesis."""


@dataclass(frozen=True, slots=True)
class Rate:
    """An error rate with its 95 % interval.

    Attributes:
        value: Fraction, 0 to 1 and above (more insertions than characters); nan where `total` is 0.
        low: Lower end of the interval; nan where there are not enough documents for one.
        high: Upper end, likewise.
        errors: Numerator: edits.
        total: Denominator: characters or words of the reference.
    """

    value: float
    low: float
    high: float
    errors: float
    total: float

    @property
    def has_interval(self) -> bool:
        return math.isfinite(self.low) and math.isfinite(self.high)


@dataclass(frozen=True, slots=True)
class StageRow:
    """What one stage of the run did.

    Attributes:
        backend: Name of the backend; the full identity belongs in `Report.facts`.
        items: Rows that the stage wrote.
        failed: Rows that failed in this very stage.
        seconds: Wall clock.
        pages_per_second: 0 where nothing was timed.
        busy_seconds: Added up over the workers; 0 where unknown.
        share: Of the wall clock of all stages, 0 to 1.
    """

    stage: str
    backend: str
    shards: int
    pages: int
    items: int
    failed: int
    seconds: float
    pages_per_second: float
    busy_seconds: float
    share: float


@dataclass(frozen=True, slots=True)
class GroupRow:
    """The scores of a group of documents, or of one document.

    Attributes:
        name: Name of the group, or path of the document.
        pages: Pages that were scored.
        rates: By `cer_no_space`, `cer`, `wer`, `ned`; a missing key is shown as a dash.
        reference: `gold`, `silver` or `none`.
    """

    name: str
    pages: int
    rates: Mapping[str, Rate]
    reference: str


@dataclass(frozen=True, slots=True)
class FailureRow:
    """A document or page that could not be used.

    Attributes:
        where: Path of the document.
        stage: The stage in which it failed.
        reason: `code: message`, as `DocumentError.reason` writes it, or free text.
        page: Number of the page; an empty string for a whole document.
    """

    where: str
    stage: str
    reason: str
    page: str = ""


@dataclass(frozen=True, slots=True)
class PagePoint:
    """A page as a dot of the plots: kept apart from `PageCard`, which only the worst pages have.

    Attributes:
        cer_no_space: Fraction; `None` where the page has no reference.
        confidence: 0 to 1; 0 where the backend gives none.
    """

    cer_no_space: float | None
    confidence: float


@dataclass(frozen=True, slots=True)
class PageCard:
    """One page, shown with its regions and differences.

    Attributes:
        width: Pixels of the page, in which the boxes of `regions` are given; likewise `height`.
        image: Encoded image of any size; `None` where there is none.
        regions: In reading order.
        reference: `None` where the page has none.
        spans: Alignment of reference and hypothesis, in order; empty where there is no reference.
        cer_no_space: Fraction; `None` where the page was not scored.
        confidence: 0 to 1; 0 where the backend gives none.
        reference_kind: `gold`, `silver` or `none`.
    """

    page_id: str
    path: str
    number: int
    group: str
    width: int
    height: int
    image: bytes | None
    regions: Sequence[Region]
    reference: str | None
    hypothesis: str
    spans: Sequence[Span]
    cer_no_space: float | None
    confidence: float
    status: str
    reason: str
    reference_kind: str


@dataclass(frozen=True, slots=True)
class Difference:
    """How much better one search is than another on the same questions, or one reading of the pages than another.

    Attributes:
        name: The first of the two.
        other: The second.
        value: First minus second; `low` and `high` are the ends of the interval, nan where there is none.
        better: Probability that the first is the better one; nan likewise.
    """

    name: str
    other: str
    metric: str
    value: float
    low: float
    high: float
    better: float
    questions: int


@dataclass(frozen=True, slots=True)
class FoundRow:
    """What one search found, or any search in the pages as one recognizer read them.

    Attributes:
        name: Of the search or the recognizer.
        part: Which questions, as `type=text`; an empty string for all of them.
        rates: By metric; `Rate.errors` and `Rate.total` are not looked at.
        differences: By metric, to what the other rows are compared with.
    """

    name: str
    part: str
    questions: int
    rates: Mapping[str, Rate]
    differences: Mapping[str, Difference] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Retrieval:
    """How well pages are found; all empty where nothing was asked.

    Attributes:
        searches: For all questions, then by their kinds.
        differences: Between searches, over all questions.
        recognizers: The same pages as several recognizers read them.
    """

    searches: Sequence[FoundRow] = ()
    differences: Sequence[Difference] = ()
    recognizers: Sequence[FoundRow] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """All that a report says of one run.

    Attributes:
        created: When, as it shall be read.
        facts: Commit, versions, identities of backends: one line each.
        parameters: Leaf by leaf.
        totals: `documents`, `pages`, `regions`, `failures`; any other count is shown after them.
        overall: As `GroupRow.rates`, over all that was scored.
        retrieval: How well pages are found.
        pages: Worst first; taken one at a time, so that a generator keeps the memory bounded.
        points: Every page of the run, for the plots; without it they are left out.
    """

    title: str
    created: str
    facts: Mapping[str, str]
    parameters: Mapping[str, str]
    stages: Sequence[StageRow]
    totals: Mapping[str, int]
    overall: Mapping[str, Rate]
    groups: Sequence[GroupRow]
    documents: Sequence[GroupRow]
    failures: Sequence[FailureRow]
    retrieval: Retrieval
    pages: Iterable[PageCard]
    points: Sequence[PagePoint] = field(default=())

"""What the report of a run is made of: plain data, so that the page that shows it depends on no pipeline.

The caller fills these; `run_report.write_report` turns them into one file.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ocr_project.domain.types import Region
from ocr_project.engine.metrics import Span


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate with its 95 % interval.

    Attributes:
        value: Fraction, 0 to 1 and above (more insertions than characters); NaN where `denominator` is 0.
        low: Lower end of the interval; NaN where there are not enough documents for one.
        high: Upper end; NaN where `low` is.
        numerator: For an error rate, edits. NaN where only the rate is known.
        denominator: For an error rate, characters or words of the reference.
    """

    value: float
    low: float
    high: float
    numerator: float = math.nan
    denominator: float = math.nan

    @property
    def has_interval(self) -> bool:
        return math.isfinite(self.low) and math.isfinite(self.high)


@dataclass(frozen=True, slots=True)
class StageRow:
    """What one stage of the run did.

    Attributes:
        backend: Name of the backend; the full identity belongs in `Report.facts`.
        items: Rows that the stage wrote.
        failed: Rows that failed in this stage, not in one before it.
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
        documents: Documents that they are of.
        rates: By `cer_no_space`, `cer`, `word_f1`, `wer`, `ned`; a missing key is shown as a dash.
        reference: `gold`, `silver` or `none`.
    """

    name: str
    pages: int
    documents: int
    rates: Mapping[str, Rate]
    reference: str


@dataclass(frozen=True, slots=True)
class FailureRow:
    """A document or page that could not be used.

    Attributes:
        path: Of the document.
        stage: Where it failed.
        reason: `code: message`, as `DocumentError.reason` writes it, or free text.
        page: Number of the page; an empty string for a whole document.
    """

    path: str
    stage: str
    reason: str
    page: str = ""


@dataclass(frozen=True, slots=True)
class PagePoint:
    """A page in the plots, which show all of them; a `PageCard` is made of the worst pages only.

    Attributes:
        cer_no_space: Fraction; `None` where the page has no reference.
        confidence: Expected share of right characters; `None` where the backend gives none.
    """

    cer_no_space: float | None
    confidence: float | None


@dataclass(frozen=True, slots=True)
class PageCard:
    """One page, shown with its regions and differences.

    Attributes:
        width: Of the page, in the pixels in which the boxes of `regions` are given.
        height: Of the page, in the same pixels.
        image: Encoded image of any size; `None` where there is none.
        regions: In reading order.
        reference: `None` where the page has none.
        spans: Alignment of reference and hypothesis, in order; empty where there is no reference.
        cer_no_space: Fraction; `None` where the page was not scored.
        confidence: Expected share of right characters; `None` where the backend gives none.
        reference_kind: `gold`, `silver` or `none`.
        word_f1: Fraction; `None` where the page was not scored.
        files: What was exported of its document: a kind, and the address from the report.
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
    confidence: float | None
    status: str
    reason: str
    reference_kind: str
    word_f1: float | None = None
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def alignment(self) -> Sequence[Span]:
        """Spans of reference and hypothesis; without an alignment, all of the one instead of all of the other."""
        return self.spans or [Span("replace", self.reference or "", self.hypothesis)]


@dataclass(frozen=True, slots=True)
class Difference:
    """How much better one search is than another on the same questions, or the text of one recognizer than another's.

    Attributes:
        name: The first of the two.
        other: The second.
        value: First minus second.
        low: Lower end of the 95 % interval; NaN where there is none.
        high: Upper end; NaN where `low` is.
        better: Probability that the first is better; NaN where `low` is.
    """

    name: str
    other: str
    metric: str
    value: float
    low: float
    high: float
    better: float
    questions: int

    @property
    def has_interval(self) -> bool:
        return math.isfinite(self.low) and math.isfinite(self.high)

    @property
    def is_clear(self) -> bool:
        """Whether zero lies outside of the interval."""
        return self.has_interval and (self.low > 0 or self.high < 0)


@dataclass(frozen=True, slots=True)
class RetrievalRow:
    """What one search found, or a search in the text of one recognizer.

    Attributes:
        name: Of the search or the recognizer.
        part: Which questions, as `type=text`; an empty string for all of them.
        rates: By metric, without counts.
        differences: By metric, to the row that others are compared with.
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
        recognizers: The same questions, asked to the text of several recognizers.
    """

    searches: Sequence[RetrievalRow] = ()
    differences: Sequence[Difference] = ()
    recognizers: Sequence[RetrievalRow] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """All that a report says of one run.

    Attributes:
        created: Date and time, as it is shown.
        facts: Commit, versions, identities of backends: one line each.
        parameters: Values by full name.
        totals: `documents`, `pages`, `regions`, `failures`; any other count is shown after them.
        overall: As `GroupRow.rates`, over all that was scored.
        retrieval: How well pages are found.
        pages: Worst first; taken one at a time, so that a generator keeps the memory bounded.
        points: Every page of the run, for the plots, which are left out without it.
        source: Of the documents: a folder, or a dataset of the Hub.
        profile: The environment of the run.
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
    source: str = ""
    profile: str = "base"

"""What is known of an item, and how well it was read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ocr_project.domain.types.page import Status


@dataclass(frozen=True, slots=True)
class Reference:
    """What a page really says.

    Attributes:
        kind: `gold`, written by a person, or `silver`, the page's own text layer.
    """

    page_id: str
    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of one metric on one item. Rates are made when counts are added up, never before.

    Attributes:
        metric: `cer`, `cer_no_space`, `word_f1`, `wer`, `ned`, …
        numerator: Of the rate: edits, right words or fields, or whatever the metric counts.
        denominator: Of the rate: characters or words of the reference, or 1 where `numerator` is a value.
        status: `failed` is "could not be scored", which is apart from a score of zero.
    """

    item_id: str
    doc_id: str
    group: str
    metric: str
    numerator: float
    denominator: float
    status: Status = Status.OK
    reason: str = ""


class TruthKind(StrEnum):
    """What is known about an item of a test set, which gives the form of its payload."""

    TEXT = "text"
    TABLE = "table"
    FORMULA = "formula"
    ANSWERS = "answers"
    FIELDS = "fields"
    MARKDOWN = "markdown"
    ELEMENTS = "elements"
    TESTS = "tests"


@dataclass(frozen=True, slots=True)
class Truth:
    """What a test set knows about one of its items.

    Attributes:
        page_id: Of the item's page; several truths may name the same page (questions about it do not: each
            question is a page of its own, since it is answered apart).
        test_set: Its name, as `testsets.sets` says it; it has the rules by which the item is scored.
        kind: Says what `payload` holds: `{"text"}`, `{"html"}`, `{"latex"}`, `{"answers": [...]}`,
            `{"fields": {...}}`, `{"markdown"}`, OmniDocBench's `layout_dets` and `extra`, olmOCR-bench's tests.
        payload: JSON, an object: what is known about the item, and nothing of how it is scored.
        slices: Name and value of what the item is counted under: language, layout, document type.
        cluster: Of the bootstrap: items of one document are not independent.
    """

    page_id: str
    test_set: str
    kind: TruthKind
    payload: str
    slices: tuple[tuple[str, str], ...] = ()
    cluster: str = ""

"""What a person should look at, as rows of the tables that list it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DoubtfulPlace:
    """A place in doubt.

    Attributes:
        document: Path of the document.
        page: Its number.
        region: Index of the region; -1 for a whole page.
        line: Number of the line within it; -1 for all of it.
        x0: Of the box, with `y0`, `x1` and `y1`: pixels of the page.
        confidence: Expected share of right characters; None where nothing is known.
        expected_errors: Wrong characters to be expected; None where nothing is known.
        correction: Where the page's reference text belongs.
    """

    document: str
    page: int
    region: int
    line: int
    label: str
    x0: float
    y0: float
    x1: float
    y1: float
    text: str
    confidence: float | None
    expected_errors: float | None
    reason: str
    correction: str
    page_id: str


@dataclass(frozen=True, slots=True)
class PageConfidence:
    """How sure the reading of a page is.

    Attributes:
        document: Path of the document.
        page: Its number.
        confidence: Expected share of right characters; None where nothing is known.
        places: Number of places in doubt.
    """

    page_id: str
    document: str
    page: int
    confidence: float | None
    places: int

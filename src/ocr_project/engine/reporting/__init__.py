"""The report of a run as one HTML file: `write_report` and the data that it is written from."""

from ocr_project.engine.reporting.html import write_report
from ocr_project.engine.reporting.model import (
    FailureRow,
    GroupRow,
    PageCard,
    PagePoint,
    Rate,
    Report,
    Span,
    StageRow,
)

__all__ = [
    "FailureRow",
    "GroupRow",
    "PageCard",
    "PagePoint",
    "Rate",
    "Report",
    "Span",
    "StageRow",
    "write_report",
]

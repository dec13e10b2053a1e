"""The report of a run as one HTML file: `write_report` and the data that it is written from.

run_report.py   what the stages of a run left behind, as that data
"""

from ocr_project.engine.reporting.html import write_report
from ocr_project.engine.reporting.model import (
    Difference,
    FailureRow,
    FoundRow,
    GroupRow,
    PageCard,
    PagePoint,
    Rate,
    Report,
    Retrieval,
    Span,
    StageRow,
)

__all__ = [
    "Difference",
    "FailureRow",
    "FoundRow",
    "GroupRow",
    "PageCard",
    "PagePoint",
    "Rate",
    "Report",
    "Retrieval",
    "Span",
    "StageRow",
    "write_report",
]

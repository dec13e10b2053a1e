"""Reports as self-contained HTML files: the report of a run, and what all reports share.

run_report    the report of a run: `write_report`
model         the data that it is written from
page          templates, the layout `base.html.j2`, atomic streaming to the disk: `write_page`
markup        filters of the templates, safe elements
svg, charts   scales and elements of plots; the plots of a run
page_image    images made small, regions drawn over them
differences   alignments of two texts, marked
"""

from ocr_project.engine.reporting.model import (
    Difference,
    FailureRow,
    GroupRow,
    PageCard,
    PagePoint,
    Rate,
    Report,
    Retrieval,
    RetrievalRow,
    StageRow,
)
from ocr_project.engine.reporting.run_report import write_report

__all__ = [
    "Difference",
    "FailureRow",
    "GroupRow",
    "PageCard",
    "PagePoint",
    "Rate",
    "Report",
    "Retrieval",
    "RetrievalRow",
    "StageRow",
    "write_report",
]

"""OmniDocBench's protocol: from the Markdown of a page to scores of its text, formulas, tables and reading order.

score_page      one page against its reference, in the set's own JSON, by the rules of v1.5
score_page_v1_6 likewise, by those of v1.6
summarize       many pages, with the Overall
slice_pages     by attribute of the page
slice_elements  by attribute of the element
"""

from ocr_project.engine.metrics.omnidocbench.page import score_page
from ocr_project.engine.metrics.omnidocbench.result import PageScore, Scored
from ocr_project.engine.metrics.omnidocbench.summary import slice_elements, slice_pages, summarize
from ocr_project.engine.metrics.omnidocbench.v1_6.page import score_page_v1_6

__all__ = ["PageScore", "Scored", "score_page", "score_page_v1_6", "slice_elements", "slice_pages", "summarize"]

"""OmniDocBench's protocol: from the Markdown of a page to scores of its text, formulas, tables and reading order.

score_page       one page against its reference, in the set's own JSON, by the rules of v1.5
score_page_v1_6  the same by those of v1.6
"""

from ocr_project.bench.testsets.omnidocbench.rules.page import score_page
from ocr_project.bench.testsets.omnidocbench.rules.result import PageScore, Scored
from ocr_project.bench.testsets.omnidocbench.rules.v1_6.page import score_page_v1_6

__all__ = ["PageScore", "Scored", "score_page", "score_page_v1_6"]

"""OmniDocBench's protocol, v1.5: from the Markdown of a page to scores of its text, formulas, tables, reading order.

scoring.py   the rule: scores of a page as rows; v1.6 shares it
page.py      one page against its reference, in the set's own JSON
result.py    what is said of a page
truth.py     the reference of a page
elements.py  the Markdown of a page cut into pieces
normal.py    the forms in which text, formulas and tables are compared
pairing.py   blocks and the pieces that stand for them
matching.py  which block is which piece
"""

from ocr_project.bench.testsets.omnidocbench_v1_5.rules.page import score_page
from ocr_project.bench.testsets.omnidocbench_v1_5.rules.result import PageScore, Scored
from ocr_project.bench.testsets.omnidocbench_v1_5.rules.scoring import RULES

__all__ = ["RULES", "PageScore", "Scored", "score_page"]

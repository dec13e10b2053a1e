"""What OmniDocBench's evaluator of v1.6 does differently from that of v1.5.

github.com/opendatalab/OmniDocBench, its state of 2026 (`src/core`, `src/dataset/end2end_dataset.py`). Its rules are
thresholds found by trying, kept to the letter here: a score that is to stand beside its leaderboard needs them.

page.py       one page against its reference; what is not here is v1.5's
guards.py     LaTeX that is not rendered as characters
normal.py     the forms in which text, formulas and tables are compared
rows.py       formulas of several lines, line by line
elements.py   the Markdown of a page cut into pieces
formulas.py   displayed formulas matched apart from the text, in several ways, of which the cheapest counts
nearby.py     paragraphs that stand for nothing, looked for once more beside their place
"""

from collections.abc import Mapping
from functools import partial

from ocr_project.bench.rules.rule import Rule
from ocr_project.bench.testsets.omnidocbench_v1_5.rules.scoring import prepare_page
from ocr_project.bench.testsets.omnidocbench_v1_6.rules.page import score_page_v1_6
from ocr_project.domain.types import TruthKind

__all__ = ["RULES", "score_page_v1_6"]

RULES: Mapping[TruthKind, Rule] = {TruthKind.ELEMENTS: partial(prepare_page, score_page_v1_6)}

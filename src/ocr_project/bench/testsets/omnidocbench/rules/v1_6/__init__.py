"""What OmniDocBench's evaluator of v1.6 does otherwise than that of v1.5.

github.com/opendatalab/OmniDocBench, its state of 2026 (`src/core`, `src/dataset/end2end_dataset.py`). Its rules are
thresholds found by trying, kept to the letter here: a score that is to stand beside its leaderboard needs them.

guards.py     LaTeX that is not rendered as characters
normal.py     the forms in which text, formulas and tables are compared
rows.py       formulas of several lines, line by line
elements.py   the Markdown of a page cut into pieces
formulas.py   displayed formulas matched apart from the text, in several ways, of which the cheapest counts
nearby.py     paragraphs that stand for nothing, looked for once more beside their place
"""

"""How items are scored: the rules that several test sets share, and what a rule is.

    rule.py          a rule, and an item prepared by it: all but the formulas that must be drawn first
    outcome.py       an item after the lane: page, recognitions, transcript, ground truths
    score_counts.py  numerator and denominator of one metric
    drawings.py      formulas drawn, many at once
    text.py, tables.py, formulas.py, answers.py, forms.py, markdown.py   one kind of ground truth each

What a single test set does in its own way is in its folder, `bench/testsets/<set>/rules`. Text and tables are scored
twice: `official` with the set's own normalization, to be compared with published figures, and `canonical` with one
normalization for all sets, to tell errors of reading from differences of format.
"""

"""Canonical forms: one way of writing for what says the same, so that differences of format do not count.

A score on canonical forms stands beside the official one and shows how much of an error is format. All forms have one
interface: a function from what was written to its canonical form, `str -> str`, that never fails; what cannot be read
stays as it is, or is empty (a table that is none).

    canonical_text     texts and pages: Markdown, HTML, inline LaTeX, quotes and dashes
    canonical_cell     the text of a table's cell, where `#`, `-` and `|` are content and not marks
    canonical_table    tables in HTML or Markdown, as HTML with one element for all cells
    canonical_formula  LaTeX, as tokens with one command for each look

`normalize` (`engine/metrics`) is the weaker form in which all texts are compared, the official ones too. The forms
that protocols prescribe are not here but in the folders of their sets: `omnidocbench_v1_5/rules/normal.py`,
`omnidocbench_v1_6/rules/normal.py`, `olmocr_bench/rules/plain.py`.
"""

from ocr_project.bench.metrics.canonical.formulas import canonical_formula
from ocr_project.bench.metrics.canonical.tables import canonical_cell, canonical_table
from ocr_project.bench.metrics.canonical.text import (
    canonical_text,
    loose,
    match_exact,
    match_normalized,
    match_similar,
)

__all__ = [
    "canonical_cell",
    "canonical_formula",
    "canonical_table",
    "canonical_text",
    "loose",
    "match_exact",
    "match_normalized",
    "match_similar",
]

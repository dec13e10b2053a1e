"""Formulas: read as tokens and as a tree, written in one form, compared."""

from ocr_project.bench.metrics.formula.canonical import canonical_formula
from ocr_project.bench.metrics.formula.scores import (
    formula_edit,
    formula_edit_characters,
    formula_exact,
    strip_formula_spaces,
)

__all__ = ["canonical_formula", "formula_edit", "formula_edit_characters", "formula_exact", "strip_formula_spaces"]

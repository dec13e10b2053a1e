"""How far a formula is from its truth, without drawing it."""

from __future__ import annotations

import re

from rapidfuzz.distance import Levenshtein

from ocr_project.bench.metrics.canonical.formulas import canonical_formula
from ocr_project.bench.metrics.formula.tokens import strip_delimiters, tokenize
from ocr_project.engine.metrics.text import Counts

_NAMED = re.compile(r"\\(?:operatorname|mathrm|text|mathbf)\s?\*?\s?\{.*?\}")
# A space may go where it does not part a command from a letter.
_NEEDLESS = re.compile(
    r"(?<!\\)(?<=[\W_\d])\s+(?=[\W_\d])|(?<!\\)(?<=[\W_\d])\s+(?=[a-zA-Z])|(?<=[a-zA-Z])\s+(?=[\W_\d])"
)


def formula_edit(reference: str, hypothesis: str) -> Counts:
    """Count edits of LaTeX tokens against the longer side, so that the rate stays within 0 and 1.

    White space and delimiters do not count, nor what part of a command's name is wrong. For the score
    that ways of writing do not touch, give both as `canonical_formula`.
    """
    expected, got = tokenize(reference), tokenize(hypothesis)
    return Counts(Levenshtein.distance(expected, got), max(len(expected), len(got)))


def formula_edit_characters(reference: str, hypothesis: str) -> Counts:
    """Count edits of characters against the longer side, after UniMERNet's taking away of spaces.

    The edit distance that UniMER-Test reports (`test.py` in opendatalab/UniMERNet).
    """
    expected, got = strip_formula_spaces(reference), strip_formula_spaces(hypothesis)
    return Counts(Levenshtein.distance(expected, got), max(len(expected), len(got)))


def formula_exact(reference: str, hypothesis: str) -> bool:
    """Say whether two formulas are the same but for ways of writing: ExpRate is its mean."""
    return canonical_formula(reference) == canonical_formula(hypothesis)


def strip_formula_spaces(latex: str) -> str:
    r"""Take away spaces that LaTeX does not need: `x _ { 1 }` is `x_{1}`, `\alpha b` stays."""
    bare = strip_delimiters(latex)
    closed = _NAMED.sub(lambda found: found.group().replace(" ", ""), bare)
    return _NEEDLESS.sub("", closed).strip()

"""Formulas without drawing them."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocr_project.bench.metrics.canonical import canonical_formula
from ocr_project.bench.metrics.formula.scores import (
    formula_edit,
    formula_edit_characters,
    formula_exact,
    strip_formula_spaces,
)
from ocr_project.bench.metrics.formula.tokens import Unbalanced, tokenize
from ocr_project.bench.metrics.formula.tree import parse
from ocr_project.engine.metrics import Counts

FORMULAS = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "formulas"
PIECES = [
    *"abx12+-=()[]|,.'",
    "\\alpha",
    "\\frac{a}{b}",
    "\\frac12",
    "{a \\over b}",
    "_{i}",
    "^2",
    "_",
    "^",
    "{",
    "}",
    "\\left(",
    "\\right)",
    "\\bigl[",
    "\\sqrt[3]{x}",
    "\\mathbf{v}",
    "{\\bf w}",
    "\\rm",
    "\\text{if }",
    "\\begin{matrix}1&2\\\\3&4\\end{matrix}",
    "\\begin{aligned}a&=b\\\\c&=d\\end{aligned}",
    "\\begin{array}{cc}1&2\\end{array}",
    "\\pmatrix{1&2\\cr 3&4}",
    "\\\\",
    "&",
    "\\,",
    "~",
    " ",
    "\\hat x",
    "\\sum",
    "\\operatorname{sin}",
    "\\sin",
    "%",
    "$",
    "가",
    "−",
    "\\unknown",
    "％",
    "\\%",
]
LATEX = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("$$ x ^ { 2 } $$", "x^2"),
        ("\\left( a \\right)", "(a)"),
        ("\\bigl\\{ a \\Bigr\\}", "\\{a\\}"),
        ("{a \\over b}", "\\dfrac{a}{b}"),
        ("\\frac12", "\\frac{1}{2}"),
        ("{\\bf x} y", "\\mathbf{x}\\,y"),
        ("\\operatorname{sin} x", "\\sin{x}"),
        ("\\mathrm{Tr}", "\\text{Tr}"),
        ("x^2_i", "x_i^2"),
        ("x^2{}_i", "x_{i}^{2}"),
        ("{x^2}_i", "x_i^2"),
        ("f'", "f^{\\prime}"),
        ("f''", "f^{\\prime\\prime}"),
        ("\\pmatrix{1&2\\cr3&4}", "\\left(\\begin{array}{cc}1&2\\\\3&4\\end{array}\\right)"),
        ("\\begin{bmatrix}1\\end{bmatrix}", "[\\begin{matrix}1\\end{matrix}]"),
        ("\\begin{align*}a&=b\\\\c&=d\\end{align*}", "a=b\\\\c=d"),
        ("\\begin{equation}E=mc^2\\label{e}\\end{equation}", "E=mc^{2}"),
        ("a \\leq b \\rightarrow c", "a≤b→c"),
        ("\\color{red}{x}", "x"),
        ("\\textcolor{red}{x}", "{x}"),
        ("α−β", "\\alpha-\\beta"),
    ],
)
def test_ways_of_writing_are_one(one: str, other: str) -> None:
    assert canonical_formula(one) == canonical_formula(other)
    assert formula_exact(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x^2", "x_2"),
        ("\\frac{a}{b}", "\\frac{b}{a}"),
        ("\\mathbf{x}", "x"),
        ("x^{2a}", "x^2a"),
        ("\\hat x", "\\tilde x"),
    ],
)
def test_what_looks_different_stays_different(one: str, other: str) -> None:
    assert not formula_exact(one, other)


@settings(deadline=None, max_examples=400, derandomize=True)
@given(LATEX)
def test_canonical_formula_is_its_own(latex: str) -> None:
    once = canonical_formula(latex)
    assert canonical_formula(once) == once
    try:
        parse(latex)
    except Unbalanced:
        return
    parse(once)


@settings(deadline=None, max_examples=300)
@given(LATEX, LATEX)
def test_edits_keep_their_bounds(one: str, other: str) -> None:
    for metric in (formula_edit, formula_edit_characters):
        counts = metric(one, other)
        assert 0 <= counts.numerator <= counts.denominator
        assert metric(one, one).numerator == 0
        assert counts == metric(other, one)


def test_tokens() -> None:
    assert tokenize("\\begin {array} { c } x_1 \\end{array}") == [
        *("\\begin{array}", "{", "c", "}", "x", "_", "1"),
        "\\end{array}",
    ]
    assert tokenize("\\text{if  x} y \\ z") == ["\\text", "{", "i", "f", "~", "x", "}", "y", "\\ ", "z"]
    assert tokenize("%a+b % note") == ["a", "+", "b"]
    assert tokenize("50\\%") == ["5", "0", "\\%"]
    assert tokenize("a\\\\% note\n b") == ["a", "\\\\", "b"]
    assert canonical_formula("５％") == "5 \\%"


def test_counts_are_of_tokens() -> None:
    assert formula_edit("\\alpha + 1", "$\\beta+1$") == Counts(1, 3)
    assert formula_edit_characters("x _ { 1 }", "x_{2}") == Counts(1, 5)
    assert strip_formula_spaces("\\frac { a } { b } \\alpha x") == "\\frac{a}{b}\\alpha x"


@pytest.mark.parametrize("latex", ["{", "}", "\\frac{1}", "\\begin{array}{c} x", "x^", "\\left", "\\end{array}"])
def test_what_does_not_pair_is_said(latex: str) -> None:
    with pytest.raises(Unbalanced):
        parse(latex)
    assert canonical_formula(latex).split()


@pytest.mark.shared
@pytest.mark.skipif(
    not FORMULAS.exists(), reason=f"{FORMULAS} is missing: the shared test data is not on this machine"
)
def test_real_formulas_are_read() -> None:
    files = sorted(FORMULAS.glob("*.tex"))
    assert len(files) == 32
    for file in files:
        once = canonical_formula(file.read_text("utf-8"))
        assert canonical_formula(once) == once
        assert parse(once)

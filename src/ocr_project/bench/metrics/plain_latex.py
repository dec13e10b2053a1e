"""Formulas as plain characters."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=4096)
def latex_to_text(latex: str) -> str | None:
    """Write LaTeX as the characters that it shows, as pylatexenc's `LatexNodes2Text` does by default.

    Returns:
        For example `x_1≤α` of `x_1\\\\le\\\\alpha`; None where it cannot be read.
    """
    from pylatexenc.latex2text import LatexNodes2Text  # some 50 ms to import
    from pylatexenc.latexwalker import LatexWalkerParseError

    if (len(latex) - len(latex.rstrip("\\"))) % 2:
        return None  # version 3.0a30 never comes back from a backslash at the end
    try:
        return str(LatexNodes2Text().latex_to_text(latex))
    except (LatexWalkerParseError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        return None  # of broken LaTeX the library raises its own error, and sometimes fails to

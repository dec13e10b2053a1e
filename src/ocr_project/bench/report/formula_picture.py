"""Formulas as pictures, by Matplotlib's mathtext: no TeX is needed, and most formulas of a line can be drawn."""

from __future__ import annotations

import io
import re
import threading

_LONGEST = 600  # characters; a formula in a loop would be drawn for minutes
_DPI = 160
_PLAIN = (  # what mathtext does not know, and what it knows that looks the same
    (re.compile(r"\\(?:begin|end)\{(?:equation|gather|displaymath)\*?\}|\\\[|\\\]|\\\(|\\\)|\$"), ""),
    (re.compile(r"\\(?:displaystyle|textstyle|nonumber|notag|limits|nolimits)\b"), ""),
    (re.compile(r"\\(?:boldsymbol|bm)\b"), r"\\mathbf"),
    (re.compile(r"\\(?:text|mbox|textrm)\b"), r"\\mathrm"),
    (re.compile(r"\\(?:big|Big|bigg|Bigg)[lrm]?\b"), ""),
    (re.compile(r"\\tfrac\b"), r"\\frac"),
    (re.compile(r"\\operatorname\s*\*?"), r"\\mathrm"),
    (re.compile(r"\\(?:,|;|:|!|quad|qquad)"), r"\\ "),
    (re.compile(r"\s+"), " "),
)
_DRAWING = threading.Lock()  # Matplotlib is not made for several threads


def draw_formula(latex: str) -> bytes | None:
    """Draw a formula.

    Returns:
        A PNG, black on white; `None` where mathtext does not know something in it (arrays, alignments, macros), or
        it is longer than 600 characters: then its LaTeX has to do.
    """
    for pattern, plain in _PLAIN:
        latex = pattern.sub(plain, latex)
    latex = latex.strip()
    if not latex or len(latex) > _LONGEST:
        return None
    from matplotlib.font_manager import FontProperties
    from matplotlib.mathtext import math_to_image

    drawn = io.BytesIO()
    try:
        with _DRAWING:
            math_to_image(f"${latex}$", drawn, prop=FontProperties(size=13), dpi=_DPI, format="png")
    except (ValueError, RuntimeError, IndexError, KeyError):  # how mathtext says that it does not know a formula
        return None
    return drawn.getvalue()

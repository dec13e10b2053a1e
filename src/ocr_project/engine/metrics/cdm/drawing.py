"""Formulas drawn by LaTeX: the box of every token, from the PDF's own objects.

The reference implementation paints pixels and looks for colours; a PDF says the same without pixels:
each glyph and rule has its colour and its bounds. So a thin bar is never lost between two rows of
pixels, a long formula never runs off a page, and many formulas share one run, a page for each.
"""

from __future__ import annotations

import ctypes
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from threading import Lock

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

from ocr_project.engine.metrics.cdm.painting import Painted

PACKAGES = "texlive-latex-base"
"""What Debian calls what is needed: pdflatex with amsmath and amssymb."""

DPI = 200.0
"""Of the coordinates: the reference implementation's, whose tolerances are in its pixels."""

_MARGIN = 8.0  # pixels that the reference leaves around a formula
_TEMPLATE = r"""\documentclass[12pt]{article}
\usepackage{amsmath,amssymb}
\setcounter{MaxMatrixCols}{99}
\pdfcompresslevel=0 \pdfobjcompresslevel=0
\hoffset=-1in \voffset=-1in \pdfhorigin=1in \pdfvorigin=1in
\errorcontextlines=0
\def\C#1{\pdfliteral direct{#1 rg #1 RG}}
\def\X{\text{\rule[-.12em]{.9em}{.9em}}}
\def\F#1#2{\typeout{FORMULA #1}\setbox1\vbox{\leavevmode\par}\setbox0\hbox{$\displaystyle#2$}%
\pdfpagewidth=\dimexpr\wd0+8pt\relax \pdfpageheight=\dimexpr\ht0+\dp0+8pt\relax
\shipout\vbox{\kern4pt\hbox{\kern4pt\box0\kern4pt}}}
\begin{document}
"""
_TIME_IS_UP = "time is up"
_BEGUN = re.compile(r"^FORMULA (\d+)$", re.MULTILINE)
_pdfium_lock = Lock()  # pdfium is not safe to call from two threads


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a formula looks like.

    Attributes:
        tokens: Those that left ink, in the order of the formula.
        boxes: Shape (n, 4), float64: x0 y0 x1 y1 in pixels at 200 dpi, origin top left of the formula
            with 8 pixels around it.
        size: Width and height in these pixels.
        reason: Why there is no drawing; else LaTeX's first complaint, or an empty string.
    """

    tokens: tuple[str, ...]
    boxes: NDArray[np.float64]
    size: tuple[float, float]
    reason: str = ""


def no_drawing(reason: str) -> Drawing:
    """Return a drawing without ink, and why."""
    return Drawing((), np.zeros((0, 4)), (0.0, 0.0), reason)


def missing_tools() -> str:
    """Say what to install where formulas cannot be drawn; an empty string where they can."""
    if which("pdflatex") is None:
        return f"cdm: pdflatex is missing: install it (Debian and Ubuntu: apt-get install {PACKAGES})"
    return ""


def draw_batch(formulas: Sequence[Painted], seconds: float) -> list[Drawing]:
    """Draw formulas in one run of LaTeX.

    One that stops the run is left out, and the others are drawn again; where it is not known which one
    (the time was up), the halves are drawn apart.

    Args:
        formulas: At most a few hundred.
        seconds: Time limit of a run with one formula; each further one adds a hundredth of it.

    Returns:
        One drawing for each, in order; a formula at fault has no ink and a reason.
    """
    if not formulas:
        return []
    run = _run(formulas, seconds * (1.0 + 0.01 * (len(formulas) - 1)))
    rest = formulas[len(run.drawings) :]
    if not rest:
        return run.drawings
    if len(rest) == 1:
        return [*run.drawings, no_drawing(f"LaTeX gave up: {run.complaint}")]
    if run.stopped_at is None:
        middle = len(formulas) // 2
        return draw_batch(formulas[:middle], seconds) + draw_batch(formulas[middle:], seconds)
    guilty = max(run.stopped_at, len(run.drawings))
    before, after = formulas[len(run.drawings) : guilty], formulas[guilty + 1 :]
    stopped = no_drawing(f"LaTeX gave up: {run.complaint}")
    return [*run.drawings, *draw_batch(before, seconds), stopped, *draw_batch(after, seconds)]


@dataclass(frozen=True, slots=True)
class _Run:
    """What a run of LaTeX gave: drawings of the first formulas, and at which one it stopped, if it is known."""

    drawings: list[Drawing]
    stopped_at: int | None
    complaint: str


def _run(formulas: Sequence[Painted], limit: float) -> _Run:
    lines = [f"\\F{{{number}}}{{{formula.latex}}}\n" for number, formula in enumerate(formulas)]
    with TemporaryDirectory(prefix="cdm-") as folder:
        Path(folder, "f.tex").write_text(_TEMPLATE + "".join(lines) + "\\end{document}\n", "ascii", "replace")
        fault = _latex(folder, limit)
        log, pdf = Path(folder, "f.log"), Path(folder, "f.pdf")
        text = log.read_text("latin-1") if log.exists() else ""
        data = pdf.read_bytes() if pdf.exists() and not fault else b""
    parts = _parts(text)
    complaints = {number: _first_error(part) for number, part in parts}
    drawings = _read(data, formulas, complaints) if data else []
    timed_out = fault.startswith(_TIME_IS_UP)  # the log is not written to its end then
    stopped_at = parts[-1][0] if parts and not timed_out else None
    complaint = fault or (complaints[stopped_at] if stopped_at is not None else _first_error(text))
    return _Run(drawings, stopped_at, complaint or "no page was made")


def _latex(folder: str, limit: float) -> str:
    """Run pdflatex without a shell, with no file in reach but its own; return why it failed."""
    command = ["pdflatex", "-interaction=batchmode", "-no-shell-escape", "-no-parse-first-line", "f.tex"]
    surroundings = {
        "PATH": _search_path(),
        "HOME": folder,
        "TEXMFVAR": folder,
        "openin_any": "p",
        "openout_any": "p",
        "max_print_line": "10000",
        "MKTEXPK": "0",
    }
    try:
        done = subprocess.run(
            command, cwd=folder, env=surroundings, timeout=limit, capture_output=True, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        return f"{_TIME_IS_UP}: it took over {limit:.0f} s"
    return "" if done.returncode in (0, 1) else f"exit status {done.returncode}"


def _search_path() -> str:
    binary = which("pdflatex")
    return f"{Path(binary).parent if binary else ''}:/usr/bin:/bin"


def _parts(log: str) -> list[tuple[int, str]]:
    """Return each formula's number and its part of the log."""
    pieces = _BEGUN.split(log)[1:]
    return [(int(number), part) for number, part in zip(pieces[::2], pieces[1::2], strict=True)]


def _first_error(log: str) -> str:
    """Return LaTeX's first complaint, with the line that names the command it does not know."""
    found = re.search(r"^! (.+)\n(?:l\.\d+ .*|.*?(\\\S+) ?\n)?", log, re.MULTILINE)
    return " ".join(filter(None, found.groups())) if found else ""


def _read(data: bytes, formulas: Sequence[Painted], complaints: Mapping[int, str]) -> list[Drawing]:
    """Measure the pages of a PDF; there are fewer of them than formulas where the run ended early."""
    drawings = []
    with _pdfium_lock:
        document = pypdfium2.PdfDocument(data)
        for number, (page, formula) in enumerate(zip(document, formulas, strict=False)):
            drawings.append(_measure(page, formula.tokens, complaints.get(number, "")))
            page.close()
        document.close()
    return drawings


def _measure(page: pypdfium2.PdfPage, tokens: Sequence[str], complaint: str) -> Drawing:
    extents = [(np.inf, np.inf, -np.inf, -np.inf)] * (len(tokens) + 1)
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    bounds = [ctypes.c_float() for _ in range(4)]
    for place in range(pdfium.FPDFPage_CountObjects(page.raw)):
        thing = pdfium.FPDFPage_GetObject(page.raw, place)
        pdfium.FPDFPageObj_GetFillColor(thing, red, green, blue, alpha)
        number = red.value << 16 | green.value << 8 | blue.value
        if number <= len(tokens) and pdfium.FPDFPageObj_GetBounds(thing, *bounds):
            x0, y0, x1, y1 = (bound.value for bound in bounds)
            box = extents[number]
            extents[number] = (min(box[0], x0), min(box[1], y0), max(box[2], x1), max(box[3], y1))
    found = np.array(extents)
    inked = np.isfinite(found[:, 0]) & (found[:, 2] > found[:, 0]) & (found[:, 3] > found[:, 1])
    if not inked[1:].any():
        return no_drawing(complaint or "nothing in it leaves ink")
    left, right = found[inked, 0].min(), found[inked, 2].max()
    bottom, top = found[inked, 1].min(), found[inked, 3].max()
    inked[0] = False  # ink without a colour is part of the formula's extent, and no token
    scale = DPI / 72.0
    boxes = found[inked]
    placed = np.stack([boxes[:, 0] - left, top - boxes[:, 3], boxes[:, 2] - left, top - boxes[:, 1]], axis=1)
    size = ((right - left) * scale + 2 * _MARGIN, (top - bottom) * scale + 2 * _MARGIN)
    seen = tuple(token for token, there in zip(tokens, inked[1:], strict=True) if there)
    return Drawing(seen, placed * scale + _MARGIN, size, complaint)

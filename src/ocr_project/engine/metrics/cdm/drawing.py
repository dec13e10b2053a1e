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
_START_SECONDS = 20.0
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
    """Draw formulas in one run of LaTeX; one that stops the run is drawn no more, and the others again.

    Args:
        formulas: At most a few hundred.
        seconds: Time limit of a formula that is slow; a run of n may take 20 s and a tenth of it for each.

    Returns:
        One drawing for each, in order; a formula at fault has no ink and a reason.
    """
    drawings: dict[int, Drawing] = {}
    waiting = list(range(len(formulas)))
    while waiting:
        alone = len(waiting) == 1
        limit = _START_SECONDS + (seconds if alone else 0.1 * seconds * len(waiting))
        drawn, culprit, complaint = _run({place: formulas[place] for place in waiting}, limit)
        drawings.update(drawn)
        waiting = [place for place in waiting if place not in drawn]
        if waiting:
            guilty = culprit if culprit in waiting else waiting[0]
            drawings[guilty] = no_drawing(f"LaTeX gave up: {complaint}")
            waiting.remove(guilty)
    return [drawings[place] for place in range(len(formulas))]


def _run(formulas: Mapping[int, Painted], limit: float) -> tuple[dict[int, Drawing], int | None, str]:
    """Run LaTeX once; return the drawings, and where the run broke off, at which formula and why."""
    lines = [f"\\F{{{place}}}{{{formula.latex}}}\n" for place, formula in formulas.items()]
    with TemporaryDirectory(prefix="cdm-") as folder:
        Path(folder, "f.tex").write_text(_TEMPLATE + "".join(lines) + "\\end{document}\n", "ascii", "replace")
        complaint = _latex(folder, limit)
        log = Path(folder, "f.log")
        text = log.read_text("latin-1") if log.exists() else ""
        begun = [int(number) for number in _BEGUN.findall(text)]
        pdf = Path(folder, "f.pdf")
        data = pdf.read_bytes() if pdf.exists() and not complaint else b""
    if not data:
        return {}, begun[-1] if begun else None, complaint or _first_error(text) or "no page was made"
    complaints = {int(part[0]): _first_error(part[1]) for part in _parts(text)}
    return _read(data, formulas, complaints), None, ""


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
        return f"it took over {limit:.0f} s"
    return "" if done.returncode in (0, 1) else f"exit status {done.returncode}"


def _search_path() -> str:
    binary = which("pdflatex")
    return f"{Path(binary).parent if binary else ''}:/usr/bin:/bin"


def _parts(log: str) -> list[tuple[str, str]]:
    pieces = _BEGUN.split(log)[1:]
    return list(zip(pieces[::2], pieces[1::2], strict=True))


def _first_error(log: str) -> str:
    """Return LaTeX's first complaint, with the line that names the command it does not know."""
    found = re.search(r"^! (.+)\n(?:l\.\d+ .*|.*?(\\\S+) ?\n)?", log, re.MULTILINE)
    return " ".join(filter(None, found.groups())) if found else ""


def _read(data: bytes, formulas: Mapping[int, Painted], complaints: Mapping[int, str]) -> dict[int, Drawing]:
    drawings: dict[int, Drawing] = {}
    with _pdfium_lock:
        document = pypdfium2.PdfDocument(data)
        for page, (place, formula) in zip(document, formulas.items(), strict=False):
            drawings[place] = _measure(page, formula.tokens, complaints.get(place, ""))
            page.close()
        document.close()
    return drawings


def _measure(page: pypdfium2.PdfPage, tokens: Sequence[str], complaint: str) -> Drawing:
    found = np.full((len(tokens) + 1, 4), (np.inf, np.inf, -np.inf, -np.inf))
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    for thing in page.get_objects(filter=(pdfium.FPDF_PAGEOBJ_TEXT, pdfium.FPDF_PAGEOBJ_PATH)):
        pdfium.FPDFPageObj_GetFillColor(thing.raw, red, green, blue, alpha)
        number = red.value << 16 | green.value << 8 | blue.value
        if number <= len(tokens):
            x0, y0, x1, y1 = thing.get_bounds()
            box = found[number]
            found[number] = min(box[0], x0), min(box[1], y0), max(box[2], x1), max(box[3], y1)
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

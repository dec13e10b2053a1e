"""Formulas drawn by LaTeX: the box of every token on the reference implementation's page.

Many formulas share one run of LaTeX and one of Ghostscript, a page for each. The page is the reference's
to the last scaled point, since it decides which thin token has a pixel of its own; what runs off it is
lost there, too.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from ocr_project.bench.metrics.cdm.painting import Painted
from ocr_project.bench.metrics.cdm.pixels import MEMORY, boxes_of_colours
from ocr_project.engine.running.worker_process import with_limits

TOOLS = {"pdflatex": "texlive-latex-base", "gs": "ghostscript"}
"""What draws, and what Debian calls its package: pdflatex with amsmath and amssymb, and Ghostscript."""

PAPERS = ((600, "a5paper"), (1300, "a4paper"), (float("inf"), "a3paper"))
"""The reference's paper, by the number of tokens up to which it is taken."""

_TEMPLATE = r"""\documentclass[12pt]{article}
\usepackage[landscape]{geometry}
\geometry{%s,scale=0.98}
\pagestyle{empty}
\usepackage{amsmath,amssymb%s}
\setcounter{MaxMatrixCols}{99}
\pdfcompresslevel=0 \pdfobjcompresslevel=0
\errorcontextlines=0
\def\C#1{\pdfliteral direct{#1 rg #1 RG}}
\def\X{\text{\rule[-.12em]{.9em}{.9em}}}
\begin{document}
"""
_FORMULA = "\\typeout{FORMULA %d}\n\\begin{displaymath}\n%s\n\\end{displaymath}\n\\clearpage\n"
_TIME_IS_UP = "time is up"
_BEGUN = re.compile(r"^FORMULA (\d+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a formula looks like.

    Attributes:
        tokens: Those that left ink, in the order of the formula.
        boxes: Shape (n, 4), float64: x0 y0 x1 y1 in pixels at 200 dpi, origin top left of the formula
            with 8 pixels around it; a pixel more on each side than has the token's full colour.
        size: Width and height in these pixels.
        reason: Why there is no drawing; else LaTeX's first complaint, or an empty string.
    """

    tokens: tuple[str, ...]
    boxes: NDArray[np.float64]
    size: tuple[float, float]
    reason: str = ""

    @property
    def timed_out(self) -> bool:
        """Whether another try, on a machine with less to do, may succeed."""
        return not self.tokens and _TIME_IS_UP in self.reason


def no_drawing(reason: str) -> Drawing:
    """Return a drawing without ink, and why."""
    return Drawing((), np.zeros((0, 4)), (0.0, 0.0), reason)


def missing_tools() -> str:
    """Say what to install where formulas cannot be drawn; an empty string where they can."""
    missing = [tool for tool in TOOLS if which(tool) is None]
    if not missing:
        return ""
    packages = " ".join([TOOLS[tool] for tool in missing])
    return f"cdm: {' and '.join(missing)} missing: to install (Debian and Ubuntu): apt-get install {packages}"


def together(formula: Painted) -> tuple[bool, str]:
    """Return what formulas of one run share: whether they could be read, and the paper."""
    return formula.whole, next(paper for most, paper in PAPERS if len(formula.tokens) <= most)


def draw_batch(formulas: Sequence[Painted], seconds: float, memory: int = MEMORY) -> list[Drawing]:
    """Draw formulas that go `together` in one run of LaTeX and one of Ghostscript.

    One that could not be read is drawn alone, since it may spoil what follows it. One that stops the run is
    left out, and the others are drawn again; where it is not known which one (the time was up, or there are
    not as many pages as formulas), the halves are drawn apart.

    Args:
        formulas: At most a few hundred.
        seconds: Time limit of a run with one formula; each further one adds a hundredth of it.
        memory: Bytes that a run may take.

    Returns:
        One drawing for each, in order; a formula at fault has no ink and a reason.
    """
    if not formulas:
        return []
    if len(formulas) > 1 and not formulas[0].whole:
        return [drawing for formula in formulas for drawing in draw_batch([formula], seconds, memory)]
    run = _run(formulas, seconds * (1.0 + 0.01 * (len(formulas) - 1)), memory)
    rest = formulas[len(run.drawings) :]
    if not rest:
        return run.drawings
    if len(rest) == 1:
        return [*run.drawings, no_drawing(f"LaTeX gave up: {run.complaint}")]
    if run.stopped_at is None:
        middle = len(formulas) // 2
        return draw_batch(formulas[:middle], seconds, memory) + draw_batch(formulas[middle:], seconds, memory)
    guilty = max(run.stopped_at, len(run.drawings))
    before, after = formulas[len(run.drawings) : guilty], formulas[guilty + 1 :]
    stopped = no_drawing(f"LaTeX gave up: {run.complaint}")
    return [*run.drawings, *draw_batch(before, seconds, memory), stopped, *draw_batch(after, seconds, memory)]


@dataclass(frozen=True, slots=True)
class _Run:
    """What a run gave: drawings of the first formulas, and at which one it stopped, if it is known."""

    drawings: list[Drawing]
    stopped_at: int | None
    complaint: str


def _run(formulas: Sequence[Painted], limit: float, memory: int) -> _Run:
    started = monotonic()
    whole, paper = together(formulas[0])
    pages = "".join([_FORMULA % (number, formula.latex) for number, formula in enumerate(formulas)])
    with TemporaryDirectory(prefix="cdm-") as folder:
        written = _TEMPLATE % (paper, "" if whole else ",color") + pages + "\\end{document}\n"
        Path(folder, "f.tex").write_text(written, "ascii", "replace")
        fault = _latex(folder, limit, memory)
        log, pdf = Path(folder, "f.log"), Path(folder, "f.pdf")
        text = log.read_text("latin-1") if log.exists() else ""
        found: list[NDArray[np.float64]] = []
        unseen = ""
        if pdf.exists() and not fault:
            found, unseen = _found(pdf, formulas, limit - (monotonic() - started), memory)
    parts = _parts(text)
    complaints = {number: _first_error(part) for number, part in parts}
    timed_out = fault.startswith(_TIME_IS_UP)  # the log is not written to its end then
    stopped_at = parts[-1][0] if parts and not timed_out and not unseen else None
    if len(formulas) == 1:
        found = sorted(found, key=lambda boxes: -np.isfinite(boxes[1:, 0]).sum())[:1]  # one that ran over its page
    elif len(found) < len(formulas) and stopped_at is not None and len(found) in (stopped_at, stopped_at + 1):
        found = found[:stopped_at]
    elif len(found) != len(formulas):  # one of them made a page too many or too few: it is not known which
        found, stopped_at = [], None
    complaint = fault or unseen or (complaints[stopped_at] if stopped_at is not None else _first_error(text))
    drawings = [_drawing(formulas[number], boxes, complaints.get(number, "")) for number, boxes in enumerate(found)]
    return _Run(drawings, stopped_at, complaint or "no page was made")


def _found(pdf: Path, formulas: Sequence[Painted], limit: float, memory: int) -> tuple[list[NDArray[np.float64]], str]:
    """Return the boxes of colours on each page, and why there are none."""
    try:
        return boxes_of_colours(pdf, [len(formula.tokens) for formula in formulas], limit, memory), ""
    except subprocess.TimeoutExpired:
        return [], f"{_TIME_IS_UP}: Ghostscript took over {limit:.1f} s"
    except subprocess.CalledProcessError as error:
        return [], f"Ghostscript's exit status was {error.returncode}"


def _latex(folder: str, limit: float, memory: int) -> str:
    """Run pdflatex without a shell, with no file in reach but its own; return why it failed."""
    command = ["pdflatex", "-interaction=batchmode", "-no-shell-escape", "-no-parse-first-line", "f.tex"]
    command = with_limits(command, memory, limit)
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
    """Return LaTeX's first complaint, with the name of the command where it knows one not."""
    found = re.search(r"^! (?:(Undefined control sequence\.)\n.*?(\\[A-Za-z]+) ?$|(.+)$)", log, re.MULTILINE)
    return " ".join(filter(None, found.groups())) if found else ""


def _drawing(formula: Painted, boxes: NDArray[np.float64], complaint: str) -> Drawing:
    """Keep the tokens that have a pixel."""
    seen = np.isfinite(boxes[1:, 0])
    if not seen.any():
        return no_drawing(complaint or "nothing in it leaves ink")
    tokens = tuple(token for token, there in zip(formula.tokens, seen, strict=True) if there)
    return Drawing(tokens, boxes[1:][seen], (float(boxes[0, 2]), float(boxes[0, 3])), complaint)

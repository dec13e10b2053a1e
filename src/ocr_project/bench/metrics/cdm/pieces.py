r"""A formula that cannot be read, painted piece by piece.

The reference implementation has KaTeX read a formula; one that it refuses (cut within a `\frac`, a brace
too many) is parted at its spaces instead, and every piece has a colour: `\frac{1}` is one odd token,
`\frac { 1 }` still two good ones. So a cut answer in spaced tokens, as recognizers write them, keeps most
of its score, and one without spaces loses it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ocr_project.bench.metrics.cdm.painting import Forbidden, Painted, colour_of, forbid
from ocr_project.bench.metrics.formula.symbols import ACCENTS, DOTS, FONTS, NAMES, words
from ocr_project.bench.metrics.formula.tokens import group_end

_PHANTOMS = frozenset(words("\\phantom \\vphantom \\ref"))
_TAKING = {
    **dict.fromkeys(ACCENTS | FONTS, 1),
    **dict.fromkeys(words("\\sqrt \\xrightarrow \\xleftarrow"), 1),
    **dict.fromkeys(words("\\frac \\binom"), 2),
}
_DRAWN = frozenset(_TAKING) - FONTS
_WITH_OPTION = frozenset(words("\\sqrt \\xrightarrow \\xleftarrow"))
_BLANK = frozenset(
    words(
        "\\ \\\\ & $ ~ \\, \\! \\quad \\qquad \\cr \\left \\right \\displaystyle \\scriptstyle \\boldmath "
        "\\mathchoice \\ensuremath \\raggedright \\overset \\underset"
    )
)
# Pieces that begin like this have no colour either, whatever follows: `{a`, `_1`, `\overline{x}`.
_UNPAINTED = re.compile(r"[{}\[\]^_]|\\begin\{.*?\}|\\end\{.*?\}|\\.*rule|\\.*line")
_NAMED = re.compile(r"\\(?:begin|end)\s*\{\s*([A-Za-z]+)")
_COMMAND = re.compile(r"\\(?:[A-Za-z]+|.)", re.DOTALL)


def paint_pieces(latex: str) -> Painted:
    """Give every piece between spaces its colour, as the reference does where KaTeX refuses a formula.

    Raises:
        Unbalanced: A brace that opens what a command takes is never closed: the reference gives up, too.
        Forbidden: It has a command that reads, writes or defines.
    """
    for command in _COMMAND.findall(latex):
        if command not in ("\\begin", "\\end"):
            forbid(command)
    for name in _NAMED.findall(latex):  # `\begin{input}` is `\input`
        forbid("\\" + name)
    if "^^" in latex:
        raise Forbidden("^^ is not allowed in a formula")  # TeX's way to write any character, `\` too
    painter = _PiecePainter(_pieces(latex))
    written = painter.until(len(painter.pieces))
    return Painted(written, tuple(painter.tokens), whole=False)


def _pieces(latex: str) -> Iterator[str]:
    for piece in latex.strip().strip("$").split():
        if piece in DOTS:
            yield from "..."
        elif piece.startswith("\\") and piece[1:] in NAMES:
            yield from ("\\mathrm", "{", *piece[1:], "}")
        else:
            yield re.sub(r"[^\x00-\x7f]", r"\\X ", piece)


class _PiecePainter:
    def __init__(self, pieces: Iterable[str]) -> None:
        self.pieces = list(pieces)
        self.place = 0
        self.tokens: list[str] = []

    def until(self, end: int, braced: bool = False) -> str:
        """Paint the pieces up to the place `end`."""
        painted = []
        while self.place < end:
            painted.append(self._painted(braced))
        return " ".join(painted)

    def _painted(self, braced: bool = False) -> str:
        """Paint a piece with what it takes; braces that belong to nothing stay as they are, paired or not."""
        piece = self.pieces[self.place]
        self.place += 1
        if piece in _TAKING:
            return self._taking(piece)
        if piece in _PHANTOMS:
            start = self.place
            self.place = group_end(self.pieces, start) + 1 if self._at() == "{" else start + 1
            return " ".join([piece, *self.pieces[start : self.place]])
        if piece not in ("[", "]") and (piece in _BLANK or _UNPAINTED.match(piece)):
            return piece
        painted = f"{self._colour(piece)}{{{piece}}}"
        return f"{{{painted}}}" if braced or self.pieces[self.place - 2 : self.place - 1] == ["_"] else painted

    def _taking(self, command: str) -> str:
        colour = self._colour(command) if command in _DRAWN else ""
        option = ""
        if command in _WITH_OPTION and self._at() == "[":
            end = group_end(self.pieces, self.place, ("[", "]"))
            self.place += 1
            option = f"[ {self.until(end, braced=True)} ]"  # else the colour's own `]` would end it
            self.place = end + 1
        arguments = " ".join([self._argument() for _ in range(_TAKING[command])])
        return f"{colour}{{{command} {option} {arguments}}}" if colour else f"{command} {arguments}"

    def _argument(self) -> str:
        """Paint what a command takes: a group, the next piece, or nothing at the end."""
        if self._at() != "{":
            return f"{{ {self._painted()} }}" if self._at() else "{ }"
        end = group_end(self.pieces, self.place)
        self.place += 1
        inner = self.until(end)
        self.place = end + 1
        return f"{{ {inner} }}"

    def _colour(self, token: str) -> str:
        self.tokens.append(token)
        red, green, blue = colour_of(len(self.tokens))
        return f"\\mathcolor[RGB]{{{red},{green},{blue}}}"

    def _at(self) -> str | None:
        return self.pieces[self.place] if self.place < len(self.pieces) else None

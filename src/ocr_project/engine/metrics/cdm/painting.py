r"""A formula whose every visible token has a colour of its own.

Colours are set by a literal of the PDF before each token and never reset: a literal is no atom, so
spacing and scripts stay as they are. What is drawn after its own argument (a fraction's bar, a sum
between its limits) takes the colour again at the end of each argument.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ocr_project.engine.metrics.formula.symbols import DOTS, DRAWN, NAMES
from ocr_project.engine.metrics.formula.tree import (
    Atom,
    Blank,
    Command,
    Environment,
    Group,
    Item,
    Items,
    Scripts,
    parse,
)

COLOURS = (1 << 24) - 1
_UNSEEN = frozenset({"\\phantom", "\\hphantom", "\\vphantom"})
_SCRIPTED = frozenset({"^", "_", "~", "#"})
_SPELLED = re.compile(r"\\[A-Za-z]+")


@dataclass(frozen=True, slots=True)
class Painted:
    r"""A formula for LaTeX.

    Attributes:
        latex: For mathematics mode, with `\C{…}` before each visible token.
        tokens: The visible tokens; token n has the colour of `n + 1`.
    """

    latex: str
    tokens: tuple[str, ...]


def paint(latex: str) -> Painted:
    """Give every visible token its colour.

    Tokens are those of the reference implementation (UniMERNet's `cdm`): dots are three points, the
    names of functions are matched letter by letter.

    Raises:
        Unbalanced: Braces, scripts or environments do not pair.
    """
    painter = _Painter()
    written = painter.items(parse(latex), 0)
    return Painted(written, tuple(painter.tokens))


def colour_of(number: int) -> tuple[int, int, int]:
    """Return red, green and blue (0 to 255) of a token's number, counted from 1; 0 is black, no token."""
    return number >> 16 & 255, number >> 8 & 255, number & 255


class _Painter:
    def __init__(self) -> None:
        self.tokens: list[str] = []
        self.last = 0  # number of the token drawn last in the list at hand: scripts hang on it

    def items(self, items: Iterable[Item], outer: int) -> str:
        """Paint a list whose surroundings have the colour of `outer`, and leave that colour behind."""
        saved, self.last = self.last, outer
        parts = [self._item(item) for item in items]
        self.last = saved
        return "".join(parts)

    def _inner(self, items: Items, outer: int) -> str:
        return f"{{{self.items(items, outer)}{_set(outer)}}}"

    def _item(self, item: Item) -> str:
        if isinstance(item, Atom):
            return self._atom(item.token)
        if isinstance(item, Blank):
            return item.token + " "
        if isinstance(item, Group):
            return f"{{{self.items(item.items, self.last)}}}"
        if isinstance(item, Scripts):
            lower = "" if item.lower is None else "_" + self._inner(item.lower, self.last)
            upper = "" if item.upper is None else "^" + self._inner(item.upper, self.last)
            return lower + upper
        if isinstance(item, Environment):
            return self._environment(item)
        return self._command(item)

    def _atom(self, token: str) -> str:
        if token in DOTS:
            return "".join(self._mark(".", "." if token in ("\\ldots", "\\dots") else "\\cdot ") for _ in range(3))
        if token[1:] in NAMES and token[0] == "\\":
            return f"\\mathop{{\\mathrm{{{''.join(self._mark(letter, letter) for letter in token[1:])}}}}}\\nolimits "
        return self._mark(token, _drawable(token))

    def _mark(self, token: str, written: str) -> str:
        self.tokens.append(token)
        self.last = len(self.tokens)
        return f"{_set(self.last)}{written}"

    def _command(self, item: Command) -> str:
        name = _WRITTEN.get(item.name, item.name)
        if item.name in _UNSEEN:
            return f"{name}{{{_plain(item.arguments[0])}}}"
        own = self.last
        opening = ""
        if item.name in DRAWN:
            opening = self._mark(item.name, "")
            own = self.last
        option = "" if item.option is None else f"[{{{self.items(item.option, own)}{_set(own)}}}]"
        arguments = "".join(self._inner(argument, own) for argument in item.arguments)
        self.last = own if item.name in DRAWN else max(own, len(self.tokens))
        if item.name == "\\pmod":
            return arguments
        return f"{opening}{name}{option}{arguments}"

    def _environment(self, item: Environment) -> str:
        own = self.last
        rows = "\\\\\n".join("&".join(self.items(cell, own) for cell in row) for row in item.rows)
        name = item.name if item.name in _ENVIRONMENTS else "aligned"
        columns = f"{{{item.preamble}}}" if name == "array" else ""
        return f"\\begin{{{name}}}{columns}{rows}\\end{{{name}}}"


_ENVIRONMENTS = frozenset("array matrix pmatrix bmatrix Bmatrix vmatrix Vmatrix cases aligned gathered".split())
_WRITTEN = {"\\atopfrac": "\\genfrac{}{}{0pt}{}", "\\bm": "\\boldsymbol", "\\mathscr": "\\mathcal", "\\mathnormal": "\\mathit"}


def _set(number: int) -> str:
    red, green, blue = (f"{part / 255:.4f}".rstrip("0").rstrip(".") for part in colour_of(number))
    return f"\\C{{{red} {green} {blue}}}"


def _drawable(token: str) -> str:
    """Write a token so that LaTeX draws it: a character it has no font for becomes a block of its size."""
    if token in _SCRIPTED or token == "$":
        return f"\\{token} "
    if len(token) == 1 and not token.isascii():
        return "\\X "
    return token + (" " if _SPELLED.search(token) else "")


def _plain(items: Sequence[Item]) -> str:
    return "".join(item.token + " " for item in items if isinstance(item, Atom | Blank))

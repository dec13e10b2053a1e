r"""A formula in which each visible token has its own colour.

Colours are set by a literal of the PDF before each token and never reset: a literal is not an atom, so
spacing and scripts stay as they are. What is drawn after its own argument (a fraction's bar, a sum
between its limits) takes its colour again at the end of each argument.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from ocr_project.bench.metrics.formula.symbols import DOTS, DRAWN, NAMES, words
from ocr_project.bench.metrics.formula.tree import (
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

_UNSEEN = frozenset({"\\phantom", "\\hphantom", "\\vphantom"})
_ENVIRONMENTS = frozenset(words("array matrix pmatrix bmatrix Bmatrix vmatrix Vmatrix cases aligned gathered"))
# Written as something that LaTeX with amsmath has; the token that is matched stays the formula's own.
_WRITTEN = {
    "\\atopfrac": "\\genfrac{}{}{0pt}{}",
    "\\bm": "\\boldsymbol",
    "\\mathscr": "\\mathcal",
    "\\mathnormal": "\\mathit",
    "\\operatorname*": "\\operatorname",
    "\\pmod": "",
}
# What could read or write files, define or loop: a formula has no use for it, a hostile answer might.
_FORBIDDEN = re.compile(
    r"\\(?:input|include\w*|open(?:in|out)|read(?:line)?|write\d*|immediate|special|pdf\w+|csname|endcsname|catcode"
    r"|[egx]?def|long|outer|let|futurelet|newcommand\*?|renewcommand\*?|providecommand\*?|DeclareMath\w+|newenvironment"
    r"|expandafter|noexpand|afterassignment|aftergroup|loop|repeat|if\w*|else|fi|or|every\w+|output|shipout|end|bye|stop"
    r"|batchmode|errorstopmode|scrollmode|nonstopmode|usepackage|documentclass|begingroup|endgroup|bgroup|egroup"
    r"|global|count\w*|dimen\w*|toks\w*|skip\w*|box|copy|unhbox|unvbox|setbox|vbox|vtop|halign|valign|vadjust|insert"
    r"|mark|par|newpage|clearpage|pagebreak|newwrite|newread|jobname|meaning|string|the|number|romannumeral"
    r"|scantokens|char|mathchar\w*|uppercase|lowercase|font|fontdimen|hyphenchar|vsplit|message|errmessage|show\w*"
    r"|makeat\w+|dump|type(?:in|out)|Input\w+|If\w+|Require\w+|directlua|Declare\w+|(?:New|Renew|Provide)\w+"
    r"|AddToHook\w*|RemoveFromHook|At(?:Begin|End)\w+|[lu]ccode|(?:endline|newline|escape)char|new(?:toks|count|if|box)"
    r"|newsavebox|savebox|usebox|sbox|closein|closeout|ExplSyntaxO\w+|detokenize|unexpanded|protected|verb|lstinputlisting"
    r"|C|F|X)"
)


STEP, SHADES = 15, 18
"""Between two shades of red, green or blue, and how many there are of each: 0, 15, … 255."""

COLOURS = 5800
"""Tokens that have a colour."""


class Forbidden(ValueError):
    """A command that no formula needs: files, definitions, conditions."""


@dataclass(frozen=True, slots=True)
class Painted:
    r"""A formula for LaTeX.

    Attributes:
        latex: For mathematics mode, with `\C{…}` before each visible token.
        tokens: The visible tokens; token n (from 0) has the colour of n + 1.
        whole: Whether it could be read: braces are balanced. One that could not may spoil what follows it.
    """

    latex: str
    tokens: tuple[str, ...]
    whole: bool = True


def paint(latex: str) -> Painted:
    """Give every visible token its colour.

    Tokens are those of the reference implementation (`cdm` in opendatalab/UniMERNet): dots are three
    points, and the names of functions are matched letter by letter.

    Raises:
        Unbalanced: Braces, scripts or environments do not pair.
        Forbidden: It has a command that reads, writes or defines.
    """
    painter = _Painter()
    written = painter.items(parse(latex), 0)
    return Painted(written, tuple(painter.tokens))


def colour_of(number: int) -> tuple[int, int, int]:
    """Return red, green and blue (0 to 255) of a token counted from 1; 0 is black: no token.

    The reference's colours, since they decide what two tokens that overlap look like in pixels. Tokens
    after the last colour are black.
    """
    shades = number if number <= COLOURS else 0
    return tuple(STEP * (shades // SHADES**place % SHADES) for place in (2, 1, 0))  # type: ignore[return-value]


def forbid(command: str) -> None:
    """Raise `Forbidden` for a command that no formula needs."""
    if _FORBIDDEN.fullmatch(command):
        raise Forbidden(f"{command} is not allowed in a formula")


class _Painter:
    def __init__(self) -> None:
        self.tokens: list[str] = []
        self.last = 0  # the token drawn last in the list at hand: scripts hang on it

    def items(self, items: Iterable[Item], outer: int) -> str:
        """Paint a list whose surroundings have the colour of `outer`."""
        saved, self.last = self.last, outer
        written = "".join([self._item(item) for item in items])
        self.last = saved
        return written

    def _inner(self, items: Items, outer: int) -> str:
        return f"{{{self.items(items, outer)}{_set(outer)}}}"

    def _item(self, item: Item) -> str:
        match item:
            case Atom(token):
                return self._atom(token)
            case Blank(token):
                return token + " "
            case Group(items):
                return f"{{{self.items(items, self.last)}}}"
            case Scripts(lower, upper):
                below = "" if lower is None else "_" + self._inner(lower, self.last)
                above = "" if upper is None else "^" + self._inner(upper, self.last)
                return below + above
            case Environment():
                return self._environment(item)
            case Command():
                return self._command(item)

    def _atom(self, token: str) -> str:
        if token in DOTS:
            return "".join([self._mark(".", ".") for _ in range(3)])  # on the line, as in the reference
        if token.startswith("\\") and token[1:] in NAMES:
            return f"\\mathrm{{{''.join([self._mark(letter, letter) for letter in token[1:]])}}}"
        return self._mark(token, _drawable(token))

    def _mark(self, token: str, written: str) -> str:
        self.tokens.append(token)
        self.last = len(self.tokens)
        return f"{_set(self.last)}{written}"

    def _command(self, item: Command) -> str:
        name = _WRITTEN.get(item.name, item.name)
        if item.name in _UNSEEN:
            unseen = _Painter().items(item.arguments[0], 0)
            return f"{name}{{{unseen}}}"
        opening = self._mark(item.name, "") if item.name in DRAWN else ""
        own = self.last
        option = "" if item.option is None else f"[{self._inner(item.option, own)}]"
        arguments = "".join([self._inner(argument, own) for argument in item.arguments])
        if not opening and len(self.tokens) > own:
            self.last = len(self.tokens)  # a font's last letter: what a script after it hangs on
        return f"{opening}{name}{option}{arguments}"

    def _environment(self, item: Environment) -> str:
        rows = "\\\\\n".join(["&".join([self.items(cell, self.last) for cell in row]) for row in item.rows])
        name = item.name if item.name in _ENVIRONMENTS else "aligned"
        columns = ""
        if name == "array":
            widest = max(len(row) for row in item.rows)
            kept = "".join([mark for mark in item.preamble if mark in "lcr|"])
            columns = "{" + kept + "c" * (widest - len(kept.replace("|", ""))) + "}"
        return f"\\begin{{{name}}}{columns}{rows}\\end{{{name}}}"


@cache
def _set(number: int) -> str:
    red, green, blue = (f"{part / 255:.4f}".rstrip("0").rstrip(".") for part in colour_of(number))
    return f"\\C{{{red} {green} {blue}}}"


def _drawable(token: str) -> str:
    """Write a token so that LaTeX draws it: a character that it has no font for becomes a block."""
    if token in ("~", "#", "$", "%"):
        return f"\\{token} " if token != "~" else "\\sim "
    if len(token) == 1:
        return token if token.isascii() else "\\X "
    forbid(token)
    return token.replace("\\up", "\\") + " " if token.startswith("\\up") and token[3:] in _UPRIGHT else token + " "


_UPRIGHT = frozenset(
    words(
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi "
        "psi omega varepsilon vartheta varpi varrho varsigma varphi"
    )
)

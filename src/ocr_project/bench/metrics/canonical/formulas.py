r"""The canonical form of formulas: those that look the same are written the same."""

from __future__ import annotations

from collections.abc import Sequence

from ocr_project.bench.metrics.formula.symbols import DELIMITER_SIZES, DOTS, FONTS, FUNCTIONS, OLD_FONTS
from ocr_project.bench.metrics.formula.tokens import Unbalanced, tokenize
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

_KEPT_FONTS = {
    "\\mathbf": "\\mathbf",
    "\\boldsymbol": "\\mathbf",
    "\\bm": "\\mathbf",
    "\\pmb": "\\mathbf",
    "\\textbf": "\\mathbf",
    "\\mathcal": "\\mathcal",
    "\\mathscr": "\\mathcal",
    "\\mathbb": "\\mathbb",
    "\\mathfrak": "\\mathfrak",
}
_COMMANDS = {
    "\\dfrac": "\\frac",
    "\\tfrac": "\\frac",
    "\\cfrac": "\\frac",
    "\\dbinom": "\\binom",
    "\\tbinom": "\\binom",
    "\\widehat": "\\hat",
    "\\widetilde": "\\tilde",
    "\\overline": "\\bar",
    "\\overrightarrow": "\\vec",
    "\\stackrel": "\\overset",
    "\\fbox": "\\boxed",
}
_ATOMS = {
    "\\leq": "\\le",
    "\\leqslant": "\\le",
    "\\geq": "\\ge",
    "\\geqslant": "\\ge",
    "\\neq": "\\ne",
    "\\rightarrow": "\\to",
    "\\leftarrow": "\\gets",
    "\\longrightarrow": "\\to",
    "\\lbrace": "\\{",
    "\\rbrace": "\\}",
    "\\lbrack": "[",
    "\\rbrack": "]",
    "\\vert": "|",
    "\\lvert": "|",
    "\\rvert": "|",
    "\\mid": "|",
    "\\Vert": "\\|",
    "\\lVert": "\\|",
    "\\rVert": "\\|",
    "\\parallel": "\\|",
    "\\land": "\\wedge",
    "\\lor": "\\vee",
    "\\neg": "\\lnot",
    "\\ast": "*",
    "\\colon": ":",
    "\\owns": "\\ni",
    "\\dag": "\\dagger",
    "\\ddag": "\\ddagger",
    "\\slash": "/",
    "\\epsilon": "\\varepsilon",
    "\\phi": "\\varphi",
    "\\varnothing": "\\emptyset",
    "\\hslash": "\\hbar",
    "\\iff": "\\Leftrightarrow",
    "\\Longrightarrow": "\\Rightarrow",
    "\\implies": "\\Rightarrow",
    "\\triangle": "\\Delta",
    "\\lt": "<",
    "\\gt": ">",
    **dict.fromkeys(DOTS | {"…"}, "\\ldots"),
}
_FENCED = {
    "pmatrix": ("(", ")"),
    "bmatrix": ("[", "]"),
    "Bmatrix": ("\\{", "\\}"),
    "vmatrix": ("|", "|"),
    "Vmatrix": ("\\|", "\\|"),
    "cases": ("\\{", ""),
}
_ROUNDS = 5
_UNSEEN = frozenset({"\\phantom", "\\hphantom", "\\vphantom"})


def canonical_formula(latex: str) -> str:
    r"""Write a formula in the one way that its looks do not depend on; it can be drawn, and is its own canonical form.

    Delimiters, spaces, `\left` and sizes of brackets, upright text fonts, styles and braces that hold
    nothing together go; aliases, old font switches, infix fractions, kinds of matrices and alignments
    become one; scripts stand in braces, the lower first. What looks different stays different, but for
    pairs that readers of print confuse without loss (`\phi` and `\varphi`, `\cdots` and `\ldots`).

    Args:
        latex: Any text. Where braces do not pair only its tokens are parted.

    Returns:
        Tokens with single spaces between them.
    """
    for _ in range(_ROUNDS):  # what braces held apart may hang together once they are gone: `{x^2}_i`
        once = _once(latex)
        if once == latex:
            break
        latex = once
    return latex


def _once(latex: str) -> str:
    try:
        return " ".join(_write(parse(latex)))
    except Unbalanced:
        return " ".join(_ATOMS.get(token, token) for token in tokenize(latex) if token != "~")


def _write(items: Sequence[Item]) -> list[str]:
    written: list[str] = []
    hanging: Scripts | None = None
    for place, item in enumerate(items):
        if isinstance(item, Blank) and item.token in OLD_FONTS and not _begins_with_script(items[place + 1 :]):
            return written + _hung(hanging) + _font(OLD_FONTS[item.token], items[place + 1 :])
        if isinstance(item, Scripts):  # `x^2{}_i` hangs both on x
            hanging = item if hanging is None else _merged(hanging, item)
        elif inked := _item(item):
            written += _hung(hanging) + inked
            hanging = None
    return written + _hung(hanging)


def _begins_with_script(items: Sequence[Item]) -> bool:
    """Say whether a font switch stands between a base and its scripts: they are not taken from it."""
    return next((isinstance(item, Scripts) for item in items if _item(item)), False)


def _hung(scripts: Scripts | None) -> list[str]:
    return [] if scripts is None else _script("_", scripts.lower) + _script("^", scripts.upper)


def _merged(first: Scripts, second: Scripts) -> Scripts:
    lower = (*(first.lower or ()), *(second.lower or ()))
    return Scripts(lower, (*(first.upper or ()), *(second.upper or ())))


def _item(item: Item) -> list[str]:
    match item:
        case Atom(token):
            bare = _bare(token)
            return [_ATOMS.get(bare, bare)] if bare else []
        case Blank():
            return []
        case Group(items):
            return _write(items)
        case Scripts():
            return _hung(item)
        case Environment():
            return _environment(item)
        case Command():
            return _command(item)


def _bare(token: str) -> str:
    r"""Take the size from a delimiter: `\left(` is `(`, `\bigl\{` is `\{`."""
    for size in sorted(DELIMITER_SIZES, key=len, reverse=True):
        if token.startswith(size) and len(token) > len(size) and not token[len(size)].isalpha():
            return token[len(size) :]
    return token


def _script(mark: str, items: Items | None) -> list[str]:
    inner = [] if items is None else _write(items)
    return [mark, "{", *inner, "}"] if inner else []


def _command(item: Command) -> list[str]:
    if item.name in _UNSEEN:
        return []
    if item.name in FONTS:
        return _font(item.name, item.arguments[0])
    if item.name in ("\\pmod", "\\ensuremath"):
        inner = _write(item.arguments[0])
        return ["(", *_letters("mod"), *inner, ")"] if item.name == "\\pmod" else inner
    name = _COMMANDS.get(item.name, item.name)
    option = [] if item.option is None else _write(item.option)
    written = [name, *(["[", *option, "]"] if option else [])]
    for argument in item.arguments:
        written += ["{", *_write(argument), "}"]
    return written


def _font(name: str, items: Sequence[Item]) -> list[str]:
    inner = _write(items)
    function = "\\" + "".join(inner)
    if function in FUNCTIONS and name not in _KEPT_FONTS:
        return [function]
    kept = _KEPT_FONTS.get(name)
    return [kept, "{", *inner, "}"] if kept and inner else inner


def _letters(word: str) -> list[str]:
    return list(word)


def _environment(item: Environment) -> list[str]:
    cells = [[_write(cell) for cell in row] for row in item.rows]
    rows = [row for row in cells if any(row)]
    if not rows:
        return []
    if item.name in ("aligned", "gathered"):
        lines = [[token for cell in row for token in cell] for row in rows]
        return (
            lines[0]
            if len(lines) == 1
            else ["\\begin{aligned}", *_joined([[line] for line in lines]), "\\end{aligned}"]
        )
    before, after = _FENCED.get(item.name, ("", ""))
    inside = ["\\begin{matrix}", *_joined(rows), "\\end{matrix}"]
    return [token for token in (before, *inside, after) if token]


def _joined(rows: Sequence[Sequence[Sequence[str]]]) -> list[str]:
    written: list[str] = []
    for number, row in enumerate(rows):
        if number:
            written.append("\\\\")
        for place, cell in enumerate(row):
            written += ["&", *cell] if place else cell
    return written

"""Lines, tables and columns of a page description, set line by line so that every printed line is known.

Nothing here flows by itself: a line is broken, placed and written down in one go, and what the
reference says is what the page shows. Lengths are in millimetres, font sizes in points, y runs down.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

POINT = 25.4 / 72
Measure = Callable[[str, str, float], float]
"""Width in mm of a text in a face (`body`, `bold`, `head`) at a size in points."""


class DoesNotFit(ValueError):
    """A page description asks for more than its page, column or cell can hold."""


@dataclass(frozen=True, slots=True)
class Text:
    """A run of glyphs: x of its left end, y of its baseline."""

    x: float
    y: float
    text: str
    face: str
    size: float
    colour: str = "#000000"


@dataclass(frozen=True, slots=True)
class Stroke:
    """A straight line of a given width."""

    x: float
    y: float
    x1: float
    y1: float
    width: float
    colour: str = "#000000"


@dataclass(frozen=True, slots=True)
class Fill:
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    colour: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG stretched over a rectangle; whatever is written in it is in no reference."""

    x: float
    y: float
    width: float
    height: float
    png: bytes


Ink = Text | Stroke | Fill | Picture


def shifted(ink: Ink, dx: float, dy: float) -> Ink:
    """Return the ink moved by dx and dy."""
    if isinstance(ink, Stroke):
        return replace(ink, x=ink.x + dx, y=ink.y + dy, x1=ink.x1 + dx, y1=ink.y1 + dy)
    return replace(ink, x=ink.x + dx, y=ink.y + dy)


@dataclass(frozen=True, slots=True)
class Atom:
    """What no page or column break may cut: a line of text, a table, a figure.

    Attributes:
        height: From its top to where the next atom starts.
        inks: Relative to the atom's top left corner.
        lines: What the reference says of it.
        before: Space above it, dropped at the top of a column.
        keep: Whether the next atom must stand in the same column.
        html: The table, where it is one.
    """

    height: float
    inks: tuple[Ink, ...]
    lines: tuple[str, ...] = ()
    before: float = 0.0
    keep: bool = False
    html: str = ""


@dataclass(frozen=True, slots=True)
class Style:
    """How a paragraph is set.

    Attributes:
        leading: Distance of baselines as a multiple of the size.
        first: Indent of the first line; `hang` is that of the others.
        anywhere: Break between any two Hangul syllables, as statutes do, not at spaces alone.
    """

    size: float
    face: str = "body"
    align: str = "justify"
    leading: float = 1.5
    first: float = 0.0
    hang: float = 0.0
    before: float = 0.0
    colour: str = "#000000"
    anywhere: bool = False
    keep: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """What a line break never cuts: styled runs, whether a space stands before, a hyphen if cut after."""

    runs: tuple[tuple[str, str], ...]
    space: bool
    hyphen: bool = False

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.runs)


NO_BREAK = "\u00a0"  # forbids a break in the source, and is printed as an ordinary space
_MARKUP = re.compile(r"(\*\*|\^\^)")
_BLANKS = re.compile("[ \t\n]+")  # the no-break space is none of them
_CLOSING = "」』)],.;:!?%’”ㆍ·"
_OPENING = "「『([‘“"


def pieces_of(text: str, anywhere: bool = False) -> list[Piece]:
    """Cut a text into pieces: `**bold**`, `^^raised^^`, U+00AD where a word may be hyphenated, U+00A0."""
    flags = {"**": False, "^^": False}
    characters: list[tuple[str, str]] = []
    for part in _MARKUP.split(_BLANKS.sub(" ", text.strip())):
        if part in flags:
            flags[part] = not flags[part]
            continue
        style = "raised" if flags["^^"] else "bold" if flags["**"] else ""
        characters += [(character, style) for character in part]
    pieces: list[Piece] = []
    start, space = 0, False
    for place in range(1, len(characters) + 1):
        before = characters[place - 1][0]
        after = characters[place][0] if place < len(characters) else " "
        if before in " \u00ad":
            start = place
            space = before == " "
        elif after in " \u00ad" or (anywhere and _may_cut(before, after)):
            pieces.append(Piece(_runs(characters[start:place]), space, hyphen=after == "\u00ad"))
            start, space = place, False
    return pieces


def _may_cut(before: str, after: str) -> bool:
    hangul = "가" <= before <= "힣" or "가" <= after <= "힣"
    return hangul and before not in _OPENING and after not in _CLOSING


def _runs(characters: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    runs: list[tuple[str, str]] = []
    for character, style in characters:
        character = " " if character == NO_BREAK else character
        if runs and runs[-1][1] == style:
            runs[-1] = (runs[-1][0] + character, style)
        else:
            runs.append((character, style))
    return tuple(runs)


def _run_look(style: str, look: Style) -> tuple[str, float, float]:
    """Return face, size and how far above the baseline a run stands."""
    if style == "raised":
        return look.face, look.size * 0.64, look.size * 0.36 * POINT
    return ("bold" if style == "bold" else look.face), look.size, 0.0


def _width(piece: Piece, look: Style, measure: Measure) -> float:
    return sum(measure(text, *_run_look(style, look)[:2]) for text, style in piece.runs)


def broken(pieces: Sequence[Piece], room: Callable[[int], float], look: Style, measure: Measure) -> list[list[Piece]]:
    """Break pieces into lines, greedily; `room(n)` is the width of line n.

    Raises:
        DoesNotFit: One piece is wider than its line.
    """
    gap, hyphen = measure(" ", look.face, look.size), measure("-", look.face, look.size)
    lines: list[list[Piece]] = [[]]
    used = 0.0
    for place, piece in enumerate(pieces):
        width = _width(piece, look, measure)
        step = width + (gap if piece.space and lines[-1] else 0.0)
        glued = place + 1 < len(pieces) and piece.hyphen
        if lines[-1] and used + step + (hyphen if glued else 0.0) > room(len(lines) - 1) + 1e-6:
            lines.append([])
            used, step = 0.0, width
        if step > room(len(lines) - 1) + 1e-6:
            raise DoesNotFit(f"{piece.text!r} is wider than its line of {room(len(lines) - 1):.1f} mm")
        lines[-1].append(piece)
        used += step
    return lines


def set_line(line: Sequence[Piece], room: float, look: Style, measure: Measure, last: bool) -> tuple[list[Text], str]:
    """Set one line: its glyph runs from x = 0, baseline y = 0, and the text as printed."""
    shown = list(line)
    if not last and line[-1].hyphen:
        runs = (*line[-1].runs[:-1], (line[-1].runs[-1][0] + "-", line[-1].runs[-1][1]))
        shown[-1] = replace(line[-1], runs=runs)
    gap = measure(" ", look.face, look.size)
    spaces = sum(piece.space for piece in shown[1:])
    natural = sum(_width(piece, look, measure) for piece in shown) + gap * spaces
    x = {"right": room - natural, "centre": (room - natural) / 2}.get(look.align, 0.0)
    if look.align == "justify" and not last and spaces:
        gap += (room - natural) / spaces
    inks: list[Text] = []
    printed = ""
    for place, piece in enumerate(shown):
        if piece.space and place:
            inks[-1] = replace(inks[-1], text=inks[-1].text + " ")
            printed, x = printed + " ", x + gap
        for text, style in piece.runs:
            face, size, rise = _run_look(style, look)
            ink = Text(x, -rise, text, face, size, look.colour)
            if inks and not inks[-1].text.endswith(" ") and replace(inks[-1], x=x, text=text) == ink:
                inks[-1] = replace(inks[-1], text=inks[-1].text + text)
            else:
                inks.append(ink)
            x += measure(text, face, size)
        printed += piece.text
    return inks, printed


def paragraph(text: str, width: float, look: Style, measure: Measure, mark: str = "") -> list[Atom]:
    """Set a paragraph as one atom a line; a mark (`①`, `1.`) hangs before its first line."""

    def indent(line: int) -> float:
        return look.hang if line or mark else look.first

    lines = broken(pieces_of(text, look.anywhere), lambda line: width - indent(line), look, measure)
    height = look.size * look.leading * POINT
    baseline = height / 2 + look.size * 0.35 * POINT
    atoms = []
    for number, line in enumerate(lines):
        last = number == len(lines) - 1
        inks, printed = set_line(line, width - indent(number), look, measure, last)
        placed = [shifted(ink, indent(number), baseline) for ink in inks]
        if mark and not number:
            placed.insert(0, Text(look.first, baseline, mark + " ", look.face, look.size, look.colour))
            printed = f"{mark} {printed}"
        # A lone first or last line of a paragraph is never left in a column of its own.
        tied = look.keep or (len(lines) > 1 and number in (0, len(lines) - 2))
        atoms.append(Atom(height, tuple(placed), (printed,), 0.0 if number else look.before, tied))
    return atoms


def packed(atoms: Sequence[Atom], height: float, x: float, y: float) -> tuple[list[Ink], int]:
    """Place as many atoms as fit below (x, y).

    Returns:
        The inks in place, and how many atoms they are.
    """
    inks: list[Ink] = []
    used, fitting = 0.0, 0
    tops = []
    for place, atom in enumerate(atoms):
        top = used + (atom.before if place else 0.0)
        if top + atom.height > height + 1e-6:
            break
        tops.append(top)
        used = top + atom.height
        if place + 1 == len(atoms) or not atom.keep:
            fitting = place + 1
    for atom, top in zip(atoms[:fitting], tops, strict=False):
        inks += [shifted(ink, x, y + top) for ink in atom.inks]
    return inks, fitting


def height_of(atoms: Sequence[Atom]) -> float:
    """Return the height of atoms in one column, without the space above the first."""
    return sum(atom.height + (atom.before if place else 0.0) for place, atom in enumerate(atoms))


def balanced(atoms: Sequence[Atom], columns: int, width: float, gutter: float, before: float) -> Atom:
    """Set atoms in columns of about equal height, as one atom.

    Raises:
        DoesNotFit: No height holds them, since too much is kept together.
    """
    x_step = width + gutter
    total = height_of(atoms)
    for step in range(int(total) + 2):
        height = total / columns + step
        inks: list[Ink] = []
        rest = list(atoms)
        for column in range(columns):
            placed, count = packed(rest, height, column * x_step, 0.0)
            inks, rest = inks + placed, rest[count:]
        if not rest:
            return Atom(height, tuple(inks), tuple(line for atom in atoms for line in atom.lines), before)
    raise DoesNotFit(f"{len(atoms)} atoms do not fit into {columns} columns")

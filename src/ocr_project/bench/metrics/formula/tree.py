r"""A formula as a tree: what belongs together, with the ways of writing the same thing made one.

Infix fractions (`a \over b`) become commands, plain TeX's `\pmatrix{…}` an environment, `\left` and
its delimiter one atom, primes superscripts, a missing pair of braces is added, and what is not ink
(`\label`, colours, `\nonumber`) is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ocr_project.bench.metrics.formula.symbols import (
    ARGUMENTS,
    BLANK_COMMANDS,
    BREAK_UNITS,
    BREAKS,
    DELIMITER_SIZES,
    DROPPED,
    ENVIRONMENTS,
    INFIX,
    MEASURES,
    PLAIN_MATRICES,
    PREAMBLED,
    UNICODE,
    WITH_OPTION,
)
from ocr_project.bench.metrics.formula.tokens import Unbalanced, group_end, tokenize


@dataclass(frozen=True, slots=True)
class Atom:
    r"""One thing that is drawn: a character, `\alpha`, `\left(`, `\big|`."""

    token: str


@dataclass(frozen=True, slots=True)
class Blank:
    r"""Something that leaves no ink: `\,`, `\displaystyle`, `\bf`, `\left.`."""

    token: str


@dataclass(frozen=True, slots=True)
class Group:
    """What stands in braces of its own."""

    items: Items


@dataclass(frozen=True, slots=True)
class Command:
    """A command with what it takes."""

    name: str
    arguments: tuple[Items, ...]
    option: Items | None = None


@dataclass(frozen=True, slots=True)
class Scripts:
    """What hangs on the item before: `None` where there is no such script."""

    lower: Items | None
    upper: Items | None


@dataclass(frozen=True, slots=True)
class Environment:
    """Rows of cells; `preamble` is an array's columns, as written."""

    name: str
    preamble: str
    rows: tuple[tuple[Items, ...], ...]


Item: TypeAlias = Atom | Blank | Group | Command | Scripts | Environment
Items: TypeAlias = tuple[Item, ...]


def parse(latex: str) -> Items:
    r"""Read a formula.

    Rows outside any environment (`a \\ b`) become one `aligned`.

    Raises:
        Unbalanced: Braces, scripts or environments do not pair.
    """
    tokens = [piece for token in tokenize(latex) for piece in UNICODE.get(token, (token,))]
    rows, place = _FormulaParser(tokens).rows(0, None)
    if place != len(tokens):
        raise Unbalanced(f"{tokens[place]} closes nothing")
    if len(rows) == 1 and len(rows[0]) == 1:
        return rows[0][0]
    return (Environment("aligned", "", rows),)


class _FormulaParser:
    """Reads tokens from left to right; every method returns what it read and the place after it."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self.tokens = tokens

    def rows(self, place: int, closing: str | None) -> tuple[tuple[tuple[Items, ...], ...], int]:
        """Read rows of cells until `closing`, or to the end where it is `None`."""
        rows: list[list[Items]] = [[]]
        while True:
            items, place = self.items(place, closing)
            rows[-1].append(items)
            token = self.tokens[place] if place < len(self.tokens) else None
            if token in BREAKS:
                place = self._after_break(place + 1)
                rows.append([])
            elif token == "&":
                place += 1
            else:
                break
        if len(rows) > 1 and rows[-1] == [()]:
            rows.pop()
        return tuple(tuple(row) for row in rows), place

    def items(self, place: int, closing: str | None) -> tuple[Items, int]:
        """Read items until `closing`, a cell's or a row's end; the place returned is that token's."""
        found: list[Item] = []
        infix: str | None = None
        before: list[Item] = []
        while place < len(self.tokens):
            token = self.tokens[place]
            if token == closing or token == "&" or token in BREAKS:
                break
            if token in INFIX:
                infix, before, found, place = INFIX[token], found, [], place + 1
                continue
            place = self._item(place, found)
        else:
            if closing is not None:
                raise Unbalanced(f"{closing} is missing")
        if infix is not None:
            found = [Command(infix, (tuple(before), tuple(found)))]
        return tuple(found), place

    def argument(self, place: int) -> tuple[Items, int]:
        """Read what a command takes: a group, or the next item where the braces are left out."""
        while place < len(self.tokens) and self.tokens[place] in ("~", "\\ "):
            place += 1
        if place >= len(self.tokens) or self.tokens[place] in ("}", "&", "^", "_") or self.tokens[place] in BREAKS:
            raise Unbalanced("a command lacks what it takes")
        if self.tokens[place] == "{":
            return self._braced(place)
        found: list[Item] = []
        place = self._item(place, found)
        return tuple(found), place

    def _braced(self, place: int) -> tuple[Items, int]:
        rows, end = self.rows(place + 1, "}")
        if len(rows) == 1 and len(rows[0]) == 1:
            return rows[0][0], end + 1
        return (Environment("aligned", "", rows),), end + 1

    def _item(self, place: int, found: list[Item]) -> int:
        """Append one item; return the place after it."""
        token = self.tokens[place]
        if token in ("^", "_", "'"):
            scripts, place = self._scripts(place)
            found.append(scripts)
            return place
        if token == "{":
            items, place = self._braced(place)
            found.append(Group(items))
            return place
        if token.startswith("\\begin{"):
            environment, place = self._environment(place)
            found.append(environment)
            return place
        if token == "}" or token.startswith("\\end{"):
            raise Unbalanced(f"{token} closes nothing")
        return self._command(place, found)

    def _command(self, place: int, found: list[Item]) -> int:
        token = self.tokens[place]
        if token in DROPPED:
            return self._skip_groups(place + 1, DROPPED[token], option="color" in token)
        if token in MEASURES:
            return self._skip_groups(place + 1, 1)
        if token in PLAIN_MATRICES and self._at(place + 1) == "{":
            rows, end = self.rows(place + 2, "}")
            found.append(Environment(PLAIN_MATRICES[token], "", rows))
            return end + 1
        if token in DELIMITER_SIZES:
            return self._delimiter(place, found)
        if token in ARGUMENTS:
            command, place = self._taking(place)
            found.append(command)
            return place
        found.append(Blank(token) if token in BLANK_COMMANDS else Atom(token))
        return place + 1

    def _taking(self, place: int) -> tuple[Command, int]:
        name = self.tokens[place]
        place += 1
        option: Items | None = None
        if name in WITH_OPTION and self._at(place) == "[":
            option, place = self.items(place + 1, "]")
            place += 1
        arguments: list[Items] = []
        for _ in range(ARGUMENTS[name]):
            items, place = self.argument(place)
            arguments.append(items)
        return Command(name, tuple(arguments), option), place

    def _delimiter(self, place: int, found: list[Item]) -> int:
        size, delimiter = self.tokens[place], self._at(place + 1)
        if delimiter is None or delimiter in ("{", "}", "^", "_", "&"):
            raise Unbalanced(f"{size} lacks its delimiter")
        found.append(Blank(size + delimiter) if delimiter == "." else Atom(size + delimiter))
        return place + 2

    def _scripts(self, place: int) -> tuple[Scripts, int]:
        lower: Items | None = None
        upper: list[Item] | None = None
        while (token := self._at(place)) in ("^", "_", "'"):
            if token == "'":
                upper, place = [*(upper or []), Atom("\\prime")], place + 1
                continue
            items, place = self.argument(place + 1)
            if token == "_":
                lower = (*(lower or ()), *items)
            else:
                upper = [*(upper or []), *items]
        return Scripts(lower, None if upper is None else tuple(upper)), place

    def _environment(self, place: int) -> tuple[Environment, int]:
        written = self.tokens[place][len("\\begin{") : -1]
        name = ENVIRONMENTS.get(written.rstrip("*"), written.rstrip("*"))
        place += 1
        if self._at(place) == "[" and self._at(place + 2) == "]":  # `[t]`: where it stands on the line
            place += 3
        preamble = ""
        if written.rstrip("*") in PREAMBLED and self._at(place) == "{":
            end = group_end(self.tokens, place)
            preamble, place = "".join(self.tokens[place + 1 : end]), end + 1
        rows, end = self.rows(place, f"\\end{{{written}}}")
        return Environment(name, preamble if name == "array" else "", rows), end + 1

    def _after_break(self, place: int) -> int:
        r"""Step over the star and the distance of `\\*[2pt]`."""
        if self._at(place) != "[":
            return place
        end = next((at for at in range(place, min(place + 12, len(self.tokens))) if self.tokens[at] == "]"), None)
        inner = "".join(self.tokens[place + 1 : end]) if end is not None else "x"
        return end + 1 if end is not None and inner.lstrip("-+.0123456789") in BREAK_UNITS else place

    def _skip_groups(self, place: int, count: int, option: bool = False) -> int:
        if option and self._at(place) == "[":
            place = group_end(self.tokens, place, ("[", "]")) + 1
        for _ in range(count):
            if self._at(place) == "{":
                place = group_end(self.tokens, place) + 1
        return place

    def _at(self, place: int) -> str | None:
        return self.tokens[place] if place < len(self.tokens) else None

"""Tables with spans: as ink, as lines of a reference and as HTML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any

from typesetting import NO_BREAK, Atom, DoesNotFit, Fill, Ink, Measure, Stroke, Style, paragraph, shifted

_PAD_X, _PAD_Y = 1.6, 1.2
_SHADE = "#e9edf2"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell in its place in the grid, from 0; `rows` and `columns` are its spans."""

    row: int
    column: int
    rows: int
    columns: int
    text: str
    align: str


def table(spec: Mapping[str, Any], width: float, look: Style, measure: Measure) -> Atom:
    """Set a table.

    Args:
        spec: `columns` (weights), `rows` (strings, or mappings of text, rows, columns, align),
            `head` (header rows), `align` (one word a column), `rules` (`grid`, or `open`: no sides).
        width: Of the whole table, mm.
        look: Of its text.
        measure: Width of a text.

    Returns:
        One atom: its lines are the rows, cells parted by a space, a spanning cell in its first row.
    """
    weights = [float(weight) for weight in spec["columns"]]
    edges = [width * sum(weights[:place]) / sum(weights) for place in range(len(weights) + 1)]
    head = int(spec.get("head", 1))
    cells = list(_cells(spec, head))
    atoms = {cell: _cell_atoms(cell, edges, head, look, measure) for cell in cells}
    tops = _tops(len(spec["rows"]), atoms)
    inks: list[Ink] = []
    if head:
        inks.append(Fill(0, 0, width, tops[head], _SHADE))
    inks += _rules(cells, edges, tops, spec.get("rules", "grid") == "open")
    for cell, lines in atoms.items():
        inks += _placed(cell, lines, edges, tops)
    rows = [[cell for cell in cells if cell.row == row] for row in range(len(spec["rows"]))]
    printed = (" ".join(line for cell in row for atom in atoms[cell] for line in atom.lines) for row in rows)
    return Atom(tops[-1], tuple(inks), tuple(line for line in printed if line), look.before, html=_html(rows))


def _cells(spec: Mapping[str, Any], head: int) -> Iterator[Cell]:
    """Yield the cells row by row.

    Raises:
        DoesNotFit: A row leaves places empty or has cells too many.
    """
    taken: set[tuple[int, int]] = set()
    width = len(spec["columns"])
    aligns = spec.get("align") or ["left"] * width
    for row, raw_cells in enumerate(spec["rows"]):
        for raw in raw_cells:
            given = raw if isinstance(raw, Mapping) else {"text": raw}
            column = next((place for place in range(width) if (row, place) not in taken), width)
            rows, columns = int(given.get("rows", 1)), int(given.get("columns", 1))
            places = {(row + down, column + right) for down in range(rows) for right in range(columns)}
            if places & taken or column + columns > width:
                raise DoesNotFit(f"row {row + 1} of a table: {given!r} has no place")
            taken |= places
            align = "centre" if row < head else str(given.get("align", aligns[column]))
            yield Cell(row, column, rows, columns, str(given["text"]), align)
    if len(taken) != width * len(spec["rows"]):
        raise DoesNotFit("a table leaves places empty, or spans reach below its last row")


def _cell_atoms(cell: Cell, edges: Sequence[float], head: int, look: Style, measure: Measure) -> list[Atom]:
    if not cell.text:
        return []
    width = edges[cell.column + cell.columns] - edges[cell.column] - 2 * _PAD_X
    face = "bold" if cell.row < head else look.face
    style = replace(look, face=face, align=cell.align, first=0.0, hang=0.0, leading=1.32, before=0.0)
    return paragraph(cell.text, width, style, measure)


def _tops(rows: int, atoms: Mapping[Cell, Sequence[Atom]]) -> list[float]:
    """Return the top of each row and the bottom of the last; what spans rows grows the last of them."""
    needs = {cell: sum(atom.height for atom in lines) + 2 * _PAD_Y for cell, lines in atoms.items()}
    tops = [0.0]
    for row in range(rows):
        ending = [cell for cell in atoms if cell.row + cell.rows - 1 == row]
        tops.append(max([tops[row], *(tops[cell.row] + needs[cell] for cell in ending)]))
    return tops


def _placed(cell: Cell, lines: Sequence[Atom], edges: Sequence[float], tops: Sequence[float]) -> Iterator[Ink]:
    room = tops[cell.row + cell.rows] - tops[cell.row]
    y = tops[cell.row] + (room - sum(atom.height for atom in lines)) / 2
    for atom in lines:
        for ink in atom.inks:
            yield shifted(ink, edges[cell.column] + _PAD_X, y)
        y += atom.height


def _rules(cells: Sequence[Cell], edges: Sequence[float], tops: Sequence[float], is_open: bool) -> Iterator[Ink]:
    for cell in cells:
        left, right = edges[cell.column], edges[cell.column + cell.columns]
        top, bottom = tops[cell.row], tops[cell.row + cell.rows]
        if cell.row + cell.rows < len(tops) - 1:
            yield Stroke(left, bottom, right, bottom, 0.2)
        if cell.column + cell.columns < len(edges) - 1:
            yield Stroke(right, top, right, bottom, 0.2)
    for y in (tops[0], tops[-1]):
        yield Stroke(edges[0], y, edges[-1], y, 0.45)
    for x in () if is_open else (edges[0], edges[-1]):
        yield Stroke(x, tops[0], x, tops[-1], 0.45)


def _html(rows: Sequence[Sequence[Cell]]) -> str:
    parts = ["<html><body><table>"]
    for row in rows:
        parts.append("<tr>")
        for cell in row:
            spans = f' rowspan="{cell.rows}"' if cell.rows > 1 else ""
            spans += f' colspan="{cell.columns}"' if cell.columns > 1 else ""
            text = escape(cell.text.replace(NO_BREAK, " "), quote=False)
            parts.append(f"<td{spans}>{text}</td>")
        parts.append("</tr>")
    parts.append("</table></body></html>\n")
    return "".join(parts)

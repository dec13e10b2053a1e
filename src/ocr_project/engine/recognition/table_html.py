"""Read cells to an HTML table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from ocr_project.engine.imaging.ruled_table import TableCell


def to_html(cells: Sequence[TableCell], texts: Mapping[TableCell, str], heading: int = 0) -> str:
    """Write a table.

    Args:
        cells: By row and column.
        texts: What each says, line ends as they were read; a cell that is missing says nothing.
        heading: Rows at the top that name the columns; 0 where that is not known.

    Returns:
        One `<table>` with a `<tr>` a row and a `<td>` a cell, spans as attributes, line ends as spaces; with
        `<thead>` and `<tbody>` where the heading is known.
    """
    rows: dict[int, list[str]] = {}
    for cell in cells:
        spans = (f' rowspan="{cell.rows}"' if cell.rows > 1 else "") + (
            f' colspan="{cell.columns}"' if cell.columns > 1 else ""
        )
        text = escape(" ".join(texts.get(cell, "").split()), quote=False)
        rows.setdefault(cell.row, []).append(f"<td{spans}>{text}</td>")
    last = max((cell.row + cell.rows for cell in cells), default=0)
    written = [f"<tr>{''.join(rows.get(row, []))}</tr>" for row in range(last)]
    if not 0 < heading < last:
        return f"<table>{''.join(written)}</table>"
    return f"<table><thead>{''.join(written[:heading])}</thead><tbody>{''.join(written[heading:])}</tbody></table>"

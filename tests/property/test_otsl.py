"""Any table goes to OTSL and back unchanged, and any text that a model may write in OTSL becomes a table."""

from __future__ import annotations

from html import escape

from hypothesis import given
from hypothesis import strategies as st

from ocr_project.engine.models.dialects.html_table import parse_markup
from ocr_project.engine.models.dialects.otsl import html_to_otsl, otsl_to_html, plain_html

TOKENS = ("fcel", "ecel", "lcel", "ucel", "xcel", "ched", "nl")
# what Unicode calls a surrogate or a control character is not text of a table
WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=6)


@st.composite
def tables(draw: st.DrawFn) -> str:
    """Draw the HTML of a table whose cells do not overlap: rectangles laid from the first free place on."""
    height, width = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    taken: set[tuple[int, int]] = set()
    rows = []
    for row in range(height):
        cells = []
        for column in range(width):
            if (row, column) in taken:
                continue
            rows_, columns = draw(st.integers(1, 3)), draw(st.integers(1, 3))
            columns = next((n for n in range(1, columns) if (row, column + n) in taken), columns)
            columns = min(columns, width - column)
            taken |= {(row + down, column + right) for down in range(rows_) for right in range(columns)}
            tag = draw(st.sampled_from(["td", "th"]))
            text = escape(draw(WORDS), quote=False)
            cells.append(f'<{tag} rowspan="{rows_}" colspan="{columns}">{text}</{tag}>')
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return f"<table>{''.join(rows)}</table>"


@given(tables())
def test_a_table_goes_to_otsl_and_back(html: str) -> None:
    there = html_to_otsl(html)
    assert otsl_to_html(there) == plain_html(html)
    assert html_to_otsl(otsl_to_html(there)) == there


@given(tables())
def test_no_cell_and_no_word_is_lost(html: str) -> None:
    def words(table: str) -> list[str]:
        cells = (cell for row in parse_markup(table).rows for cell in row)
        return [word for cell in cells for word in cell.text.split()]

    assert words(otsl_to_html(html_to_otsl(html))) == words(html)


@given(st.lists(st.tuples(st.sampled_from(TOKENS), WORDS)))
def test_whatever_a_model_writes_becomes_rows_of_cells(parts: list[tuple[str, str]]) -> None:
    html = otsl_to_html("".join(f"<{token}>{text.replace('<', '')}" for token, text in parts))
    markup = parse_markup(html)
    assert markup.tables == 1
    assert not markup.inner

"""Tables of a text layer: words in the cells that layout saw."""

from __future__ import annotations

from dataclasses import replace

from ocr_project.domain.options import TranscriptOptions
from ocr_project.domain.types import Box, Label, Recognition, Region, Word
from ocr_project.engine.transcript.assemble import assemble
from ocr_project.engine.transcript.layer_table import table_of_layer
from ocr_project.testing.fakes import page

# A head over two columns, then two cells: in pixels of the region, which begins at 100, 50.
CELLS = (2.0, 2.0, 198.0, 28.0, 2.0, 32.0, 98.0, 58.0, 102.0, 32.0, 198.0, 58.0)
TABLE = Region("p", 0, Label.TABLE, "ruled_table", Box(100, 50, 300, 110), cells=CELLS)


def word(text: str, x: float, y: float, line: int) -> Word:
    return Word(text, Box(100 + x, 50 + y, 120 + x, 60 + y), 1.0, line)


WORDS = (
    word("현행과", 10, 5, 0),
    word("개정안", 40, 5, 0),
    word("제12조", 10, 35, 1),
    word("과징금", 10, 46, 2),
    word("삭제 <표>", 110, 35, 3),
)
HTML = (
    '<table>\n<tr><td colspan="2">현행과 개정안</td></tr>\n'
    "<tr><td>제12조<br>과징금</td><td>삭제 &lt;표&gt;</td></tr>\n</table>"
)


def test_words_go_to_the_cells_that_they_stand_in() -> None:
    assert table_of_layer(TABLE, WORDS, 0) == HTML


def test_a_region_on_its_side_has_its_cells_as_they_are_read() -> None:
    turned = replace(TABLE, box=Box(100, 50, 160, 250), quad=(160, 50, 160, 250, 100, 250, 100, 50))
    words = [
        replace(one, box=Box(160 - (one.box.y1 - 50), one.box.x0 - 50, 160 - (one.box.y0 - 50), one.box.x1 - 50))
        for one in WORDS
    ]
    assert table_of_layer(turned, words, 0) == HTML


def test_cells_that_are_not_those_of_the_words_make_no_table() -> None:
    beside = [word(text, x, 200, 1) for text, x in (("a", 0), ("b", 40), ("c", 80))]
    assert table_of_layer(TABLE, [*WORDS, *beside], 0) is None
    assert table_of_layer(replace(TABLE, cells=None), WORDS, 0) is None
    assert table_of_layer(TABLE, [], 0) is None


def test_a_page_of_its_own_text_has_its_table_in_markdown() -> None:
    grid = replace(TABLE, cells=(2, 2, 98, 28, 102, 2, 198, 28, 2, 32, 98, 58, 102, 32, 198, 58))
    words = (word("이름", 10, 5, 0), word("점수", 110, 5, 0), word("개똥이", 10, 35, 1), word("89", 110, 35, 1))
    own = replace(
        page(1),
        text_layer="이름 점수\n개똥이 89",
        text_layer_words=words,
        text_layer_healthy=True,
        text_layer_preferred=True,
    )
    region = replace(grid, page_id=own.page_id)
    read = assemble(own, [region], [Recognition(own.page_id, 0, "")], TranscriptOptions())
    assert read.markdown.strip() == "| 이름 | 점수 |\n| --- | --- |\n| 개똥이 | 89 |"
    assert read.text == "이름 점수\n개똥이 89"

"""What holds for any table and any Markdown."""

import html

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ocr_project.bench.metrics.canonical import canonical_table
from ocr_project.bench.metrics.opendataloader import mhs, nid, page_teds
from ocr_project.bench.metrics.tables import tables_to_html, teds
from ocr_project.bench.testsets.omnidocbench_v1_5.rules import score_page

CELLS = st.text(st.one_of(st.sampled_from("ab1 |$\\^_{}*~<>&;%()[]#-\n가²−“"), st.characters()), max_size=12)
TABLES = st.lists(st.lists(CELLS, max_size=3), max_size=3)
MARKUP = st.lists(
    st.sampled_from(
        [
            "<table>",
            "</table>",
            "<tr>",
            "</tr>",
            "<td>",
            "</td>",
            "<th>",
            "<td$colspan=2>",
            "|",
            "|\n",
            "---",
            "\n",
            "#",
            "$$",
            "$",
            "\\[",
            "\\]",
            "a",
            "b1",
            "```",
        ]
    ),
    max_size=25,
).map(lambda parts: "".join(parts).replace("$colspan", " colspan"))


def write(rows: list[list[str]]) -> str:
    lines = ("".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in rows)
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


@settings(deadline=None)
@given(TABLES)
@example([["$$a$$ $b$"]])
@example([["****a****"]])
def test_the_canonical_form_is_stable(rows: list[list[str]]) -> None:
    once = canonical_table(write(rows))
    assert canonical_table(once) == once
    assert once.count("<td>") == sum(len(row) for row in rows)


@settings(deadline=None)
@given(TABLES, TABLES)
def test_teds_is_a_similarity(left: list[list[str]], right: list[list[str]]) -> None:
    one, other = write(left), write(right)
    assert teds(one, one) == 1.0
    for structure_only in (False, True):
        value = teds(one, other, structure_only=structure_only)
        assert -1.0 <= value <= 1.0  # below 0 where nearly all is deleted, and inserted again
        assert abs(value - teds(other, one, structure_only=structure_only)) < 1e-9
    assert teds(one, other) <= teds(one, other, structure_only=True) + 1e-9


@settings(deadline=None)
@given(MARKUP, MARKUP)
def test_nothing_raises_for_broken_markup(reference: str, hypothesis: str) -> None:
    for value in (nid(reference, hypothesis), page_teds(reference, hypothesis), mhs(reference, hypothesis)):
        assert value != value or value <= 1.0
    assert tables_to_html(tables_to_html(reference)).count("<tr>") >= reference.count("<tr>")
    canonical_table(reference)
    blocks = [
        {"anno_id": 1, "category_type": "text_block", "order": 1, "text": reference},
        {"anno_id": 2, "category_type": "equation_isolated", "order": 2, "latex": reference},
        {"anno_id": 3, "category_type": "table", "order": 3, "html": reference},
    ]
    score = score_page({"layout_dets": blocks}, hypothesis).compared(lambda one, other: 1.0)
    for name, value in score.values().items():
        assert value <= 1.0, name

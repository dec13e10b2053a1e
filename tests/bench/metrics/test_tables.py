import math
from pathlib import Path

import pytest

from ocr_project.bench.metrics.canonical import canonical_table
from ocr_project.bench.metrics.tables import TreeTooLarge, dp_bench_nid, dp_bench_teds, tables_to_html, teds, tree

PLAIN = "<table><tr><td>Total</td><td>10</td></tr><tr><td>a</td><td>b c</td></tr></table>"
ALIKE = {
    "head": "<table><thead><tr><th>Total</th><th>10</th></tr></thead>"
    "<tbody><tr><td>a</td><td>b c</td></tr></tbody></table>",
    "marks": "<table><tr><td><b>Total</b></td><td>10</td></tr><tr><td>a</td><td>b<br/>c</td></tr></table>",
    "attributes": '<table border=1><tr><td colspan="1" style="x">Total</td><td>10</td></tr><tr><td>a<td>b c</table>',
    "page": f"<html><body><p>text</p><div>{PLAIN}</div></body></html>",
    "spaces": PLAIN.replace("<td>", "<td>\n  ").replace(" c", "\u00a0c"),
    "entities": PLAIN.replace("a<", "&#97;<"),
    "full width": PLAIN.replace("10", "１０"),
    "markdown": "Above\n\n| **Total** | 10 |\n|:--|--:|\n| a | b c |\n\nBelow",
    "formula": PLAIN.replace("10", "$10$").replace(">a<", r">\(a\)<"),
    "empty row": PLAIN.replace("</tr><tr>", "</tr><tr></tr><tr>"),
    "spans too far": PLAIN.replace("<td>b c", '<td rowspan="9">b c'),
    "comment": PLAIN.replace("<tr>", "<tr><!-- row -->"),
}


@pytest.mark.parametrize("written", ALIKE.values(), ids=ALIKE)
def test_tables_written_differently_are_alike(written: str) -> None:
    assert canonical_table(written) == PLAIN
    assert canonical_table(canonical_table(written)) == PLAIN


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        (["10<sup>2</sup>", "10²", "$10^2$", r"\(10^{2}\)", "$ 10^{ 2 } $"], "102"),
        (["−1", "–1", "-1"], "-1"),
        (["①３"], "①3"),
        (["“A”", '"A"', "&quot;A&quot;"], '"A"'),
        (["&lt; 5 %", "< 5 %"], "&lt; 5 %"),
        (["$50%$", r"$50\%$", "50%"], "50%"),
        (["$ 5 and $ 6"], "$ 5 and $ 6"),
        (["<table><tr><td>in</td></tr></table>", "in"], "in"),
    ],
)
def test_cells_written_differently_are_alike(cells: list[str], text: str) -> None:
    for cell in cells:
        assert (
            canonical_table(f"<table><tr><td>{cell}</td></tr></table>") == f"<table><tr><td>{text}</td></tr></table>"
        )


def test_what_is_wrong_stays_wrong() -> None:
    for wrong in ("Totals", "total", "Tota1", "합계"):
        assert canonical_table(PLAIN.replace("Total", wrong)) != PLAIN
    assert canonical_table(PLAIN.replace("<td>Total</td><td>10", '<td colspan="2">Total 10')) != PLAIN
    assert canonical_table("no table") == ""
    assert canonical_table("") == ""


def test_spans_shrink_with_the_rows_that_go() -> None:
    written = '<table><tr><td rowspan="3">a</td><td>b</td></tr><tr></tr><tr><td>c</td></tr></table>'
    assert canonical_table(written) == '<table><tr><td rowspan="2">a</td><td>b</td></tr><tr><td>c</td></tr></table>'


def test_teds_of_fragments_and_of_nothing() -> None:
    assert teds(PLAIN, f"<html><body>{PLAIN}</body></html>") == 1.0
    assert teds(PLAIN, "") == teds("", PLAIN) == teds(PLAIN, "text") == teds(PLAIN, "<!-- -->") == 0.0
    assert teds("<table></table>", "<table></table>") == 1.0
    assert teds(PLAIN, PLAIN.replace("b c", "b d")) == pytest.approx(1 - (1 / 3) / 6)
    assert teds(PLAIN, PLAIN.replace("b c", "b d"), structure_only=True) == 1.0
    assert teds(PLAIN, PLAIN.replace("<td>a", '<td colspan="wide">a')) == 1.0
    assert teds(PLAIN, PLAIN.replace("10", "1\0")) == teds(PLAIN, PLAIN.replace("10", "1"))


def test_a_tag_in_a_cell_is_one_token() -> None:
    one, other = (f"<table><tr><td>{text}</td></tr></table>" for text in ("<b>ab</b>", "ab"))
    assert teds(one, other) == pytest.approx(1 - (2 / 4) / 3)  # <b> a b </b>; three elements: tr, td, b


def test_a_table_beyond_all_measure_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "MAX_CELLS", 10)
    with pytest.raises(TreeTooLarge, match="cells"):
        teds(PLAIN, PLAIN.replace("<td>", "<td>x"))


def test_markdown_tables() -> None:
    text = "x | y\n\n| a | b |\n|---|:-:|\n| 1 |\n| 1 | 2 | 3 |\nend"
    assert tables_to_html(text) == (
        "x | y\n\n<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td></td></tr>"
        "<tr><td>1</td><td>2</td></tr></table>\nend"
    )
    assert tables_to_html("| | |\n|---|---|\n| 1 | < |") == "<table><tr><th>1</th><th>&lt;</th></tr></table>\n"
    assert tables_to_html("no table\r\n") == "no table\r\n"


def test_dp_bench() -> None:
    headed = PLAIN.replace("<table>", "<table><tbody>").replace("</table>", "</tbody></table>")
    assert dp_bench_teds(PLAIN, headed) == 1.0 > teds(PLAIN, headed)
    assert dp_bench_teds(PLAIN, f"# Text < 5 & <b>\n{headed}{headed}") == 1.0
    assert dp_bench_teds(PLAIN, "text") == 0.0
    assert math.isnan(dp_bench_teds("text", PLAIN))
    assert dp_bench_nid(["a\nb", "c"], ["ab", "c"]) == 1.0
    assert dp_bench_nid([], []) == 1.0
    assert dp_bench_nid(["a"], []) == 0.0


SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data"


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason=f"{SHARED} is missing: the shared test data is not on this machine")
def test_real_tables_stay_themselves() -> None:
    files = sorted(SHARED.glob("tables_*/*.gt.html"))
    assert len(files) > 40
    for file in files:
        table = file.read_text("utf-8")
        canonical = canonical_table(table)
        assert canonical_table(canonical) == canonical, file
        assert teds(canonical, canonical) == teds(table, table) == 1.0, file
        assert canonical.count("<td") == table.count("<td") + table.count("<th>") + table.count("<th "), file

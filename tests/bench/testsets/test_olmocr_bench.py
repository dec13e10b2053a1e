"""olmOCR-bench's unit tests: every kind, and the real tests on pages made to pass or fail."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocr_project.bench.testsets.olmocr_bench.rules import run_test
from ocr_project.bench.testsets.olmocr_bench.rules.tables import tables_of

TESTS = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "en_olmocr_bench" / "tests.jsonl"

PIPES = "| Item | Price | Stock |\n|---|:-:|--|\n| Tea | 3.50 | 7 |\n| Coffee | 4.00 | 0 |\n"
HTML = (
    "<table><thead><tr><th rowspan=2>Item</th><th colspan=2>Shop</th></tr>"
    "<tr><th>Price</th><th>Stock</th></tr></thead>"
    "<tr><td>Tea</td><td>3.50</td><td>7</td></tr><tr><td>Coffee<br>black</td><td>4.00</td><td>0</td></tr></table>"
)


@pytest.mark.parametrize(
    ("test", "markdown", "passed"),
    [
        ({"type": "present", "text": "the “quick” fox"}, 'see **the** "quick"\nfox run', True),
        ({"type": "present", "text": "quick"}, "the QUICK fox", False),
        ({"type": "present", "text": "quick", "case_sensitive": False}, "the QUICK fox", True),
        ({"type": "present", "text": "quick brown", "max_diffs": 1}, "the quick brawn fox", True),
        ({"type": "present", "text": "quick brown"}, "the quick brawn fox", False),
        ({"type": "present", "text": "end", "first_n": 5}, "start and the end", False),
        ({"type": "absent", "text": "199", "last_n": 5}, "199 at the start only", True),
        ({"type": "absent", "text": "199", "last_n": 5}, "page 199", False),
        ({"type": "order", "before": "one", "after": "two"}, "one, two", True),
        ({"type": "order", "before": "one", "after": "two"}, "two, one", False),
        ({"type": "order", "before": "one", "after": "two"}, "two, one, two", True),
        ({"type": "order", "before": "one", "after": "six"}, "one", False),
        ({"type": "order", "before": "abcdefgh", "after": "two", "max_diffs": 1}, "abcxefgh two", True),
        ({"type": "math", "math": "a^{2}+b^{2}=c^{2}"}, "so $$ a ^2 + b^2 = c^2 $$", True),
        ({"type": "math", "math": "b^{2}"}, "so \\(a^2 + b^2\\) holds", True),
        ({"type": "math", "math": "\\mathbf{E}"}, "\\[E = 1\\]", True),
        ({"type": "math", "math": "a^{2}"}, "so a^2 = 1", False),
        ({"type": "math", "math": "a^{2}"}, "so $a_2$", False),
        ({"type": "math", "math": "a", "ignore_dollar_delimited": True}, "$a$", False),
        ({"type": "baseline"}, "Some text.", True),
        ({"type": "baseline"}, " -- \n", False),
        ({"type": "baseline"}, "text " + "ab" * 40, False),
        ({"type": "baseline", "max_repeats": 50}, "text " + "ab" * 40, True),
        ({"type": "baseline"}, "text 漢", False),
        ({"type": "baseline", "check_disallowed_characters": False}, "text 漢", True),
        ({"type": "baseline", "max_length": 3}, "abc .", True),
        ({"type": "baseline", "max_length": 3}, "abcd", False),
        ({"type": "baseline", "max_length": 3, "max_length_skips_image_alt_tags": True}, "![long](x.png)", True),
    ],
)
def test_texts(test: dict[str, Any], markdown: str, passed: bool) -> None:
    result = run_test(test, markdown)
    assert result.passed is passed
    assert bool(result.reason) is not passed


@pytest.mark.parametrize("markdown", [PIPES, HTML])
@pytest.mark.parametrize(
    ("asked", "passed"),
    [
        ({"cell": "3.50"}, True),
        ({"cell": "9.99"}, False),
        ({"cell": "3.50", "left": "Tea", "right": "7", "down": "4.00"}, True),
        ({"cell": "3.50", "left": "Milk"}, False),
        ({"cell": "4.00", "up": "3.50", "top_heading": "Price"}, True),
        ({"cell": "7", "top_heading": "Stock", "left_heading": "Tea"}, True),
        ({"cell": "Tea", "left": "anything"}, True),  # nothing is beyond the edge
        ({"cell": "3.5", "max_diffs": 1}, True),
    ],
)
def test_tables(markdown: str, asked: dict[str, Any], passed: bool) -> None:
    assert run_test({"type": "table", **asked}, markdown).passed is passed


def test_tables_are_asked_for_and_told_apart() -> None:
    assert run_test({"type": "table", "cell": "Tea"}, "no table").reason == "there is no table"
    assert not run_test({"type": "table", "cell": "Tea", "ignore_markdown_tables": True}, PIPES).passed
    assert run_test({"type": "table", "cell": "0", "top_heading": "Shop"}, HTML).passed
    (table,) = tables_of(HTML)
    assert table.cells[1] == ["Item", "Price", "Stock"]
    assert table.cells[3][0] == "Coffee\nblack"
    assert table.heading_rows == {0, 1}


@settings(deadline=None, max_examples=200)
@given(st.text(st.sampled_from("|-: ab\n<>/tdhr"), max_size=80))
def test_any_page_can_be_asked(markdown: str) -> None:
    for table in tables_of(markdown + "<table><tr><td rowspan=x colspan=999999>a<td>b</table>"):
        assert len({len(row) for row in table.cells}) == 1
    assert run_test({"type": "present", "text": "zzz"}, markdown).passed is False


def test_a_damaged_test_says_so() -> None:
    with pytest.raises(ValueError, match="unknown type of test: 'colour'"):
        run_test({"type": "colour"}, "")
    with pytest.raises(ValueError, match="test t1 of type present lacks 'text'"):
        run_test({"type": "present", "id": "t1"}, "")


@pytest.mark.shared
@pytest.mark.skipif(not TESTS.exists(), reason=f"{TESTS} is missing: no shared test data on this machine")
def test_real_tests_pass_on_pages_that_say_so() -> None:
    tests = [json.loads(line) for line in TESTS.read_text("utf-8").splitlines()]
    assert len(tests) == 55
    for test in tests:
        good, bad = _pages(test)
        assert run_test(test, good).passed, test["id"]
        assert not run_test(test, bad).passed, test["id"]


def _pages(test: dict[str, Any]) -> tuple[str, str]:
    """Make a page that bears the test out, and one that does not."""
    match test["type"]:
        case "present":
            return f"Before. **{test['text']}** After.", "Quite another page."
        case "absent":
            return "Quite another page, with nothing of it.", f"A page. {test['text']}"
        case "order":
            return f"{test['before']}\n\n{test['after']}", "Quite another page."
        case "math":
            return f"Hence $$ {test['math']} $$ holds.", "Hence $x$ holds."
        case "baseline":
            return "", "A page that should be blank."
    around = {"left": (1, 0), "right": (1, 2), "top_heading": (0, 1), "left_heading": (1, 0)}
    cells = [["h0", "h1", "h2"], ["c0", test["cell"], "c2"]]
    for name, (row, column) in around.items():
        if name in test:
            cells[row][column] = test[name]
    lines = ["| " + " | ".join(row) + " |" for row in cells]
    return "\n".join([lines[0], "|---|---|---|", lines[1]]), "| a | b |\n|---|---|\n| 1 | 2 |"

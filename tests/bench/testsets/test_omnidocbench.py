"""OmniDocBench's protocol on pages in its own JSON, written here."""

from collections.abc import Callable
from typing import Any

import pytest

from ocr_project.bench.metrics.plain_latex import latex_to_text
from ocr_project.bench.testsets.omnidocbench_v1_5.rules import PageScore, score_page
from ocr_project.bench.testsets.omnidocbench_v1_5.rules.elements import (
    TEXT,
    in_matching_order,
    kind_by_kind,
    read_markdown,
    split_arrays,
)
from ocr_project.bench.testsets.omnidocbench_v1_5.rules.matching import Match, holds, match
from ocr_project.bench.testsets.omnidocbench_v1_5.rules.normal import normal_formula, normal_table, normal_text
from ocr_project.bench.testsets.omnidocbench_v1_6.rules import score_page_v1_6
from ocr_project.engine.metrics import Counts
from tests.omnidoc_averages import slice_elements, slice_pages, summarize

TABLE = "<table><tr><td>A</td><td>B</td></tr><tr><td>1</td><td>2</td></tr></table>"
FIRST = "The quick brown fox jumps over the lazy dog. It did so again on Tuesday."
SECOND = "Another paragraph which the page break has cut in two."
FORMULA = r"E = mc^{2} + \alpha"


def detection(number: int, category: str, order: int | None, **fields: Any) -> dict[str, Any]:
    return {"anno_id": number, "category_type": category, "order": order, "ignore": False, **fields}


RULES = pytest.mark.parametrize("rules", [score_page, score_page_v1_6], ids=["v1.5", "v1.6"])


@pytest.fixture
def truth() -> dict[str, Any]:
    english = {"text_language": "text_english"}
    return {
        "layout_dets": [
            detection(1, "title", 1, text="Introduction to things", attribute=english),
            detection(2, "text_block", 2, text=FIRST, attribute=english),
            detection(3, "text_block", 3, text="Another paragraph which the page"),
            detection(4, "text_block", 4, text=" break has cut in two."),
            detection(5, "equation_isolated", 5, latex=f"$${FORMULA}$$"),
            detection(6, "table", 6, html=TABLE, latex="", attribute={"line": "full_line"}),
            detection(7, "header", None, text="Journal of Nothing 2024"),
            detection(9, "figure", 8),
        ],
        "extra": {"relation": [{"source_anno_id": 3, "target_anno_id": 4, "relation_type": "truncated"}]},
        "page_info": {"page_attribute": {"language": "english", "special_issue": ["table_with_span", "watermark"]}},
    }


def page(*paragraphs: str) -> str:
    return "\n\n".join(paragraphs)


def perfect(table: str = TABLE) -> str:
    return page("# Introduction to things", FIRST, SECOND, f"$$\n{FORMULA}\n$$", table)


def exact(reference: str, hypothesis: str) -> float:
    return float("".join(reference.split()) == "".join(hypothesis.split()))


@pytest.mark.parametrize(
    "answer",
    [
        perfect(),
        perfect("| A | B |\n|---|---|\n| 1 | 2 |\n"),
        page("Journal of Nothing 2024", perfect()),
        perfect().replace(". It did", ".\n\nIt did"),
        perfect().replace(f"{FIRST}\n\n", f"{FIRST} "),
        perfect().replace("# ", "## **").replace("things\n", "things**\n"),
        "```markdown\n" + perfect() + "\n```",
        perfect().replace("\n\n", "\n"),
    ],
    ids=["plain", "pipes", "header", "cut", "merged", "emphasis", "fence", "single breaks"],
)
@RULES
def test_a_page_read_well(rules: Callable[..., PageScore], truth: dict[str, Any], answer: str) -> None:
    score = rules(truth, answer).compared(lambda reference, hypothesis: 1.0)
    values = score.values()
    assert values.pop("table_edit") < 0.5  # pipes bring spans of 1 along
    # v1.6's evaluator looks for tables in the order too, and never finds the first one of an answer
    assert values == {
        "text_edit": 0.0,
        "formula_edit": 0.0,
        "order_edit": 0.0 if rules is score_page else 0.2,
        "table_teds": 1.0,
        "table_teds_s": 1.0,
        "table_teds_canonical": 1.0,
        "formula_cdm": 1.0,
    }
    assert summarize([score])["overall"] == pytest.approx(100.0)


def test_blocks_to_be_ignored_and_parts_of_three(truth: dict[str, Any]) -> None:
    truth["layout_dets"].append(detection(8, "text_block", 7, text="Unreadable", ignore=True))
    assert score_page(truth, perfect()).counts()["text_edit"].numerator == len("Unreadable")
    assert score_page_v1_6(truth, perfect()).counts()["text_edit"].numerator == 0
    truth["layout_dets"].pop()
    truth["extra"]["relation"].append({"source_anno_id": 2, "target_anno_id": 3, "relation_type": "truncated"})
    truth["layout_dets"][1]["text"] = "Before it. "
    whole = perfect().replace(FIRST + "\n\n", "Before it. ")
    assert score_page(truth, whole).counts()["text_edit"].numerator == len(
        normal_text("Another paragraph which the page")
    )
    assert score_page_v1_6(truth, whole).counts()["text_edit"].numerator == 0


def test_v1_6_scores_a_formula_given_as_text_as_missing(truth: dict[str, Any]) -> None:
    answer = page("# Introduction to things", FIRST, SECOND, "E = mc2 + α", TABLE)
    score = score_page_v1_6(truth, answer).compared(exact)
    assert [element.kind for element in score.elements].count("formula") == 1
    assert score.values()["formula_cdm"] == 0.0


def test_v1_6_matches_lines_and_puts_formulas_and_tables_in_order(truth: dict[str, Any]) -> None:
    truth["layout_dets"][4]["latex"] = r"\begin{aligned} a &= b + c \\ d &= e \end{aligned}"
    score = score_page_v1_6(truth, perfect().replace(FORMULA, "d = e").replace("## ", "# "))
    formulas = [element for element in score.elements if element.kind == "formula"]
    assert sorted(element.edits.numerator for element in formulas) == [0, len("a=b+c")]
    assert score.order is not None
    assert score.order.denominator == 6  # a title, two paragraphs, two lines, a table


def test_a_span_that_is_no_number_costs_the_table(truth: dict[str, Any]) -> None:
    broken = TABLE.replace("<td>A", '<td colspan="two">A')
    assert score_page(truth, perfect(broken)).values()["table_teds"] == 0.0


def test_an_empty_answer(truth: dict[str, Any]) -> None:
    score = score_page(truth, "")
    letters = len("Introductiontothings") + len(normal_text(FIRST)) + len(normal_text(SECOND))
    assert score.counts()["text_edit"] == Counts(letters, letters)
    assert score.counts()["order_edit"] == Counts(3, 3)
    assert score.values()["table_teds"] == 0.0
    assert "formula_cdm" not in score.values()
    assert summarize([score]) == score.values() | {"overall_by_edit": 0.0}


def test_what_is_lost_wrong_or_out_of_place_costs(truth: dict[str, Any]) -> None:
    whole = score_page(truth, perfect())
    lost = score_page(truth, perfect().replace(SECOND, ""))
    assert lost.counts()["text_edit"].numerator == len(normal_text(SECOND))
    assert lost.counts()["order_edit"] == Counts(1, 3)
    wrong = score_page(truth, perfect().replace("lazy", "lady"))
    assert wrong.counts()["text_edit"].numerator == 1
    swapped = score_page(truth, page(SECOND, FIRST, "# Introduction to things"))
    assert swapped.counts()["order_edit"].numerator == 2
    assert swapped.counts()["text_edit"] == whole.counts()["text_edit"]
    noise = score_page(truth, page(perfect(), "Something else altogether that is written nowhere"))
    assert noise.counts()["text_edit"] == whole.counts()["text_edit"]  # the protocol does not punish it


def test_cdm_sees_bare_latex_and_only_what_was_matched(truth: dict[str, Any]) -> None:
    seen: list[tuple[str, str]] = []

    def cdm(reference: str, hypothesis: str) -> float:
        seen.append((reference, hypothesis))
        return 0.5

    assert score_page(truth, perfect()).compared(cdm).values()["formula_cdm"] == 0.5
    assert seen == [(FORMULA, rf"\[ {FORMULA} \]")]
    assert score_page(truth, FIRST).compared(cdm).values()["formula_cdm"] == 0.0
    assert len(seen) == 1


def test_a_formula_given_as_text_is_scored_as_text(truth: dict[str, Any]) -> None:
    score = score_page(truth, page("# Introduction to things", FIRST, SECOND, "E = mc2 + α", TABLE)).compared(exact)
    assert "formula_edit" not in score.values()
    assert [element.kind for element in score.elements].count("text") == 4


def test_tables_are_matched_by_what_is_in_them(truth: dict[str, Any]) -> None:
    other = TABLE.replace("A", "Something").replace("1", "else")
    truth["layout_dets"].append(detection(10, "table", 9, html=other))
    score = score_page(truth, page(other, TABLE))
    assert score.values()["table_teds"] == 1.0
    attributes = [element.attributes for element in score.elements if element.kind == "table"]
    assert attributes == [({"line": "full_line"},), ({},)]
    latex = r"\begin{tabular}{cc} A & B \\ 1 & 2 \end{tabular}"
    assert "table_teds" not in score_page(truth, latex).values()  # the LaTeX of no table is known
    truth["layout_dets"][5]["latex"] = latex
    assert score_page(truth, latex).values()["table_teds"] == 0.0


def test_pages_add_up_and_slice(truth: dict[str, Any]) -> None:
    good, bad = score_page(truth, perfect()).compared(exact), score_page(truth, "").compared(exact)
    truth["page_info"]["page_attribute"] = {"language": "korean"}
    third = score_page(truth, perfect()).compared(exact)
    assert summarize([good, bad])["text_edit"] == 0.5
    assert summarize([good, bad])["overall"] == pytest.approx(100 * (0.5 + 0.5 + good.values()["formula_cdm"] / 2) / 3)
    slices = slice_pages([good, bad, third])
    assert list(slices) == ["language: english", "language: korean", "watermark"]
    assert slices["language: korean"]["text_edit"] == 0.0
    elements = slice_elements([good, bad])
    assert elements["line: full_line"]["table_teds"] == 0.5
    assert elements["text_language: text_english"] == {"text_edit": 0.5}


def test_a_page_without_anything() -> None:
    score = score_page({"layout_dets": []}, "text")
    assert score == PageScore((), None, {})
    assert score.values() == {}
    assert summarize([]) == {}


def test_markdown_is_cut_into_elements() -> None:
    text = page("![x](y.png)Text with $a^2$ in it.", TABLE, r"\[x=1\]", "after", "```python\nprint()\n```")
    kinds = [(element.kind, element.fine, element.content) for element in read_markdown(text)]
    assert kinds == [
        ("text_all", "text_block", "Text with $a^2$ in it."),
        ("equation_isolated", "equation_inline", r"\[a^2\]"),
        ("html_table", "", TABLE),
        ("equation_isolated", "", r"\[x=1\]"),
        ("text_all", "text_block", "after"),
        ("text_all", "text_block", "```python\nprint()"),  # its fence is gone before code is looked for
    ]
    nested = TABLE.replace("A", TABLE)
    tables = [element for element in read_markdown(f"<table>never closed {nested}") if element.kind == "html_table"]
    assert [table.content for table in tables] == [nested]
    array = r"$$\begin{array}{l} a=1 \\ b=2 \end{array}$$"
    lines = split_arrays(read_markdown(array))
    assert [element.content for element in lines] == [r"\[a=1\]", r"\[b=2\]"]
    matrix = array.replace("{l}", "{cc}")
    assert len(split_arrays(read_markdown(matrix))) == 1


def test_normal_forms() -> None:
    assert normal_text("Über 3,5 % — 한글 $x^2$ \\(\\alpha_1\\)") == "Über35한글x2α_1"
    assert normal_formula(r"\[ \mathbf{X} = \frac{a}{b}, \quad \tag{3} \]") == r"{x}=\frac{a}{b},"
    head, body = "<thead><tr><th>Ａ<sup>2</sup></th></tr></thead>", "<tbody><tr><td>&lt;</td></tr></tbody>"
    written = f"<table border=1>{head}\n{body}</table>"
    assert normal_table(written) == (
        '<html><body><table border="1" ><tr><td>A2</td></tr><tr><td><</td></tr></table></body></html>'
    )
    assert normal_table("none") == ""


def test_matching() -> None:
    assert match(["abcdefgh", "stuvwxyz"], ["stuvwxyz", "abcdefgh"]) == [Match((0,), (1,)), Match((1,), (0,))]
    cut = match(["abcdefghijkl", "stuvwxyz"], ["abcdef", "ghijkl", "stuvwxyz"])
    assert cut == [Match((0,), (0, 1)), Match((1,), (2,))]
    merged = match(["abcdefghijkl", "stuvwxyz"], ["abcdefghijklstuvwxyz", "0123456789"])
    assert merged == [Match((0, 1), (0,))]
    assert match(["abc"], []) == [Match((0,), ())]
    assert match([], ["abc"]) == []


@pytest.mark.parametrize(
    ("text", "part", "found"),
    [("abcdefgh", "cde", True), ("abcdefgh", "cxe", True), ("abcdefgh", "xyz", False), ("ab", "abc", False)],
)
def test_part_of_a_text(text: str, part: str, found: bool) -> None:
    assert holds(text, part, 0.4, strict=True) is found


def test_every_block_is_in_one_match(rng_texts: Callable[[int], tuple[list[str], list[str]]]) -> None:
    for seed in range(60):
        blocks, pieces = rng_texts(seed)
        found = match(blocks, pieces)
        assert sorted(block for one in found for block in one.blocks) == list(range(len(blocks)))


@pytest.fixture
def rng_texts() -> Callable[[int], tuple[list[str], list[str]]]:
    import random

    def make(seed: int) -> tuple[list[str], list[str]]:
        chance = random.Random(seed)
        blocks = ["".join(chance.choices("abcdef", k=chance.randint(1, 30))) for _ in range(chance.randint(1, 7))]
        pieces: list[str] = []
        for block in blocks:
            cut = chance.randint(1, len(block))
            pieces += [part for part in (block[:cut], block[cut:]) if part and chance.random() < 0.8]
        return blocks, pieces

    return make


@pytest.mark.parametrize(
    "latex", ["x^2 + y\\", r"\frac{1}", "\\begin{cases}a\\(公式", r"\begin{aligned}\(\(\begin{cases}a"]
)
def test_broken_latex_is_given_up_soon(latex: str) -> None:
    shown = latex_to_text(latex)  # of a backslash at the end the library would never come back
    assert shown is None or isinstance(shown, str)
    assert latex_to_text("x^2 + y\\") is None
    assert latex_to_text(r"\alpha^2") == "α^2"


@pytest.mark.parametrize(
    ("paragraphs", "order"),
    [
        (("One", "Two", "Three", "$$xy$$", "Four"), ["One", "Two", "Three", "Four", r"\[xy\]"]),
        (("$$ab$$", "One", "Two", "$$xy$$", "Four"), [r"\[ab\]", "One", "Two", r"\[xy\]", "Four"]),
    ],
)
def test_of_pieces_that_begin_together_the_kind_that_begins_the_page_is_first(
    paragraphs: tuple[str, ...], order: list[str]
) -> None:
    answer = read_markdown(page(*paragraphs))
    assert len({piece.start for piece in answer}) == len(answer) - 1, "blank lines do not count before a paragraph"
    pieces = in_matching_order(kind_by_kind(answer, (TEXT, "equation_isolated")))
    assert [piece.content for piece in pieces] == order

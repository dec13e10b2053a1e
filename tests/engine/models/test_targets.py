"""What a model is trained to answer is read back as what it was made from; what is not known is refused."""

from __future__ import annotations

import pytest

from ocr_project.domain.options import DialectName
from ocr_project.domain.types import PageFacts, Task, TextFormat
from ocr_project.engine.models.dialects import Dialect, NoTarget, dialect_of
from ocr_project.engine.models.dialects.otsl import html_to_otsl, otsl_to_html, plain_html

FACTS = PageFacts("ko")
NAMES = [name for name in DialectName if name is not DialectName.AUTO]
# (dialect, task, whole page): their makers do not say how these are written
UNKNOWN = {
    (DialectName.GLM_OCR, Task.FORMULA, False),
    (DialectName.PADDLEOCR_VL, Task.TEXT, True),
    (DialectName.OLMOCR, Task.TABLE, False),
    (DialectName.OLMOCR, Task.FORMULA, False),
    (DialectName.OLMOCR_QWEN3_VL, Task.TABLE, False),
    (DialectName.OLMOCR_QWEN3_VL, Task.FORMULA, False),
}
KNOWN = [
    (name, task, page)
    for name in NAMES
    for task, page in ((Task.TEXT, False), (Task.TEXT, True), (Task.TABLE, False), (Task.FORMULA, False))
    if (name, task, page) not in UNKNOWN
]

PROSE = [
    "",
    "가",
    "  제1조(목적)\n이 법은 …을 목적으로 한다.\n\n  들여쓰기\n",
    "Уголовный кодекс — ст. 1, п. «б»",
    "- 3 -",
    "---",
    "---\nprimary_language: ko\n---\nnot front matter",
    "a < b & c > d; &lt; &amp; <b>no markup</b>",
    "before\n```\ncode\n```\nafter",
    "|a|b|\n|-|-|\n|1|2|",
    "<fcel>no table<nl>",
    "$x$ and $$y$$ \\[z\\]",
    "\u200b\u00a0zero width, no break\u00a0",
    "e\u0301 and \u1112\u1161\u11ab",  # decomposed: nothing is normalised on the way
    "![a chart](other.png) [link](page_1_2_3_4.png)",
]
FENCED = ["```\nall of it is code\n```", "~~~\nand this"]
TABLES = [
    "<table><tr><td>a</td><td>b</td></tr></table>",
    '<table><tr><td rowspan="2" colspan="2">a</td><td>b</td></tr><tr><td>c</td></tr></table>',
    '<table><tr><td colspan="3">wide</td></tr><tr><td>1</td><td></td><td>3</td></tr></table>',
    '<table><tr><td rowspan="2">a</td><td rowspan="2">b</td></tr><tr></tr><tr><td>c</td><td>d</td></tr></table>',
    "<table><tr><td>1 &lt; 2 &amp; 3 &quot;q&quot;</td></tr></table>",
    "<table><tr><td>합계</td></tr><tr><td>1</td><td>2</td><td>3</td></tr></table>",  # ragged
]
OTSL_ONLY = [
    "<table>\n <thead><tr><th>h</th>\n<th>i<br>j</th></tr></thead>\n <tr><td> a  b\nc </td><td><b>d</b></td></tr>",
    '<TABLE border="1"><TR><TD ROWSPAN=9>tall<TD COLSPAN="2">wide<TR><TD>x<TD>y</TABLE>',
    "<table><tr><td>a</td></tr><tr></tr><tr><td>b</td></tr></table>",
    '<table><tr><td rowspan="0" colspan="abc">a</td></tr></table>',
]
FORMULAS = ["x", "E = mc^2", "\\frac{a}{b} \\tag{1}", "\\begin{aligned} a &= b \\\\ c &= d \\end{aligned}", "50\\$"]


def dialect(name: DialectName) -> Dialect:
    return dialect_of("x", name)


@pytest.mark.parametrize(("name", "task", "page"), KNOWN)
def test_a_target_is_read_back_as_what_it_was_made_from(name: DialectName, task: Task, page: bool) -> None:
    samples = {Task.TEXT: PROSE, Task.TABLE: TABLES, Task.FORMULA: FORMULAS}[task]
    for sample in samples:
        target = dialect(name).target_for(sample, task, page=page, facts=FACTS)
        read = dialect(name).read(target, task, page=page)
        if task is Task.TABLE and name is DialectName.PADDLEOCR_VL:
            assert (read.text, read.format) == (plain_html(sample), TextFormat.HTML)
        else:
            assert read.text == sample.strip()
            assert read.format is {Task.TABLE: TextFormat.HTML, Task.FORMULA: TextFormat.LATEX}.get(task, read.format)


@pytest.mark.parametrize(("name", "task", "page"), sorted(UNKNOWN))
def test_a_form_that_is_not_published_is_refused_and_not_guessed(name: DialectName, task: Task, page: bool) -> None:
    with pytest.raises(NoTarget, match="not published"):
        dialect(name).target_for(TABLES[0] if task is Task.TABLE else "x", task, page=page, facts=FACTS)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("text", FENCED)
def test_a_text_that_would_lose_its_fence_is_refused_unless_something_stands_before_it(
    name: DialectName, text: str
) -> None:
    if name in (DialectName.OLMOCR, DialectName.OLMOCR_QWEN3_VL):
        target = dialect(name).target_for(text, Task.TEXT, page=True, facts=FACTS)
        assert dialect(name).read(target, Task.TEXT, page=True).text == text
    else:
        with pytest.raises(NoTarget, match="as something else"):
            dialect(name).target_for(text, Task.TEXT)


@pytest.mark.parametrize(("given", "bare"), [("$$x$$", "x"), ("\\(x\\)", "x"), (" $x$ ", "x"), ("\\[ x \\]", "x")])
def test_delimiters_of_a_formula_are_those_of_the_dialect(given: str, bare: str) -> None:
    assert dialect(DialectName.CHAT).target_for(given, Task.FORMULA) == bare
    assert dialect(DialectName.PADDLEOCR_VL).target_for(given, Task.FORMULA) == f"\\[{bare}\\]"


@pytest.mark.parametrize("formula", ["", "a \\] b \\[ c"])
def test_a_formula_that_its_delimiters_would_break_is_refused(formula: str) -> None:
    with pytest.raises(NoTarget):
        dialect(DialectName.PADDLEOCR_VL).target_for(formula, Task.FORMULA)


def test_olmocr_is_trained_as_its_makers_train_it() -> None:
    facts = PageFacts(None, rotation_valid=False, rotation=270, table=True)
    target = dialect(DialectName.OLMOCR).target_for("# 제목\n\n본문\n", Task.TEXT, page=True, facts=facts)
    assert target == (
        "---\nprimary_language: None\nis_rotation_valid: False\nrotation_correction: 270\nis_table: True\n"
        "is_diagram: False\n---\n# 제목\n\n본문"
    )
    empty = dialect(DialectName.OLMOCR).target_for(" \n", Task.TEXT, page=True, facts=FACTS)
    assert empty.endswith("is_diagram: False\n---")
    with pytest.raises(NoTarget, match="facts"):
        dialect(DialectName.OLMOCR).target_for("x", Task.TEXT, page=True)


def test_olmocrs_pictures_are_trained_and_not_read() -> None:
    text = "above\n![a chart](page_1_2_30_40.png)\nbelow"
    target = dialect(DialectName.OLMOCR).target_for(text, Task.TEXT, page=True, facts=FACTS)
    assert target.endswith(text)
    assert dialect(DialectName.OLMOCR).read(target, Task.TEXT, page=True).text == "above\nbelow"


@pytest.mark.parametrize(
    ("html", "otsl"),
    [
        (TABLES[0], "<fcel>a<fcel>b<nl>"),
        (TABLES[1], "<fcel>a<lcel><fcel>b<nl><ucel><xcel><fcel>c<nl>"),
        (TABLES[2], "<fcel>wide<lcel><lcel><nl><fcel>1<ecel><fcel>3<nl>"),
        (TABLES[3], "<fcel>a<fcel>b<nl><ucel><ucel><nl><fcel>c<fcel>d<nl>"),
        (TABLES[5], "<fcel>합계<ecel><ecel><nl><fcel>1<fcel>2<fcel>3<nl>"),
        (OTSL_ONLY[0], "<fcel>h<fcel>i j<nl><fcel>a b c<fcel>d<nl>"),
        (OTSL_ONLY[1], "<fcel>tall<fcel>wide<lcel><nl><ucel><fcel>x<fcel>y<nl>"),
        (OTSL_ONLY[2], "<fcel>a<nl><ecel><nl><fcel>b<nl>"),
        (OTSL_ONLY[3], "<fcel>a<nl>"),
    ],
)
def test_tables_become_otsl_and_html_again(html: str, otsl: str) -> None:
    assert html_to_otsl(html) == otsl
    assert otsl_to_html(otsl) == plain_html(html)
    assert plain_html(plain_html(html)) == plain_html(html)


@pytest.mark.parametrize(
    ("html", "why"),
    [
        ("", "not one table"),
        ("a | b", "not one table"),
        ("<table></table>", "0 rows"),
        (TABLES[0] * 2, "2 of them"),
        ("<table><tr><td>a<table><tr><td>b</td></tr></table></td></tr></table>", "2 of them"),
        ("<table><tr><td>x<sup>2</sup></td></tr></table>", "<sup>"),
        ("<table><tr><td><img src='a.png'></td></tr></table>", "<img>"),
        (
            '<table><tr><td>a</td><td rowspan="2">b</td></tr><tr><td colspan="2">over b</td></tr></table>',
            "overlap",
        ),
        ("<table><tr><td>says &lt;lcel&gt;</td></tr></table>", "as something else"),
    ],
)
def test_what_otsl_cannot_say_is_refused(html: str, why: str) -> None:
    with pytest.raises(NoTarget, match=why):
        dialect(DialectName.PADDLEOCR_VL).target_for(html, Task.TABLE)


@pytest.mark.parametrize("text", ["a b\n1 2", "|a|b|\n|-|-|", "before <table><tr><td>a</td></tr></table> after"])
def test_what_is_not_a_table_in_html_alone_is_refused(text: str) -> None:
    with pytest.raises(NoTarget):
        dialect(DialectName.GLM_OCR).target_for(text, Task.TABLE)

"""What may be shown of a model's Markdown, by its text."""

from __future__ import annotations

import json
import re
from io import BytesIO

import pytest

from ocr_project.domain.types import Transcript
from ocr_project.engine.exports.html_file import HtmlFile
from ocr_project.engine.exports.jsonl import ExportEntry, page_line
from ocr_project.engine.exports.markdown_files import page_block
from ocr_project.engine.publishing.screening import Screen
from ocr_project.engine.transcript.safe_markdown import safe_markdown
from ocr_project.testing.fakes import page

ALLOWED = re.compile(
    r'</?(?:table|thead|tbody|tfoot|tr|th|td|caption|br|sup|sub|b|i|u)(?: (?:rowspan|colspan)="\d+")*>'
)

KEPT = [
    "plain text, 1 < 2 and a > b",
    "# Title\n\n- item\n\n| a | b |\n| --- | --- |\n| 1 | 2<br>3 |",
    '<table>\n<tr><td rowspan="2">a</td><th>b</th></tr>\n</table>',
    "![picture](crops/0123456789abcdef_00001_003.png)",
    "$$\n\\frac{a}{b} < c\n$$",
    "text\n\n```html\n<script>alert(1)</script> [a](b)\n```\n\nmore",
    "~~~\n<b onclick=x>\n~~~",
    "see [1] and [주] 2024",
    "",
]

CHANGED = [
    ("<script>alert(1)</script>", "&lt;script>alert(1)&lt;/script>"),
    ("a <img src=x onerror=alert(1)> b", "a &lt;img src=x onerror=alert(1)> b"),
    ('<td onclick="x()" colspan=3 style="a">', '<td colspan="3">'),
    ("<TABLE background=http://evil/x.png>", "<table>"),
    ("[c](javascript:alert(1))", "[c\\](javascript:alert(1))"),
    ("![x](http://evil/x.png)", "![x\\](http://evil/x.png)"),
    ("![picture](crops/../../x.png)", "![picture\\](crops/../../x.png)"),
    ("[a][b]\n\n[b]: http://evil", "[a\\][b]\n\n[b\\]: http://evil"),
    ("[a]\n\n[a]: javascript:x", "[a]\n\n[a\\]: javascript:x"),
    ("<javascript:alert(1)>", "&lt;javascript:alert(1)>"),
    ("<!-- c --><?php ?><![CDATA[x]]>", "&lt;!-- c -->&lt;?php ?>&lt;![CDATA[x]]>"),
    ("\\<script>", "&lt;script>"),
    ("\\\\<script>", "\\\\&lt;script>"),
    ("\\[c](x)", "\\[c\\](x)"),
    ("[c\\\\](x)", "[c\\\\\\](x)"),
    ("<<script>script>", "<&lt;script>script>"),
    ("<table <script>>", "&lt;table &lt;script>>"),
    ("<tablex>", "&lt;tablex>"),
    ("$$\nx\n$$\n\n<script>x</script>\n$$", "$$\nx\n$$\n\n&lt;script>x&lt;/script>\n$$"),
    ("$a<b$ and $$a<b$$", "$a< b$ and $$a< b$$"),
    ("| [c](javascript:x) | ![x](http://e/x.png) |", "| [c\\](javascript:x) | ![x\\](http://e/x.png) |"),
    ("<table>\n```\n<script>x</script>\n```\n</table>", "<table>\n```\n&lt;script>x&lt;/script>\n```\n</table>"),
    ("```\n<script>", "```\n&lt;script>"),
]


# Where a renderer and we could disagree on what is code.
OUT_OF_STEP = [
    "```\nx\n```~\n\n```\n<script>\n```",
    "~~~ a`b\nx\n\n~~~\n<script>\n~~~",
    "   ```\nx\n\n```\n<script>\n```",
    "text\n```\nx\n\n```\n<script>\n```",
    "```\nx\n   ```\n<script>\n\n```",
    "```\rx\r```\r<script>\r\r```",
    "````\nx\n```\n````\n<script>\n\n```\n",
    "- ```\n  x\n\n```\nx\n```\n<script>",
]


@pytest.mark.parametrize("text", OUT_OF_STEP)
def test_a_fence_that_may_be_none_keeps_no_tag(text: str) -> None:
    assert "<script>" not in safe_markdown(text)


@pytest.mark.parametrize("text", KEPT)
def test_what_is_ours_stays(text: str) -> None:
    assert safe_markdown(text) == text


@pytest.mark.parametrize(("text", "safe"), CHANGED)
def test_what_runs_loads_or_leads_away_becomes_text(text: str, safe: str) -> None:
    assert safe_markdown(text) == safe
    assert safe_markdown(safe) == safe
    outside = re.sub(r"^(```).*?^\1", "", safe, flags=re.DOTALL | re.MULTILINE)
    assert not re.search(r"<[A-Za-z/!?]", ALLOWED.sub("", outside))
    assert not re.search(r"(?<!\\)\]\((?!crops/\w+\.png\))", outside)


def test_a_long_answer_takes_no_time() -> None:
    for text in ("<table " * 20_000, "$" * 50_001, "[" * 50_000 + "](", "```\n" * 20_000, "\\" * 100_000 + "<a"):
        assert len(safe_markdown(text)) < 2 * len(text) + 100


def test_all_that_leaves_the_project_is_safe() -> None:
    known, row = page(), Transcript("d_00001", "d", "d.pdf", "", 1, "x", "<script>x</script> [c](javascript:x)")
    safe = "&lt;script>x&lt;/script> [c\\](javascript:x)"
    assert page_block(row, "markdown/d.md", ()).decode() == f"<!-- page 1 -->\n\n{safe}\n\n"
    assert json.loads(page_line(known, [], row, ExportEntry("d", 0, ())))["markdown"] == safe
    assert Screen(()).page(known, [], [], row).transcript.markdown == safe


def test_what_is_in_doubt_on_a_page_stands_at_its_head_and_cannot_leave_its_comment() -> None:
    row = Transcript("d_00001", "d", "d.pdf", "", 1, "x", "body", reason="1 line is noise, as “--> <b>”: look")
    block = page_block(row, "markdown/d.md", ()).decode()
    assert (
        block == "<!-- page 1 -->\n<!-- look at this page: 1 line is noise, as “- -&gt; <b&gt;”: look -->\n\nbody\n\n"
    )
    stream = BytesIO()
    HtmlFile(stream, "html/d.html", "d").add(page(), [], row, ())
    assert "<em>look at this page: 1 line is noise, as “--&gt; &lt;b&gt;”: look</em>" in stream.getvalue().decode()

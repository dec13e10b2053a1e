"""What stands on a page: its Markdown cut into text, formulas and tables, OmniDocBench's way.

github.com/opendatalab/OmniDocBench, evaluator of v1.5, `md_tex_filter`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

TEXT, FORMULA, HTML_TABLE, LATEX_TABLE = "text_all", "equation_isolated", "html_table", "latex_table"
INLINE = "equation_inline"

_IMAGE = re.compile(r"!\[.*?\]\(.*?\)")
_FENCES = re.compile(r"^```(?:markdown|html|latex)\n?|```\n?$", re.MULTILINE)
_PAGE_TAGS = re.compile(r"</?(?:html|body)>")
_LONG_RUN = re.compile(r"_{4,}| {4,}")
_LATEX_TABLE = re.compile(r"\\begin{table}.*?\\end{table}", re.DOTALL)
_TABULAR = re.compile(r"\\(begin|end){tabular}")
_TABLE = re.compile(r"<(table)[^>]*>|</table>")
_MATH = re.compile(r"\$\$.*?\$\$|\\\[.*?\\\]|\$.*?\$|\\\(.*?\\\)", re.DOTALL)
_DOLLARS = re.compile(r"\$\$(.*?)\$\$|\$(.*?)\$|\\\((.*?)\\\)", re.DOTALL)
_PIPES = re.compile(r"\|\s*.*?\s*\|\n", re.DOTALL)
_CODE = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
_COMMANDS = re.compile(r"\\(?:title|text|section\*?)\s*\{\s*(.*?)\s*\}", re.DOTALL)
# Its reader of Markdown tables takes these lines for the rule below a head, cells with a colon too.
_RULE_LINE = re.compile(r":|---")
_ARRAY = re.compile(r"\\begin\{array\}\{(?P<spec>[^}]*)\}(?P<body>.*?)\\end\{array\}", re.DOTALL)
_ROW = "\ue000"  # a private character: it stands for a row of a Markdown table while tables are put together


@dataclass(frozen=True, slots=True)
class Element:
    """A piece of the answer.

    Attributes:
        kind: `text_all`, `equation_isolated`, `html_table` or `latex_table`.
        start: Where it begins: a number by which the pieces of a page are put in order.
        content: Its Markdown, LaTeX or HTML.
        fine: What it is more exactly (`equation_inline`, `text_block`, `code`); empty where that adds nothing.
    """

    kind: str
    start: int
    content: str
    fine: str = ""


def read_markdown(markdown: str) -> list[Element]:
    """Cut a page into its elements.

    Images go. Tables, displayed formulas and code are taken out and leave blanks behind; inline formulas are found,
    and stay in the text too. What is left is split into paragraphs at blank lines (at every line where there is no
    blank one).

    Returns:
        In the order in which they begin; paragraphs are numbered by the text before them without the blank lines, as
        the evaluator does.
    """
    content = _FENCES.sub("", _IMAGE.sub("", markdown))
    content = _PAGE_TAGS.sub("", _LONG_RUN.sub(lambda run: run.group()[:4], content))
    found: list[Element] = []
    for take in (_take_latex_tables, _take_html_tables, _take_formulas, _take_markdown_tables, _take_code):
        content, taken = take(content)
        found += taken
    found += _paragraphs(_COMMANDS.sub(r"\1", content))
    return sorted(found, key=lambda element: element.start)


def split_arrays(elements: list[Element]) -> list[Element]:
    """Make an element of every line of formulas that are arrays of one column."""
    parts: list[Element] = []
    for element in elements:
        array = _ARRAY.search(element.content) if element.kind == FORMULA else None
        if array is None or not is_one_column(array):
            parts.append(element)
            continue
        place = 0
        for line in array_lines(array):
            place = max(place, array.group("body").find(line, place))
            start = element.start + array.start("body") + place
            parts.append(replace(element, start=start, content=f"\\[{line}\\]"))
            place += len(line)
    return parts


def find_array(latex: str) -> re.Match[str] | None:
    """Find the first array of one column in a formula."""
    array = _ARRAY.search(latex)
    return array if array and is_one_column(array) else None


def is_one_column(array: re.Match[str]) -> bool:
    """Tell whether an array's columns are a single `l`, `c` or `r`."""
    return re.sub(r"@{[^}]*}|!{[^}]*}", "", re.sub(r"\s+|\|", "", array.group("spec"))) in ("l", "c", "r")


def array_lines(array: re.Match[str]) -> list[str]:
    """List the lines of an array that are not empty."""
    return [line.strip() for line in array.group("body").split("\\\\") if line.strip()]


def _cut(content: str, kind: str, pieces: Iterator[tuple[int, int]], fine: str = "") -> tuple[str, list[Element]]:
    """Take pieces out of a text and leave blanks of the same length."""
    taken: list[Element] = []
    for start, end in pieces:
        taken.append(Element(kind, start, content[start:end].strip(), fine))
        content = f"{content[:start]}{' ' * (end - start)}{content[end:]}"
    return content, taken


def _take_latex_tables(content: str) -> tuple[str, list[Element]]:
    content, tables = _cut(content, LATEX_TABLE, (table.span() for table in list(_LATEX_TABLE.finditer(content))))
    content, bare = _cut(content, LATEX_TABLE, iter(list(_outermost(content, _TABULAR, "begin"))))
    return content, tables + bare


def _take_html_tables(content: str) -> tuple[str, list[Element]]:
    return _cut(content, HTML_TABLE, iter(list(_outermost(content, _TABLE, "table"))))


def _outermost(content: str, tag: re.Pattern[str], opening: str, offset: int = 0) -> Iterator[tuple[int, int]]:
    """Find what stands between an opening tag and its own closing one; one that is never closed is passed over."""
    while True:
        open_tags: list[re.Match[str]] = []
        for found in tag.finditer(content, offset):
            if found.group(1) == opening:
                open_tags.append(found)
            elif open_tags:
                start = open_tags.pop().start()
                if not open_tags:
                    yield start, found.end()
        if not open_tags:
            return
        offset = open_tags[0].end()


def _take_formulas(content: str) -> tuple[str, list[Element]]:
    taken: list[Element] = []
    for formula in list(_MATH.finditer(content)):
        start, end = formula.span()
        line = formula.group().strip().replace("\n", " ")
        dollars = _DOLLARS.search(line)
        if dollars is None or dollars.group(1):
            line = _DOLLARS.sub(r"\\[\1\\]", line)
            taken.append(Element(FORMULA, start, line))
            content = f"{content[:start]}{' ' * (end - start)}{content[end:]}"
        else:
            line = _DOLLARS.sub(r"\\[\2\3\\]", line)
            taken.append(Element(FORMULA, start, line, INLINE))
    return content, taken


def _take_markdown_tables(content: str) -> tuple[str, list[Element]]:
    """Turn rows between pipes into tables, if there are two rows or more on the page.

    The line before a table is lost, and so are cells with a colon or three dashes: the evaluator looks for the rule
    below the head in them.
    """
    if len(_PIPES.findall(content + "\n")) < 2:
        return content, []
    rows: list[str] = []

    def mark(run: re.Match[str]) -> str:
        lines = [line.strip() for line in run.group().strip().split("\n")]
        rows.extend(_render_row(line) for line in [lines[0], *lines[2:]])
        return _ROW * len([lines[0], *lines[2:]]) + "\n"

    lines = _PIPES.sub(mark, content.replace("\r", "") + "\n").split("\n")
    waiting = iter(rows)
    parts: list[str] = []
    for place, line in enumerate(lines):
        if _ROW in line:
            table = [row for row in (next(waiting) for _ in range(line.count(_ROW))) if row]
            if place and _ROW in lines[place - 1]:
                parts[-1] += "".join(table)
                continue
            if parts:
                parts.pop()
            parts.append("\n\n" + _ROW + "".join(table))
        else:
            parts.append(line)
    text = "\n".join(f"{part}</table>\n\n" if _ROW in part else part for part in parts)
    text = text.replace(_ROW, '<table border="1" >')
    tables = [table.span() for table in re.finditer(r"<table.*?</table>", text, re.DOTALL)]
    return _cut(text, HTML_TABLE, iter(tables), "md2html_table")


def _render_row(line: str) -> str:
    cells = [cell.strip() for cell in line.split("|")[1:-1]]
    kept = [f'<td colspan="1" rowspan="1">{cell}</td>' for cell in cells if not _RULE_LINE.search(cell)]
    return f"<tr>{''.join(kept)}</tr>" if kept else ""


def _take_code(content: str) -> tuple[str, list[Element]]:
    blocks = list(_CODE.finditer(content))
    content, _ = _cut(content, TEXT, (block.span() for block in blocks))
    return content, [Element(TEXT, block.start(), block.group(2).strip(), "code") for block in blocks]


def _paragraphs(content: str) -> list[Element]:
    pieces = content.split("\n\n")
    if len(pieces) == 1:
        pieces = content.split("\n")
    found: list[Element] = []
    start = 0
    for piece in pieces:
        text = "\n".join(line.strip() for line in piece.strip().split("\n") if line.strip())
        if text.startswith("<table") and text.endswith("</table>"):
            found.append(Element(HTML_TABLE, start, text))
        elif text.startswith("$") and text.endswith("$"):
            if text.replace("$", "").strip():
                found.append(Element(FORMULA, start, text))
        elif text:
            found.append(Element(TEXT, start, text, "text_block"))
        start += len(piece)
    return found

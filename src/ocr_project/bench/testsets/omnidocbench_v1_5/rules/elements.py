"""What stands on a page: its Markdown cut into text, formulas and tables, OmniDocBench's way.

github.com/opendatalab/OmniDocBench, evaluator of v1.5, `md_tex_filter`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

TEXT, FORMULA, HTML_TABLE, LATEX_TABLE = "text_all", "equation_isolated", "html_table", "latex_table"
INLINE = "equation_inline"

IMAGE = re.compile(r"!\[.*?\]\(.*?\)")
FENCES = re.compile(r"^```(?:markdown|html|latex)\n?|```\n?$", re.MULTILINE)
PAGE_TAGS = re.compile(r"</?(?:html|body)>")
LONG_RUN = re.compile(r"_{4,}| {4,}")
_LATEX_TABLE = re.compile(r"\\begin{table}.*?\\end{table}", re.DOTALL)
_TABULAR = re.compile(r"\\(begin|end){tabular}")
_TABLE = re.compile(r"<(table)[^>]*>|</table>")
# After a table that is never closed the evaluator goes on so many characters behind its beginning.
_RESUMED = 16
MATH = re.compile(r"\$\$.*?\$\$|\\\[.*?\\\]|\$.*?\$|\\\(.*?\\\)", re.DOTALL)
DOLLARS = re.compile(r"\$\$(.*?)\$\$|\$(.*?)\$|\\\((.*?)\\\)", re.DOTALL)
_PIPES = re.compile(r"\|\s*.*?\s*\|\n", re.DOTALL)
_CODE = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
COMMANDS = (  # in this order: what is within another goes first
    re.compile(r"\\title\{(.*?)\}"),
    re.compile(r"\\title\s*\{\s*(.*?)\s*\}", re.DOTALL),
    re.compile(r"\\text\s*\{\s*(.*?)\s*\}", re.DOTALL),
    re.compile(r"\\section\*?\{(.*?)\}"),
    re.compile(r"\\section\*?\{\s*(.*?)\s*\}", re.DOTALL),
)
# Its reader of Markdown tables takes these lines for the rule below a head, cells with a colon too.
_RULE_LINE = re.compile(r":|---")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_BARE_TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)
_FRAME = re.compile(r"</?t(?:able|head|body)>")
_ARRAY = re.compile(r"\\begin\{array\}\{(?P<spec>[^}]*)\}(?P<body>.*?)\\end\{array\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Element:
    """A piece of the answer.

    Attributes:
        kind: `text_all`, `equation_isolated`, `html_table` or `latex_table`.
        start: Where it begins: a number by which the pieces of a page are put in order.
        content: Its Markdown, LaTeX or HTML.
        fine: What it is more exactly (`equation_inline`, `text_block`, `code`); empty where that adds nothing.
        end: Where it ends, as far as v1.6 asks for it.
    """

    kind: str
    start: int
    content: str
    fine: str = ""
    end: int = 0


def read_markdown(markdown: str) -> list[Element]:
    """Cut a page into its elements.

    Images go. Tables, displayed formulas and code are taken out and leave blanks behind; inline formulas are found,
    and stay in the text too. What is left is split into paragraphs at blank lines (at every line where there is no
    blank one).

    Returns:
        In the order in which they begin; paragraphs are numbered by the text before them without the blank lines, as
        the evaluator does.
    """
    content = strip_page(IMAGE.sub("", markdown))
    found: list[Element] = []
    for take in (take_latex_tables, take_html_tables, _take_formulas, take_markdown_tables, take_code):
        content, taken = take(content)
        found += taken
    found += _paragraphs(strip_commands(content))
    return sorted(found, key=lambda element: element.start)


def kind_by_kind(found: Sequence[Element], kinds: Collection[str]) -> list[Element]:
    """Put the pieces of some kinds one kind after another, the kind that a page begins with first.

    The evaluator keeps a list for each kind, made at its first piece, and joins them before it sorts by `start`, which
    keeps the order of what begins together: on a page that begins with text, text goes before formulas there.
    """
    first = list(dict.fromkeys(piece.kind for piece in found if piece.kind in kinds))
    return [piece for kind in first for piece in found if piece.kind == kind]


def in_matching_order(pieces: Sequence[Element]) -> list[Element]:
    """Put pieces in the order in which they are matched: as they begin, inline formulas last."""
    return sorted(pieces, key=lambda piece: (piece.fine == INLINE, piece.start))


def strip_commands(content: str) -> str:
    """Take the commands of titles and text away from around what they hold."""
    for command in COMMANDS:
        content = command.sub(r"\1", content)
    return content


def strip_page(markdown: str) -> str:
    """Take the fence around an answer, the tags of a page and long runs of blanks and underscores out."""
    return PAGE_TAGS.sub("", LONG_RUN.sub(lambda run: run.group()[:4], FENCES.sub("", markdown)))


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


def cut(content: str, kind: str, pieces: Iterator[tuple[int, int]], fine: str = "") -> tuple[str, list[Element]]:
    """Take pieces out of a text and leave blanks of the same length."""
    taken: list[Element] = []
    for start, end in pieces:
        taken.append(Element(kind, start, content[start:end].strip(), fine, end))
        content = f"{content[:start]}{' ' * (end - start)}{content[end:]}"
    return content, taken


def take_latex_tables(content: str) -> tuple[str, list[Element]]:
    """Take tables in LaTeX; the character after a tabular goes with it: the evaluator counts a backslash twice."""
    content, tables = cut(content, LATEX_TABLE, (table.span() for table in list(_LATEX_TABLE.finditer(content))))
    spans = [(start, min(end + 1, len(content))) for start, end in _outermost(content, _TABULAR, "begin")]
    content, bare = cut(content, LATEX_TABLE, iter(spans))
    return content, tables + bare


def take_html_tables(content: str) -> tuple[str, list[Element]]:
    """Take tables in HTML, those that stand within others with them."""
    return cut(content, HTML_TABLE, iter(list(_outermost(content, _TABLE, "table"))))


def _outermost(content: str, tag: re.Pattern[str], opening: str) -> Iterator[tuple[int, int]]:
    """Find what stands between an opening tag and its own closing one; one that is never closed is passed over."""
    offset = 0
    while True:
        open_tags: list[int] = []
        for found in tag.finditer(content, offset):
            if found.group(1) == opening:
                open_tags.append(found.start())
            elif open_tags:
                start = open_tags.pop()
                if not open_tags:
                    yield start, found.end()
        if not open_tags:
            return
        offset = open_tags[0] + _RESUMED


def _take_formulas(content: str) -> tuple[str, list[Element]]:
    taken: list[Element] = []
    for formula in list(MATH.finditer(content)):
        start, end = formula.span()
        line = formula.group().strip().replace("\n", " ")
        dollars = DOLLARS.search(line)
        if dollars is None or dollars.group(1):
            line = DOLLARS.sub(r"\\[\1\\]", line)
            taken.append(Element(FORMULA, start, line))
            content = f"{content[:start]}{' ' * (end - start)}{content[end:]}"
        else:
            line = DOLLARS.sub(r"\\[\2\3\\]", line)
            taken.append(Element(FORMULA, start, line, INLINE))
    return content, taken


def take_markdown_tables(content: str) -> tuple[str, list[Element]]:
    """Turn rows between pipes into tables, if there are two rows or more on the page.

    The line before a table is lost, and so are cells with a colon or three dashes: the evaluator looks for the rule
    below the head in them.
    """
    if len(_PIPES.findall(content + "\n")) < 2:
        return content, []
    text = content.replace("\r", "") + "\n"
    for run in _PIPES.findall(text):
        text = text.replace(run, _render_rows(run), 1)
    text = _join_tables(text.split("\n"))
    text = text.replace("<table>", '<table border="1" >').replace("<td>", '<td colspan="1" rowspan="1">')
    tables = [table.span() for table in re.finditer(r"<table.*?</table>", text, re.DOTALL)]
    return cut(text, HTML_TABLE, iter(tables), "md2html_table")


def _render_rows(run: str) -> str:
    """Make a table of what stands between pipes: mostly a row, and the second line of several is none."""
    lines = [line.strip() for line in run.strip().split("\n")]
    rows = ["<table>", "  <thead>", *_row(lines[0], "th", "    "), "  </thead>", "  <tbody>"]
    for line in lines[2:]:
        rows += _row(line, "td", "    ")
    return "\n".join([*rows, "  </tbody>", "</table>", ""])


def _row(line: str, cell: str, indent: str) -> list[str]:
    cells = [f"{indent}  <{cell}>{text.strip()}</{cell}>" for text in line.split("|")[1:-1]]
    return [f"{indent}<tr>", *cells, f"{indent}</tr>"]


def _join_tables(lines: Sequence[str]) -> str:
    """Make one table of tables that follow each other, and lose the line before them."""
    parts: list[str] = []
    block, within, last = "", False, ""
    for line in lines:
        if "<table>" in line:
            within = True
            block += last
        elif within:
            if not _RULE_LINE.search(last) and "</thead>" not in last:
                block += f"\n{last}"
            if "</table>" in last:
                within = False
                parts.append(_merged(block))
                block = ""
        else:
            parts.append(last)
        last = line
    if last:
        parts.append(_merged(f"{block}\n{last}") if within or "</table>" in last else last)
    return "\n".join(parts)


def _merged(block: str) -> str:
    """Put the rows of tables into one; a row without cells alone in its table is none."""
    rows: list[str] = []
    for table in _BARE_TABLE.findall(_COMMENT.sub("", block)):
        lines = [_as_cell(line) for line in table.split("\n")]
        kept = [line for line in lines if not _FRAME.search(line)]
        rows += kept if len(kept) > 2 else []
    body = "\n".join(rows)
    return f"\n\n<table>\n{body}\n</table>\n\n"


def _as_cell(line: str) -> str:
    return line.replace("<th>", "<td>").replace("</th>", "</td>") if "<th>" in line else line


def take_code(content: str) -> tuple[str, list[Element]]:
    """Take blocks of code that name their language."""
    blocks = list(_CODE.finditer(content))
    content, _ = cut(content, TEXT, (block.span() for block in blocks))
    return content, [Element(TEXT, block.start(), block.group(2).strip(), "code", block.end()) for block in blocks]


def paragraphs(content: str) -> Iterator[tuple[int, int, str]]:
    """Yield place, end and text of what is left between blank lines (of every line where there is no blank one)."""
    pieces = content.split("\n\n")
    if len(pieces) == 1:
        pieces = content.split("\n")
    start = 0
    for piece in pieces:
        yield start, start + len(piece), "\n".join(line.strip() for line in piece.split("\n") if line.strip())
        start += len(piece)


def _paragraphs(content: str) -> Iterator[Element]:
    for start, end, text in paragraphs(content):
        if text.startswith("<table") and text.endswith("</table>"):
            yield Element(HTML_TABLE, start, text, end=end)
        elif text.startswith("$") and text.endswith("$"):
            if text.replace("$", "").strip():
                yield Element(FORMULA, start, text, end=end)
        elif text:
            yield Element(TEXT, start, text, "text_block", end)

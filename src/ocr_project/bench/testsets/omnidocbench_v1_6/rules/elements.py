"""The Markdown of a page cut into pieces, v1.6's way: numbers and captions of formulas go their own way."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ocr_project.bench.testsets.omnidocbench_v1_5.rules import elements as cutting
from ocr_project.bench.testsets.omnidocbench_v1_5.rules.elements import FORMULA, INLINE, TEXT, Element
from ocr_project.bench.testsets.omnidocbench_v1_6.rules.formula_like import (
    as_formula,
    holds_caption,
    is_compound,
    is_formula_like,
    is_label,
    looks_like_arithmetic,
    plain,
)

RESCUE = "formula_rescue"  # what might be a formula, and is a candidate for formulas alone
CAPTION = "equation_caption"

_IMAGE = re.compile(r"!\[(.*?)\]\((.*?)\)")
_ARROWS = (r"\xrightarrow", r"\longrightarrow")
_ENVELOPES = ((r"\[", r"\]"), (r"\(", r"\)"), ("$$", "$$"), ("$", "$"))
_SPACE = r"(?:\\qquad|\\quad|\\enspace|\\,|\\;|\\:)\s*"
_NUMBER = r"[0-9IVXivx]+"
_LEADING = re.compile(rf"^\s*(?P<number>\\left\(\s*{_NUMBER}\s*\\right\)|\(\s*{_NUMBER}\s*\))\s*(?:{_SPACE})*")
_TRAILING = [
    re.compile(rf"{_SPACE}(?P<caption>\\text\s*\{{[^{{}}]*\}}\.?)\s*$"),
    re.compile(rf"{_SPACE}(?P<caption>\([^)]*[A-Za-z][^)]*\)\.?)\s*$"),
]
_SPACES_AT_END = re.compile(rf"(?:{_SPACE})+$")
_GAP = re.compile(r"\s*(?:\\qquad|\\quad)\s*")
_FRAGMENT = re.compile(r"^<(div|dir)\b", re.IGNORECASE)
_INLINE_TAGS = ["span", "font", "b", "strong", "i", "em", "u", "a", "sup", "sub"]
_SPOKEN = (*("the image ", "the figure ", "the diagram ", "diagram:", "[diagram:", "[image:", "qr code "),)
_BLANK_LINE = re.compile(r"(\n\s*\n)")
_SHORTEST_SPOKEN = 24


def read_markdown(markdown: str) -> list[Element]:
    """Cut a page into its elements: v1.5's, with formulas rescued from text, tables and captions of images.

    Returns:
        In the order in which they begin. Short inline formulas that are labels (`$x_1$`) are none.
    """
    found = [
        piece
        for image in _IMAGE.finditer(markdown)
        for piece in _rescued(image.group(1), image.span(), "image_formula")
    ]
    content = cutting.strip_page(re.sub(cutting.IMAGE, lambda image: " " * len(image.group()), markdown))
    content = "".join(_unspoken(block) for block in _BLANK_LINE.split(content))
    content, tables = cutting.take_latex_tables(content)
    found += tables
    content, tables = cutting.take_html_tables(content)
    found += [piece for table in tables for piece in (table, *_formulas_of_cells(table))]
    content, formulas = _take_formulas(content)
    found += formulas
    content, tables = cutting.take_markdown_tables(content)
    found += [piece for table in tables for piece in (table, *_formulas_of_cells(table))]
    content, code = cutting.take_code(content)
    found += code
    for start, end, text in cutting.paragraphs(cutting.strip_commands(content)):
        text = _plain_fragment(text)
        if text:
            found.append(Element(TEXT, start, text, "text_block", end))
            found += _rescued(text, (start, end), "text_formula")
    return [piece for piece in sorted(found, key=lambda piece: piece.start) if not _is_dropped(piece)]


def _take_formulas(content: str) -> tuple[str, list[Element]]:
    taken: list[Element] = []
    for formula in list(cutting.MATH.finditer(content)):
        start, end = formula.span()
        line = formula.group().strip().replace("\n", " ")
        dollars = cutting.DOLLARS.search(line)
        if dollars is None or dollars.group(1):
            taken += _displayed(cutting.DOLLARS.sub(r"\\[\1\\]", line), (start, end), "")
            content = f"{content[:start]}{' ' * (end - start)}{content[end:]}"
        else:
            taken += _displayed(cutting.DOLLARS.sub(r"\\[\2\3\\]", line), (start, end), INLINE)
    return content, taken


def _displayed(line: str, span: tuple[int, int], fine: str) -> Iterator[Element]:
    """Yield a formula, or the several that stand in one line, and what is said at its sides."""
    captions: list[Element] = []
    if _has_margin(line):
        line, captions = _without_margin(line, span)
    left, right, inner = _open(line)
    parts = [part.strip() for part in _GAP.split(inner) if part.strip()]
    if len(parts) > 1 and all(is_compound(part) for part in parts):
        step = max(max(span[1] - span[0], len(parts)) // len(parts), 1)
        for number, part in enumerate(parts):
            start = span[0] + number * step
            end = span[1] if number == len(parts) - 1 else min(span[1], start + step)
            yield Element(FORMULA, start, _close(part, left, right), fine, end)
    else:
        yield Element(FORMULA, span[0], line, fine, span[1])
    yield from captions


def _has_margin(line: str) -> bool:
    inner = _open(line)[2]
    if _LEADING.match(inner):
        return True
    return any((found := at_end.search(inner)) and holds_caption(found.group("caption")) for at_end in _TRAILING)


def _without_margin(line: str, span: tuple[int, int]) -> tuple[str, list[Element]]:
    """Take the number before a formula and captions behind it away."""
    left, right, inner = _open(line)
    captions: list[Element] = []
    leading = _LEADING.match(inner)
    if leading:
        number = leading.group("number").strip()
        captions += _caption(number, span[0], min(span[1], span[0] + len(number)))
        inner = inner[leading.end() :].strip()
    while found := next(_captions_behind(inner), None):
        caption = found.group("caption").strip()
        captions += _caption(caption, max(span[0], span[1] - len(caption)), span[1])
        inner = inner[: found.start()].rstrip()
    inner = _SPACES_AT_END.sub("", inner).strip()
    return (_close(inner, left, right), captions) if inner else (" ".join(line.split()), [])


def _captions_behind(inner: str) -> Iterator[re.Match[str]]:
    for at_end in _TRAILING:
        found = at_end.search(inner)
        if found and holds_caption(found.group("caption").strip()):
            yield found


def _caption(text: str, start: int, end: int) -> list[Element]:
    shown = plain(text)
    return [Element(TEXT, start, shown, CAPTION, end)] if shown else []


def _open(line: str) -> tuple[str, str, str]:
    """Take a formula out of its delimiters."""
    text = " ".join(line.split())
    for left, right in _ENVELOPES:
        if text.startswith(left) and text.endswith(right) and len(text) >= len(left) + len(right):
            return left, right, text[len(left) : len(text) - len(right)].strip()
    return "", "", text


def _close(inner: str, left: str, right: str) -> str:
    return f"{left} {inner} {right}" if left and right else inner


def _rescued(text: str, span: tuple[int, int], fine: str) -> list[Element]:
    """Return what might be a formula in unmarked text; with a long arrow it is matched like any other."""
    text = text.strip()
    formula = as_formula(text) if is_formula_like(text) else ""
    if not formula:
        return []
    kind = FORMULA if any(arrow in formula for arrow in _ARROWS) else RESCUE
    return [Element(kind, span[0], formula, fine, span[1])]


def _formulas_of_cells(table: Element) -> Iterator[Element]:
    from bs4 import BeautifulSoup

    start = table.start
    for cell in BeautifulSoup(table.content, "html.parser").find_all(["td", "th"]):
        text = " ".join(cell.get_text(separator=" ").split())
        formula = as_formula(text) if looks_like_arithmetic(text) else ""
        if formula:
            yield Element(FORMULA, start, formula, "table_formula_rescue", start + len(text))
            start += len(text) + 1


def _plain_fragment(text: str) -> str:
    """Take the tags out of a paragraph that is a `div`."""
    if "<table" in text.lower() or not _FRAGMENT.match(text):
        return text
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(text, "html.parser")
    for hidden in soup.find_all(["style", "script"]):
        hidden.decompose()
    for inline in soup.find_all(_INLINE_TAGS):
        inline.unwrap()
    for line_break in soup.find_all("br"):
        line_break.replace_with("\n")
    for block in soup.find_all(["div", "dir", "p", "li"]):
        if not block.contents or str(block.contents[-1]) != "\n":
            block.append("\n")
    lines = (line.strip() for line in soup.get_text(separator="").replace("\xa0", " ").split("\n"))
    return "\n".join(line for line in lines if line).strip() or text


def _unspoken(block: str) -> str:
    """Take the dollars out of a paragraph that describes an image."""
    text = " ".join(block.split()).lower()
    if len(text) < _SHORTEST_SPOKEN or not text.startswith(_SPOKEN):
        return block
    block = re.sub(r"\\\((.*?)\\\)", r"\1", block, flags=re.DOTALL)
    return re.sub(r"\$(.*?)\$", r"\1", block, flags=re.DOTALL)


def _is_dropped(piece: Element) -> bool:
    return piece.kind == FORMULA and piece.fine == INLINE and is_label(piece.content)

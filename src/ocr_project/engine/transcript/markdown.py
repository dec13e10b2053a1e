"""Regions and what was read in them to the Markdown (CommonMark and GitHub's tables) of a page."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ocr_project.domain.types import Label, TextFormat
from ocr_project.engine.models.dialects.html_table import parse_table
from ocr_project.engine.transcript.html_table import table_markdown
from ocr_project.engine.transcript.joining import Vocabulary, join
from ocr_project.engine.transcript.lines import Line, Reading, lines_of
from ocr_project.engine.transcript.paragraphs import paragraphs

_RUNNING = frozenset({Label.PAGE_HEADER, Label.PAGE_FOOTER, Label.PAGE_NUMBER})
_HEADINGS = {Label.TITLE: "# ", Label.SECTION_HEADER: "## "}
_PICTURES = frozenset({Label.PICTURE, Label.CHART})

_BULLET = re.compile(r"[-–—*·ㆍ∙•‣▪◦●]\s*(?=\S)")
_NUMBERED = re.compile(r"\d{1,3}[.)] ")
# What would mean something at the start of a line: headings, quotes, lists, rules, fences.
_AT_START = re.compile(r"(?:#{1,6}(?=\s|$)|>|[-+](?=\s|$)|[-=]{2,}\s*$|~{3})")
_LIKE_NUMBER = re.compile(r"(\d{1,9})([.)])(?=\s|$)")
# Anywhere: what is code, emphasis, a tag, a link or an escape; an underscore inside of a word means nothing.
_ANYWHERE = re.compile(r"([\\`*]|(?<!\w)_(?=\S)|(?<=\S)_(?!\w)|<(?=[A-Za-z/!?])|\[(?=[^\]]*\]\())")


def page_markdown(readings: Sequence[Reading], *, headers_and_footers: bool) -> str:
    """Write the Markdown of a page.

    Args:
        readings: In reading order.
        headers_and_footers: Keep running headers, footers and page numbers, where they stand.

    Returns:
        Blocks separated by blank lines, footnotes last; an empty string where nothing is to be shown.
    """
    vocabulary = Vocabulary(line for reading in readings for line in reading.recognition.text.splitlines())
    body: list[str] = []
    notes: list[str] = []
    for reading in readings:
        label = reading.region.label
        if label in _RUNNING and not headers_and_footers:
            continue
        (notes if label is Label.FOOTNOTE else body).extend(_blocks(reading, vocabulary))
    return _separate([*body, *notes])


def crop_name(page_id: str, index: int) -> str:
    """Return the file name of a picture's crop, as Markdown links to it under `crops/`."""
    return f"{page_id}_{index:03d}.png"


def escape(text: str) -> str:
    """Escape what Markdown would take for more than text, in one paragraph on one line."""
    text = _ANYWHERE.sub(r"\\\1", text)
    if numbered := _LIKE_NUMBER.match(text):
        return f"{numbered[1]}\\{text[numbered.end(1) :]}"
    return f"\\{text}" if _AT_START.match(text) else text


def _blocks(reading: Reading, vocabulary: Vocabulary) -> list[str]:
    """Write one region as blocks."""
    label, read = reading.region.label, reading.recognition
    if label in _PICTURES:
        return [f"![{label}](crops/{crop_name(reading.region.page_id, reading.region.index)})"]
    if not read.text.strip():
        return []
    if read.format is TextFormat.HTML:
        table = parse_table(read.text)
        return [table_markdown(table)] if table else _line_by_line(reading)
    if read.format is TextFormat.LATEX:
        return [f"$$\n{_bare_formula(read.text)}\n$$"]
    if read.format is TextFormat.MARKDOWN:
        return [read.text.strip()]
    return _text_blocks(label, reading, vocabulary)


def _text_blocks(label: Label, reading: Reading, vocabulary: Vocabulary) -> list[str]:
    lines = lines_of(reading)
    if label in _HEADINGS:
        return [_HEADINGS[label] + escape(_as_one(lines, vocabulary))]
    if label is Label.CAPTION:
        return [f"*{escape(_as_one(lines, vocabulary))}*"]
    if label is Label.CODE:
        fence = "`" * max(3, _longest_run(reading.recognition.text) + 1)
        return [f"{fence}\n{reading.recognition.text.strip(chr(10))}\n{fence}"]
    if label in (Label.TABLE, Label.DOCUMENT_INDEX):
        return _line_by_line(reading)
    in_list = label is Label.LIST_ITEM
    return [_paragraph(text, in_list=in_list) for text in paragraphs(lines, vocabulary)]


def _paragraph(text: str, *, in_list: bool) -> str:
    """Write a paragraph; one that begins with a bullet or number is an item of a list in any region."""
    if (bullet := _BULLET.match(text)) and bullet.end() > 1:
        return f"- {escape(text[bullet.end() :])}"
    if numbered := _NUMBERED.match(text):
        return numbered.group() + escape(text[numbered.end() :])
    if bullet and text[0] in "•‣▪◦●":
        return f"- {escape(text[bullet.end() :])}"
    return f"- {escape(text)}" if in_list else escape(text)


def _as_one(lines: Sequence[Line], vocabulary: Vocabulary) -> str:
    texts = [line.text for line in lines if line.text]
    whole = texts[0]
    for text in texts[1:]:
        whole = join(whole, text, vocabulary)
    return whole


def _line_by_line(reading: Reading) -> list[str]:
    """Keep the line ends: two spaces are Markdown's hard break."""
    return ["  \n".join(escape(line) for line in reading.lines)]


def _bare_formula(text: str) -> str:
    """Strip the delimiters that a model may have written itself."""
    text = text.strip()
    for start, end in (("$$", "$$"), ("\\[", "\\]"), ("$", "$")):
        if text.startswith(start) and text.endswith(end) and len(text) > len(start) + len(end):
            return text[len(start) : -len(end)].strip()
    return text


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


def _separate(blocks: Sequence[str]) -> str:
    """Join blocks by blank lines, items of one list by line ends."""
    text = ""
    for before, block in zip(["", *blocks], blocks, strict=False):
        together = _is_item(before) and _is_item(block)
        text += ("\n" if together else "\n\n" if text else "") + block
    return text


def _is_item(block: str) -> bool:
    return block.startswith("- ") or _NUMBERED.match(block) is not None

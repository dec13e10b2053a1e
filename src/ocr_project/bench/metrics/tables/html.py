"""HTML tables as trees, the way PubTabNet's scorer reads them (Zhong et al. 2020, arXiv 1911.10683).

Parsed by lxml because the official program does: how it repairs broken HTML is part of the score. The reader for
everything else is `engine/transcript/html_table.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from lxml import etree
from lxml import html as lxml_html

from ocr_project.bench.metrics.tables.tree import Tree, build_tree

# Markup within a cell is one token each, as wide as a character: it stands here as a private character.
_FIRST_PRIVATE = 0x100000
_TABLE_TAG = re.compile(r"<(/?)table\b[^>]*>", re.IGNORECASE)
_NUMBER = re.compile(r"\s*(\d{1,4})")

CellText = Callable[[etree._Element], str]


def parse_page(html: str) -> etree._Element | None:
    """Read a page, or a fragment, which is put into a page.

    Returns:
        The `html` element; None where there is nothing to read.
    """
    if not html.strip():
        return None
    parser = lxml_html.HTMLParser(remove_comments=True, remove_pis=True, encoding="utf-8", huge_tree=True)
    try:
        # Bytes: libxml2 stops at a NUL, and a surrogate cannot be encoded.
        return lxml_html.document_fromstring(html.replace("\0", "").encode("utf-8", "replace"), parser=parser)
    except etree.ParserError:
        return None


def parse_table_element(html: str) -> etree._Element | None:
    """Find the first table directly below the body of a page or fragment; None where there is none."""
    page = parse_page(html)
    tables = [] if page is None else page.xpath("body/table")
    return tables[0] if tables else None


def cut_tables(text: str) -> list[str]:
    """Cut the tables out of a text, those within others once more; what is never closed is left out.

    Returns:
        In the order in which they begin.
    """
    found: list[tuple[int, str]] = []
    starts: list[int] = []
    for tag in _TABLE_TAG.finditer(text):
        if not tag.group(1):
            starts.append(tag.start())
        elif starts:
            start = starts.pop()
            found.append((start, text[start : tag.end()]))
    return [table for _, table in sorted(found)]


def count_elements(table: etree._Element) -> int:
    """Count the elements within a table, those inside cells too: TEDS divides by the larger number of both sides."""
    return sum(1 for _ in table.iterdescendants(tag=etree.Element))


def table_tree(table: etree._Element, cell_text: CellText | None) -> Tree:
    """Turn a table into a tree whose leaves are its `td` cells; other elements are nodes without a text.

    Args:
        table: The element; not changed.
        cell_text: Reads a cell; None compares the structure only.
    """
    return build_tree(list(_postorder(table, cell_text)))


def read_tokens(tags: dict[str, str]) -> CellText:
    """Make a reader of cells that keeps the characters and the tags within, one token each.

    Args:
        tags: From tags to private characters; shared by both tables, so that equal tags are equal. Grows.
    """

    def read(cell: etree._Element) -> str:
        parts: list[str] = [cell.text or ""]
        for child in cell:
            _collect(child, parts, tags)
        return "".join(parts)

    return read


def _collect(node: etree._Element, parts: list[str], tags: dict[str, str]) -> None:
    parts.append(_private(f"<{node.tag}>", tags))
    parts.append(node.text or "")
    for child in node:
        _collect(child, parts, tags)
    if node.tag != "unk":
        parts.append(_private(f"</{node.tag}>", tags))
    if node.tag != "td":
        parts.append(node.tail or "")


def _private(tag: str, tags: dict[str, str]) -> str:
    return tags.setdefault(tag, chr(_FIRST_PRIVATE + len(tags)))


def _postorder(node: etree._Element, cell_text: CellText | None) -> Iterator[tuple[object, str | None, int]]:
    if node.tag == "td":
        label = ("td", span(node, "colspan"), span(node, "rowspan"))
        yield label, cell_text(node) if cell_text else None, 0
        return
    for child in node:
        yield from _postorder(child, cell_text)
    yield node.tag, None, len(node)


def span(cell: etree._Element, name: str) -> int:
    """Read `colspan` or `rowspan` as a browser does: 1 where it is missing or no number."""
    found = _NUMBER.match(cell.get(name) or "")
    return int(found.group(1)) if found else 1

"""NID, TEDS and MHS of Markdown pages, opendataloader-bench's definitions.

github.com/opendataloader-project/opendataloader-bench, src/evaluator_*.py at commit b4b95051. Markdown tables become
HTML tables first. NID descends from Upstage's DP-Bench; its TEDS differs from PubTabNet's: `th` is a cell, white space
in cells is one space, `thead` and `tbody` do not count, and all tables of a page are one tree.

A page without what is measured (no text, no table, no heading in the reference) has no score: NaN, which is not 0.
"""

from __future__ import annotations

import html
import math
import re

from lxml import etree
from rapidfuzz import fuzz

from ocr_project.bench.metrics.tables.html import count_elements, cut_tables, parse_table_element, table_tree
from ocr_project.bench.metrics.tables.markdown import tables_to_html
from ocr_project.bench.metrics.tables.tree import Tree, build_tree, tree_distance

_TABLE = re.compile(r"<table\b[^>]*>.*?</table>", re.IGNORECASE | re.DOTALL)
_HEADING = re.compile(r"#{1,6}\s+(.*)$")
_BREAK = re.compile(r"<br\s*/?>")
_GROUPS = re.compile(r"</?(?:thead|tbody)>")


def nid(reference_md: str, hypothesis_md: str, *, tables: bool = True) -> float:
    """Score the text and its order: the normalised indel similarity of both pages.

    Args:
        reference_md: A page in Markdown, tables as Markdown or HTML.
        hypothesis_md: The same of the answer.
        tables: False is NID-S: what stands in tables does not count.

    Returns:
        Between 0 and 1; NaN where the reference has no text.
    """
    reference, hypothesis = tables_to_html(reference_md), tables_to_html(hypothesis_md)
    if not reference.strip():
        return math.nan
    if not tables:
        reference, hypothesis = _TABLE.sub(" ", reference), _TABLE.sub(" ", hypothesis)
    return float(fuzz.ratio(_one_line(reference), _one_line(hypothesis))) / 100.0


def page_teds(reference_md: str, hypothesis_md: str, *, structure_only: bool = False) -> float:
    """Score all tables of a page as one tree.

    Returns:
        Between 0 and 1; 0 where the hypothesis has no table, NaN where the reference has none.
    """
    tables = cut_tables(tables_to_html(reference_md)), cut_tables(tables_to_html(hypothesis_md))
    if not tables[0]:
        return math.nan
    if not tables[1]:
        return 0.0
    reference, hypothesis = (_join(found) for found in tables)
    if reference is None or hypothesis is None:
        return 0.0
    read = None if structure_only else _read_cell
    distance = tree_distance(table_tree(reference, read), table_tree(hypothesis, read))
    return 1.0 - distance / max(1, count_elements(reference), count_elements(hypothesis))


def mhs(reference_md: str, hypothesis_md: str, *, structure_only: bool = False) -> float:
    """Score the headings and the text below each: a tree edit distance over the larger number of nodes.

    Headings of all levels stand side by side below the document; the text up to the next heading is one node.

    Returns:
        Between 0 and 1; 0 where the hypothesis has no heading, NaN where the reference has none.
    """
    reference = _heading_tree(tables_to_html(reference_md), structure_only)
    hypothesis = _heading_tree(tables_to_html(hypothesis_md), structure_only)
    if "heading" not in reference.labels:
        return math.nan
    if "heading" not in hypothesis.labels:
        return 0.0
    distance = tree_distance(reference, hypothesis)
    return max(0.0, 1.0 - distance / max(len(reference), len(hypothesis)))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _join(tables: list[str]) -> etree._Element | None:
    """Put tables into one, as the evaluator does: a page within a table, which the parser then sets right."""
    rows = "\n".join(tables)
    page = f"<html><body><table><html><body>\n{rows}\n</body></html></table></body></html>"
    table = parse_table_element(_GROUPS.sub("", page))
    if table is not None:
        for head in table.iter("th"):
            head.tag = "td"
    return table


def _read_cell(cell: etree._Element) -> str:
    return _one_line(_BREAK.sub("\n", html.unescape(_markup(cell))))


def _markup(node: etree._Element) -> str:
    """Write the content of a cell: its characters, and its tags without attributes."""
    parts = [node.text or ""]
    for child in node:
        parts += [f"<{child.tag}>", _markup(child), f"</{child.tag}>", "" if child.tag == "td" else child.tail or ""]
    return "".join(parts)


def _heading_tree(markdown: str, structure_only: bool) -> Tree:
    nodes: list[tuple[str, str | None, int]] = []
    heading: str | None = None
    content: list[str] = []
    tops = 0

    def close() -> int:
        """Write the text since the last heading and that heading; return how many nodes it adds below the root."""
        text = " ".join(content)
        content.clear()
        if text:
            nodes.append(("content", None if structure_only else text, 0))
        if heading is not None:
            nodes.append(("heading", None if structure_only else heading, int(bool(text))))
        return int(heading is not None or bool(text))

    for line in markdown.splitlines():
        found = _HEADING.match(line)
        if found:
            tops += close()
            heading = _one_line(found.group(1))
        elif line.strip():
            content.append(_one_line(line))
    tops += close()
    return build_tree([*nodes, ("document", None, tops)])

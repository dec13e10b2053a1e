"""OCRBench v2: tables, charts and documents, compared as trees."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ocr_project.bench.metrics.tables.html import parse_table_element
from ocr_project.bench.metrics.tables.teds import teds
from ocr_project.bench.metrics.tables.tree import Tree, build_tree, tree_distance

_FENCED = re.compile(r"```(?:python|json)?\n(.*?)\n```", re.DOTALL | re.IGNORECASE)
_ASSIGNED = re.compile(r"^\s*\w+\s*=\s*")
_COMMENT = re.compile(r"#.*")
_HEADS = re.compile(r"</?t(?:head|body)\b[^>]*>", re.IGNORECASE)
_HEADING_CELL = re.compile(r"(</?)th\b", re.IGNORECASE)
_WORDS = "words"
# What the authors do to a line of a document before they look at it: Nougat's special tokens, word pieces, spaces
# within LaTeX, emphasis. Only whether it is a heading, and whether a word is left, is looked at afterwards.
_CLEANED = (
    (re.compile(r"<(?:bos|eos|pad|unk)>"), ""),
    (re.compile(r"\s##(\S)"), r"\1"),
    (re.compile(r"\\\s"), r"\\"),
    (re.compile(r"\s\*\s\*\s"), "**"),
    (re.compile(r"{\s"), "{"),
    (re.compile(r"\s}"), "}"),
    (re.compile(r"\s}"), "}"),
    (re.compile(r"\\(begin|end)\s"), r"\\\1"),
    (re.compile(r"[\n*_]"), " "),
)


def table_score(truth: str, hypothesis: str, *, markdown: bool) -> float:
    """Score a table by TEDS.

    One step is not the authors': an answer in HTML is compared with a truth in Markdown, cell by cell, since a
    recognizer of tables was not asked for Markdown. They would score it near 0.

    Args:
        truth: HTML, or Markdown.
        hypothesis: The answer given; what stands before `<body` or `<table` is left out.
        markdown: Whether Markdown was asked for.

    Returns:
        0 to 1; 0 where there is no table.
    """
    if not markdown:
        found = _html_of(hypothesis)
        return _teds(_wrapped(truth), _wrapped(found)) if found else 0.0
    if "<table" in hypothesis:
        found = _HEADING_CELL.sub(r"\1td", _HEADS.sub("", _html_of(hypothesis)))
        return _teds(_pipes_to_html(truth), _wrapped(found))
    return teds(_pipes_to_html(truth), _pipes_to_html(hypothesis))


def _teds(truth: str, hypothesis: str) -> float:
    return 0.0 if _odd_spans(hypothesis) else teds(truth, hypothesis)


def _odd_spans(html: str) -> bool:
    """Say whether a cell's span is not a number: the authors' scorer fails, and counts 0."""
    table = parse_table_element(html)
    spans = [] if table is None else table.xpath(".//td/@colspan | .//td/@rowspan")
    return any(not str(span).strip().lstrip("+-").isdecimal() for span in spans)


def _html_of(answer: str) -> str:
    text = answer.replace("\n", "")
    start = next((text.index(mark) for mark in ("<body", "<table") if mark in text), None)
    return "" if start is None else text[start:]


def _wrapped(html: str) -> str:
    """Put a page around a table, and what it lacks of its own tags."""
    html = html.replace("\n", "")
    opened, closed = "<table" in html, "</table>" in html
    html = ("" if opened else "<table>") + html + ("" if closed else "</table>")
    html = html if "<body>" in html else f"<body>{html}</body>"
    return html if "<html>" in html else f"<html>{html}</html>"


def _pipes_to_html(markdown: str) -> str:
    """Turn a pipe table into HTML: the second line is taken for the rule below the heading."""
    lines = markdown.strip("`markdown").strip("`").strip().split("\n")
    rows = []
    for line in [lines[0], *lines[2:]]:
        cells = [" " if cell and not cell.strip(" ") else cell.strip() for cell in line.strip().split("|")[1:-1]]
        rows.append("".join(f"<td>{cell}</td>" for cell in cells))
    return _page("".join(f"<tr>{row}</tr>" for row in rows))


def _page(rows: str) -> str:
    return f"<html><body><table>{rows}</table></body></html>"


def chart_score(truth: str, hypothesis: str) -> float:
    """Score a chart's values, a dict of dicts, by the TEDS of a table: a row a name, inner dicts as one text.

    Args:
        truth: A dict as JSON or Python.
        hypothesis: The answer given: a Python dict, fenced or alone, assigned to a name or not.

    Raises:
        ValueError: The truth is not a dict.
    """
    values, said = _truth_dict(truth), _read_dict(hypothesis)
    return teds(_dict_to_html(values), _dict_to_html(said)) if said else 0.0


def _truth_dict(truth: str) -> Mapping[Any, Any]:
    try:
        found = json.loads(truth)
    except ValueError:
        found = _read_dict(truth)
    if not isinstance(found, Mapping) or not found:
        raise ValueError(f"the answer is not a dict: {truth[:80]!r}")
    return found


def _read_dict(answer: str) -> Mapping[Any, Any]:
    fenced = _FENCED.findall(answer)
    text = max(fenced, key=len) if fenced else answer.strip()
    text = _COMMENT.sub("", _ASSIGNED.sub("", text.strip(), count=1))
    text = text[: text.rfind("}") + 1] or text
    try:
        found = ast.literal_eval(text)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):  # no dict: nothing of the chart is right
        return {}
    return found if isinstance(found, Mapping) else {}


def _dict_to_html(values: Mapping[Any, Any]) -> str:
    """Write a row a name; the letters of its value stand apart, as the authors have it."""
    return _page(
        "".join(f"  <tr><td>{name}</td><td>{' '.join(str(value))}</td></tr>\n" for name, value in values.items())
    )


@dataclass(slots=True)
class _Line:
    text: str
    below: list[_Line] = field(default_factory=list)


def document_score(truth: str, hypothesis: str) -> float:
    """Score the structure of a document in Markdown: 1 - tree edit distance / nodes of the larger tree.

    Headings, of whatever depth, are below the root, and the lines after a heading below it. A line with a word
    stands for any other, and one without for none, not even for another one without.
    """
    expected, got = (_document_tree(text, side) for side, text in enumerate((truth, hypothesis)))
    return 1.0 - tree_distance(expected, got) / max(len(expected), len(got))


def _document_tree(text: str, side: int) -> Tree:
    root = _Line("ROOT", [_Line("TITLE")])
    current = root.below[0]
    for line in map(_cleaned, text.split("\n")):
        if line.startswith("#"):
            heading = line.replace("#", "")
            root.below.append(_Line(heading))
            current = (_first_like(root, heading) or root) if heading else root.below[0]
        else:
            current.below.append(_Line(line))
    nodes: list[tuple[object, str | None, int]] = []
    _write(root, nodes, side)
    return build_tree(nodes)


def _cleaned(line: str) -> str:
    for pattern, put in _CLEANED:
        line = pattern.sub(put, line)
    return line


def _first_like(node: _Line, text: str) -> _Line | None:
    """Find the first line with a text, from the top: what follows a repeated heading goes to the first of them."""
    if node.text == text:
        return node
    return next((found for child in node.below if (found := _first_like(child, text))), None)


def _write(node: _Line, nodes: list[tuple[object, str | None, int]], side: int) -> None:
    """Lay the tree out in postorder: equal labels cost nothing, and a line without a word is like no other."""
    for child in node.below:
        _write(child, nodes, side)
    nodes.append((_WORDS if node.text.split() else (side, len(nodes)), None, len(node.below)))

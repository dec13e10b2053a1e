"""TEDS: how much of a table's tree is right, PubTabNet's definition.

Zhong, ShafieiBavani, Jimeno Yepes (2020), "Image-based table recognition: data, model, and evaluation", arXiv
1911.10683: 1 minus the tree edit distance over the larger number of elements. Deleting and inserting cost 1; a cell of
another span or a node of another tag costs 1; two cells of one span cost the edit distance of their tokens (characters
and tags) over the longer length. `th` is not a cell there: its text does not count, and it never equals `td`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from ocr_project.bench.metrics.tables.html import (
    count_elements,
    cut_tables,
    parse_table_element,
    read_tokens,
    table_tree,
)
from ocr_project.bench.metrics.tables.tree import tree_distance

_GROUPS = re.compile(r"</?(?:thead|tbody)>")


def teds(reference_html: str, hypothesis_html: str, *, structure_only: bool = False) -> float:
    """Score a table against its reference, equal to PubTabNet's `TEDS.evaluate`.

    Two differences, where the reference implementation fails or gives up: a `<table>` without a page around it is
    read, and a span that is not a number counts as 1.

    Args:
        reference_html: A page or a fragment; the first table directly below its body counts.
        hypothesis_html: The same of the answer.
        structure_only: TEDS-S: the text of the cells does not count.

    Returns:
        Between 0 and 1; 0 where either has no table.

    Raises:
        TreeTooLarge: The two together are beyond what a page can hold (a loop of a model).
    """
    reference, hypothesis = parse_table_element(reference_html), parse_table_element(hypothesis_html)
    if reference is None or hypothesis is None:
        return 0.0
    read = None if structure_only else read_tokens({})
    distance = tree_distance(table_tree(reference, read), table_tree(hypothesis, read))
    return 1.0 - distance / max(1, count_elements(reference), count_elements(hypothesis))


def dp_bench_teds(reference_html: str, hypothesis_html: str, *, structure_only: bool = False) -> float:
    """Score the tables of a page as Upstage's DP-Bench does: PubTabNet's TEDS without `thead` and `tbody`.

    github.com/UpstageAI/document-parse-benchmark: it writes all tables of a page below one body, of which only the
    first is compared.

    Args:
        reference_html: The tables of a page; text around them does not matter.
        hypothesis_html: The same of the answer.
        structure_only: TEDS-S.

    Returns:
        Between 0 and 1; NaN where the reference has no table.
    """
    tables, found = cut_tables(_GROUPS.sub("", reference_html)), cut_tables(_GROUPS.sub("", hypothesis_html))
    if not tables:
        return math.nan
    return teds(tables[0], found[0], structure_only=structure_only) if found else 0.0


def dp_bench_nid(reference: Sequence[str], hypothesis: Sequence[str]) -> float:
    """Score the text of a page as Upstage's DP-Bench does: the indel similarity of its elements in reading order.

    Args:
        reference: The text of each element; those of the classes figure, table and chart are left out by its callers.
        hypothesis: The same of the answer.

    Returns:
        Between 0 and 1; 1 where both are empty.
    """
    expected, got = ("".join(f"{text} " for text in texts).replace("\n", "") for texts in (reference, hypothesis))
    if not got:
        return 0.0 if expected else 1.0
    return float(fuzz.ratio(expected, got)) / 100.0

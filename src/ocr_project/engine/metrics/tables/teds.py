"""TEDS: how much of a table's tree is right, PubTabNet's definition.

Zhong, ShafieiBavani, Jimeno Yepes (2020), "Image-based table recognition: data, model, and evaluation", arXiv
1911.10683: 1 minus the tree edit distance over the larger number of elements. Deleting and inserting cost 1; a cell of
another span or a node of another tag costs 1; two cells of one span cost the edit distance of their tokens (characters
and tags) over the longer length. `th` is not a cell there: its text does not count, and it never equals `td`.
"""

from __future__ import annotations

from ocr_project.engine.metrics.tables.html import count_elements, parse_table, read_tokens, table_tree
from ocr_project.engine.metrics.tables.tree import tree_distance


def teds(reference_html: str, hypothesis_html: str, *, structure_only: bool = False) -> float:
    """Score a table against its reference, equal to PubTabNet's `TEDS.evaluate`.

    Two differences, where the reference implementation fails or gives up: a `<table>` without a page around it is
    read, and a span that is no number counts as 1.

    Args:
        reference_html: A page or a fragment; the first table directly below its body counts.
        hypothesis_html: Likewise.
        structure_only: TEDS-S: the text of the cells does not count.

    Returns:
        Between 0 and 1; 0 where either has no table.

    Raises:
        TreeTooLarge: The two together are beyond what a page can hold (a loop of a model).
    """
    reference, hypothesis = parse_table(reference_html), parse_table(hypothesis_html)
    if reference is None or hypothesis is None:
        return 0.0
    read = None if structure_only else read_tokens({})
    distance = tree_distance(table_tree(reference, read), table_tree(hypothesis, read))
    return 1.0 - distance / max(1, count_elements(reference), count_elements(hypothesis))

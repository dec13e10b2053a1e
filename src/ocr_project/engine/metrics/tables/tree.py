"""The exact edit distance between two ordered trees, in whole arrays.

The recurrence is Zhang and Shasha's (1989, "Simple fast algorithms for the editing distance between trees"): it fills
one table of forests for each pair of key roots. Written cell by cell it is slow in Python. The trees here (tables,
headings) are wide and shallow, so most pairs of key roots are alike in height and do not depend on each other: all
pairs of two heights are filled together, a row of forests at a time, and along a row the insertions are a running
minimum. Leaves need no table at all. The values are those of any exact algorithm (APTED is the oracle of the tests).

Not known: how it fares on deep and narrow trees; it is right for them and slower than it could be.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cdist

# Cells of forest tables that may be filled: some 20 seconds of one core and 3 GiB. A page holds tables of thousands.
MAX_CELLS = 300_000_000
_CHUNK_CELLS = 4_000_000  # held at once where many pairs of key roots are filled together: 32 MiB

Matrix = NDArray[np.float64]
Indices = NDArray[np.intp]


class TreeTooLarge(ValueError):
    """Two trees are too large to be compared: a loop of a model, or no table at all."""


@dataclass(frozen=True, slots=True)
class Tree:
    """An ordered tree in postorder: the last node is the root.

    Attributes:
        labels: Shape (n,): nodes of different labels cost 1 to rename.
        texts: Length n: for nodes of the same label the cost is the edit distance of these over the longer
            length; None where a node has no text, which costs nothing.
        leftmost: Shape (n,): the first node of each node's subtree, which is a leaf.
        heights: Shape (n,): 0 for leaves.
    """

    labels: tuple[Hashable, ...]
    texts: tuple[str | None, ...]
    leftmost: Indices
    heights: Indices

    def __len__(self) -> int:
        return len(self.labels)


def build_tree(nodes: Sequence[tuple[Hashable, str | None, int]]) -> Tree:
    """Lay out a tree from its nodes in postorder.

    Args:
        nodes: Label, text and number of children of each; the children stand before it.
    """
    leftmost, heights = [], []
    open_nodes: list[int] = []  # subtrees that wait for their parent
    for place, (_, _, children) in enumerate(nodes):
        mine = open_nodes[len(open_nodes) - children :] if children else []
        del open_nodes[len(open_nodes) - children :]
        leftmost.append(leftmost[mine[0]] if mine else place)
        heights.append(1 + max(heights[child] for child in mine) if mine else 0)
        open_nodes.append(place)
    if len(open_nodes) != 1:
        raise ValueError(f"{len(open_nodes)} roots: a tree has one")
    return Tree(
        tuple(label for label, _, _ in nodes),
        tuple(text for _, text, _ in nodes),
        np.array(leftmost, np.intp),
        np.array(heights, np.intp),
    )


def tree_distance(left: Tree, right: Tree) -> float:
    """Find the least cost that turns one tree into the other; deleting or inserting a node costs 1.

    Raises:
        TreeTooLarge: More than `MAX_CELLS` cells would have to be filled.
    """
    if left.labels == right.labels and left.texts == right.texts and np.array_equal(left.leftmost, right.leftmost):
        return 0.0
    roots, others = _key_roots(left), _key_roots(right)
    _check_size(left, right, roots, others)
    rename = rename_costs(left, right)
    distances = np.zeros_like(rename)
    _fill_leaves(rename, left, right, distances)
    _fill_leaves(rename.T, right, left, distances.T)
    for first in sorted(height for height in roots if height):
        for second in sorted(height for height in others if height):
            a, b = roots[first], others[second]
            # The longer side lies along the rows, which are vectors: fewer steps in Python.
            if _longest(left, a) <= _longest(right, b):
                _fill(left, right, a, b, (rename, distances))
            else:
                _fill(right, left, b, a, (rename.T, distances.T))
    return float(distances[-1, -1])


def rename_costs(left: Tree, right: Tree) -> Matrix:
    """Price every node of one tree against every node of the other.

    Returns:
        Shape (len(left), len(right)), within 0 and 1.
    """
    codes: dict[Hashable, int] = {}
    names = np.array([codes.setdefault(label, len(codes)) for label in left.labels])
    others = np.array([codes.setdefault(label, len(codes)) for label in right.labels])
    costs = (names[:, None] != others).astype(np.float64)
    rows = [place for place, text in enumerate(left.texts) if text is not None]
    columns = [place for place, text in enumerate(right.texts) if text is not None]
    if rows and columns:
        texts = _text_costs([left.texts[row] or "" for row in rows], [right.texts[column] or "" for column in columns])
        block = np.ix_(rows, columns)
        costs[block] = np.maximum(costs[block], texts)
    return costs


def _text_costs(left: Sequence[str], right: Sequence[str]) -> Matrix:
    """Compare texts, each distinct pair once: cells of a table repeat."""
    firsts, seconds = list(dict.fromkeys(left)), list(dict.fromkeys(right))
    edits = cdist(firsts, seconds, scorer=Levenshtein.distance, dtype=np.int32)
    lengths = np.maximum(np.array([len(text) for text in firsts])[:, None], [len(text) for text in seconds])
    costs: Matrix = edits / np.maximum(lengths, 1)
    row_of = {text: place for place, text in enumerate(firsts)}
    column_of = {text: place for place, text in enumerate(seconds)}
    return costs[np.ix_([row_of[text] for text in left], [column_of[text] for text in right])]


def _key_roots(tree: Tree) -> dict[int, Indices]:
    """Find the highest node above each leftmost leaf, by height."""
    highest = {int(first): node for node, first in enumerate(tree.leftmost)}
    found: dict[int, list[int]] = defaultdict(list)
    for node in highest.values():
        found[int(tree.heights[node])].append(node)
    return {height: np.array(nodes, np.intp) for height, nodes in found.items()}


def _longest(tree: Tree, roots: Indices) -> int:
    return int((roots - tree.leftmost[roots]).max()) + 1


def _check_size(left: Tree, right: Tree, roots: dict[int, Indices], others: dict[int, Indices]) -> None:
    first, second = (
        sum(len(nodes) * _longest(tree, nodes) for nodes in levels.values())
        for tree, levels in ((left, roots), (right, others))
    )
    if first * second > MAX_CELLS:
        raise TreeTooLarge(
            f"trees of {len(left)} and {len(right)} nodes need {first * second:,} cells, over the {MAX_CELLS:,} allowed"
        )


def _fill_leaves(rename: Matrix, left: Tree, right: Tree, distances: Matrix) -> None:
    """Write the distance of every subtree of `left` to every leaf of `right`.

    The leaf takes the place of the cheapest node, and the others go: a rename never costs more than 1, a
    deletion and an insertion together cost 2.
    """
    leaves = np.flatnonzero(right.heights == 0)
    costs = rename[:, leaves]
    best = costs.copy()
    for node in np.flatnonzero(left.heights):
        best[node] = costs[left.leftmost[node] : node + 1].min(axis=0)
    distances[:, leaves] = best + (np.arange(len(left)) - left.leftmost)[:, None]


def _fill(left: Tree, right: Tree, roots: Indices, others: Indices, tables: tuple[Matrix, Matrix]) -> None:
    """Fill the forest tables of all pairs of these key roots, in pieces that fit into memory."""
    size, width = _longest(left, roots) + 1, _longest(right, others) + 1
    across = max(1, _CHUNK_CELLS // (size * width))
    for start in range(0, len(others), across):
        some = others[start : start + across]
        down = max(1, across // len(some))
        for begin in range(0, len(roots), down):
            _fill_chunk(left, right, roots[begin : begin + down], some, tables)


def _fill_chunk(left: Tree, right: Tree, roots: Indices, others: Indices, tables: tuple[Matrix, Matrix]) -> None:
    """Fill the forest tables of every pair of `roots` and `others`, and write the distances of their left paths.

    `forests[i, a, b, j]` is the distance of the first i nodes under roots[a] to the first j under others[b].
    Shorter subtrees are padded by repeating their root; what is computed there is not written.
    """
    rename, distances = tables
    size, width = _longest(left, roots), _longest(right, others)
    start, begin = left.leftmost[roots], right.leftmost[others]
    columns = np.minimum(begin[:, None] + np.arange(width), others[:, None])  # (b, j): nodes
    before = right.leftmost[columns] - begin[:, None]  # (b, j): how many nodes stand before that node's subtree
    on_path = (before == 0) & (begin[:, None] + np.arange(width) <= others[:, None])
    steps = np.arange(width + 1, dtype=np.float64)
    forests = np.empty((size + 1, len(roots), len(others), width + 1))
    forests[0] = steps
    a, b = np.arange(len(roots))[:, None, None], np.arange(len(others))[None, :, None]
    for row in range(size):
        nodes = np.minimum(start + row, roots)  # (a,)
        above = left.leftmost[nodes] - start
        options = forests[above[:, None, None], a, b, before] + distances[nodes[:, None, None], columns]
        mine = (above == 0) & (start + row <= roots)
        both = mine[:, None, None] & on_path
        renamed = forests[row, :, :, :-1] + rename[nodes[:, None, None], columns]
        options = np.where(both, renamed, options)
        now = forests[row + 1]
        now[..., 0] = row + 1
        np.minimum(options, forests[row, :, :, 1:] + 1.0, out=now[..., 1:])
        now -= steps
        np.minimum.accumulate(now, axis=-1, out=now)
        now += steps
        if mine.any():
            which = np.nonzero(both)
            distances[nodes[which[0]], columns[which[1], which[2]]] = now[..., 1:][both]

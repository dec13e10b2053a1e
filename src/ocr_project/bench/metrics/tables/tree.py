"""The exact edit distance between two ordered trees, in whole arrays.

The recurrence is Zhang and Shasha's (1989, "Simple fast algorithms for the editing distance between trees"): it fills
one table of forests for each pair of key roots. Written cell by cell it is slow in Python. The trees here (tables,
headings) are wide and shallow, so most pairs of key roots are alike in height and do not depend on each other: all
pairs of two heights are filled together, a row of forests at a time, and along a row the insertions are a running
minimum. Leaves need no table at all, and what both trees have in common at their ends is taken away first (`shorten`).
The values are those of any exact algorithm (APTED is the oracle of the tests).

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

# Cells of forest tables that may be filled: two tables of 3,000 elements, which took 6 s and 0.6 GiB on one core.
MAX_CELLS = 100_000_000
_CHUNK_CELLS = 1_000_000  # held at once where many pairs of key roots are filled together, in three arrays of 8 MiB

_ROOT = object()  # the label of a root above several trees: equal to itself only

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
    leftmost: list[int] = []
    heights: list[int] = []
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
    left, right = shorten(left, right)
    if len(left) == 1 or len(right) == 1:  # nothing but the roots, which are equal if both are alone
        return float(rename_costs(left, right).min()) + abs(len(left) - len(right))
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


def shorten(left: Tree, right: Tree) -> tuple[Tree, Tree]:
    """Take away what both trees have in common at their ends; the distance stays the same.

    Equal roots go, then equal subtrees before and after what differs. It is exact: a mapping keeps the order, so it
    cannot both map a node of the first tree's common part into the second's rest and a node of its rest into the
    second's common part. If, say, k nodes of the common part are mapped into the rest, then k of their twins are
    inserted; matching all twins instead inserts at most those k in the rest. For roots, k is 1.

    Returns:
        Both rests, each under a root of its own, the same for both.
    """
    known: dict[Hashable, int] = {}
    first, second = _shapes(left, known), _shapes(right, known)
    trees, others = [len(left) - 1], [len(right) - 1]
    while True:
        start = _common([first[node] for node in trees], [second[node] for node in others])
        trees, others = trees[start:], others[start:]
        end = _common([first[node] for node in reversed(trees)], [second[node] for node in reversed(others)])
        trees, others = trees[: len(trees) - end], others[: len(others) - end]
        if len(trees) != 1 or len(others) != 1:
            break
        node, other = trees[0], others[0]
        if left.labels[node] != right.labels[other] or left.texts[node] != right.texts[other]:
            break
        trees, others = _children(left, node), _children(right, other)
    return _under_root(left, trees), _under_root(right, others)


def _shapes(tree: Tree, known: dict[Hashable, int]) -> list[int]:
    """Number every node's subtree: equal subtrees have equal numbers."""
    shapes: list[int] = []
    for node, (label, text) in enumerate(zip(tree.labels, tree.texts, strict=True)):
        below = tuple(shapes[child] for child in _children(tree, node))
        shapes.append(known.setdefault((label, text, below), len(known)))
    return shapes


def _children(tree: Tree, node: int) -> list[int]:
    children: list[int] = []
    child, first = node - 1, tree.leftmost[node]
    while child >= first:
        children.append(child)
        child = int(tree.leftmost[child]) - 1
    return children[::-1]


def _common(left: Sequence[int], right: Sequence[int]) -> int:
    pairs = enumerate(zip(left, right, strict=False))
    return next((place for place, (one, other) in pairs if one != other), min(len(left), len(right)))


def _under_root(tree: Tree, tops: Sequence[int]) -> Tree:
    """Put sibling subtrees, which stand next to each other in postorder, under a root."""
    start, end = (int(tree.leftmost[tops[0]]), tops[-1] + 1) if tops else (0, 0)
    heights = tree.heights[start:end]
    return Tree(
        (*tree.labels[start:end], _ROOT),
        (*tree.texts[start:end], None),
        np.append(tree.leftmost[start:end] - start, 0),
        np.append(heights, 1 + heights.max() if len(heights) else 0),
    )


def rename_costs(left: Tree, right: Tree) -> Matrix:
    """Price every node of one tree against every node of the other.

    Returns:
        Shape (len(left), len(right)), within 0 and 1.
    """
    codes: dict[Hashable, int] = {}
    names = np.array([codes.setdefault(label, len(codes)) for label in left.labels])
    others = np.array([codes.setdefault(label, len(codes)) for label in right.labels])
    costs: Matrix = (names[:, None] != others).astype(np.float64)
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
    costs = np.asarray(edits / np.maximum(lengths, 1), np.float64)
    row_of = {text: place for place, text in enumerate(firsts)}
    column_of = {text: place for place, text in enumerate(seconds)}
    spread = np.ix_([row_of[text] for text in left], [column_of[text] for text in right])
    return np.asarray(costs[spread], np.float64)


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
            f"trees of {len(left)} and {len(right)} nodes need {first * second:,} cells; {MAX_CELLS:,} are allowed"
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

    `forests[i, a, b, j] + i + j` is the distance of the first i nodes under roots[a] to the first j under others[b]:
    with i and j taken away, deletions and insertions cost nothing, and a row is a running minimum. Shorter subtrees
    are padded by repeating their root; what is computed there is not written.
    """
    rename, distances = tables
    size, width = _longest(left, roots), _longest(right, others)
    nodes, above, mine = _lay_out(left, roots, size)
    columns, before, theirs = _lay_out(right, others, width)
    nodes, above, mine = nodes[:, :, None, None], above[:, :, None, None], mine[:, :, None, None]
    columns, before, theirs = columns.T[None, None], before.T[None, None], theirs.T[None, None]
    rows, steps = np.arange(size)[:, None, None, None], np.arange(width)
    both = mine & theirs  # two left paths: the last nodes are renamed; elsewhere, their whole subtrees are exchanged
    from_row, from_column = np.where(both, rows, above), np.where(both, steps, before)
    costs = np.where(both, rename[nodes, columns], distances[nodes, columns])
    costs += from_row - rows + from_column - steps - 2
    pairs = np.arange(len(roots))[:, None] * len(others) + np.arange(len(others))
    from_row *= len(roots) * len(others)
    from_row += pairs[:, :, None]
    from_row *= width + 1
    from_row += from_column
    forests = np.zeros((size + 1, len(roots), len(others), width + 1))
    flat = forests.reshape(-1)
    for row in range(size):
        now = forests[row + 1, :, :, 1:]
        np.add(flat.take(from_row[row]), costs[row], out=now)
        np.minimum(now, forests[row, :, :, 1:], out=now)
        np.minimum(now, 0.0, out=now)  # the forest of no columns
        np.minimum.accumulate(now, axis=-1, out=now)
    i, a, b, j = np.nonzero(both)
    distances[nodes[i, a, 0, 0], columns[0, 0, b, j]] = forests[i + 1, a, b, j + 1] + (i + j + 2)


def _lay_out(tree: Tree, roots: Indices, size: int) -> tuple[Indices, Indices, NDArray[np.bool_]]:
    """List the nodes under each root.

    Returns:
        Three of shape (size, len(roots)): the nodes in postorder, how many of them stand before each one's subtree,
        and whether it is on the root's left path; where a subtree is shorter, its root again and False.
    """
    start = tree.leftmost[roots]
    places = start + np.arange(size)[:, None]
    nodes = np.minimum(places, roots)
    before = tree.leftmost[nodes] - start
    return nodes, before, (before == 0) & (places <= roots)

"""TEDS against PubTabNet's published values, and against APTED on tables made at random."""

import json
from pathlib import Path

import numpy as np
import pytest
from apted import APTED, Config
from rapidfuzz.distance import Levenshtein

from ocr_project.bench.metrics.tables import teds

GOLDEN = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "golden" / "teds" / "pubtabnet_teds.json"


@pytest.mark.shared
@pytest.mark.skipif(not GOLDEN.exists(), reason=f"{GOLDEN} is missing: the shared test data is not on this machine")
def test_published_values() -> None:
    cases = json.loads(GOLDEN.read_text("utf-8"))["cases"]
    assert sum(case["published"] is not None for case in cases) == 21
    for case in cases:
        assert teds(case["gt"], case["pred"]) == pytest.approx(case["teds"], abs=1e-9), case["id"]
        structure = teds(case["gt"], case["pred"], structure_only=True)
        assert structure == pytest.approx(case["teds_struct"], abs=1e-9), case["id"]
        if case["published"] is not None:
            assert teds(case["gt"], case["pred"]) == pytest.approx(case["published"], abs=1e-9), case["id"]


class Node:
    """A node for APTED."""

    def __init__(self, label: object, text: str | None, children: list["Node"]) -> None:
        self.label, self.text, self.children = label, text, children


class Costs(Config):  # type: ignore[misc]
    """PubTabNet's costs."""

    def rename(self, left: Node, right: Node) -> float:
        if left.label != right.label:
            return 1.0
        longest = max(len(left.text or ""), len(right.text or ""))
        return Levenshtein.distance(left.text or "", right.text or "") / longest if longest else 0.0

    def children(self, node: Node) -> list[Node]:
        return node.children


Rows = list[list[tuple[str, int]]]


def table(random: np.random.Generator) -> Rows:
    texts = ["", "1", "12", "1.2", "Total", "Totals", "합계"]
    return [
        [(str(random.choice(texts)), int(random.choice([1, 1, 1, 2]))) for _ in range(random.integers(1, 5))]
        for _ in range(random.integers(1, 6))
    ]


def changed(random: np.random.Generator, rows: Rows) -> Rows:
    """Lose some rows and cells, change others, and repeat some."""
    kept = [row for row in rows for _ in range(random.choice([0, 1, 1, 1, 1, 2]))]
    return [
        [(text if random.random() < 0.8 else "X" + text, span) for text, span in row if random.random() < 0.9]
        for row in kept
    ]


def as_html(rows: Rows) -> str:
    def cells(row: list[tuple[str, int]]) -> str:
        return "".join(f'<td colspan="{span}">{text}</td>' for text, span in row)

    body = "".join(f"<tr>{cells(row)}</tr>" for row in rows[1:])
    head = "".join(f"<tr>{cells(row)}</tr>" for row in rows[:1])
    return f"<html><body><table><thead>{head}</thead><tbody>{body}</tbody></table></body></html>"


def as_tree(rows: Rows) -> Node:
    def groups(name: str, some: Rows) -> Node:
        return Node(
            name, None, [Node("tr", None, [Node(("td", span), text, []) for text, span in row]) for row in some]
        )

    return Node("table", None, [groups("thead", rows[:1]), groups("tbody", rows[1:])])


@pytest.mark.parametrize("seed", range(40))
def test_equal_to_apted(seed: int) -> None:
    random = np.random.default_rng(seed)
    reference = table(random)
    hypothesis = changed(random, reference) if seed % 4 else table(random)
    nodes = max(2 + len(rows) + sum(len(row) for row in rows) for rows in (reference, hypothesis))
    distance = APTED(as_tree(reference), as_tree(hypothesis), Costs()).compute_edit_distance()
    expected = 1.0 - distance / nodes
    assert teds(as_html(reference), as_html(hypothesis)) == pytest.approx(expected, abs=1e-9)

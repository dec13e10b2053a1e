"""How fast the structural metrics are: TEDS against its reference, a page of OmniDocBench.

    python -m benchmarks.metrics [--data ../shared/data] [--rounds 5] [--json FILE]

TEDS: PubTabNet's 21 published tables, both sides read from HTML. The reference is PubTabNet's method: the trees of
its scorer and APTED's Python library, with rapidfuzz for the cells (the original's edit distance is Python too, so
the original is slower than what is measured here). Each takes the better of its rounds, in turns on one core. The
values are compared, and a difference ends the measurement.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from apted import APTED, Config
from benchmarks.gpu_machine import commit, hardware
from lxml import html
from rapidfuzz.distance import Levenshtein

from ocr_project.bench.metrics.opendataloader import nid
from ocr_project.bench.metrics.tables import teds
from ocr_project.bench.testsets.omnidocbench_v1_5.rules import score_page

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


class Node:
    """A node of PubTabNet's trees."""

    def __init__(self, label: object, tokens: list[str] | None) -> None:
        self.label, self.tokens, self.children = label, tokens, list["Node"]()


class Costs(Config):  # type: ignore[misc]
    """PubTabNet's costs."""

    def rename(self, left: Node, right: Node) -> float:
        if left.label != right.label:
            return 1.0
        if not left.tokens and not right.tokens:
            return 0.0
        first, second = left.tokens or [], right.tokens or []
        return Levenshtein.distance(first, second) / max(len(first), len(second))

    def children(self, node: Node) -> list[Node]:
        return node.children


def reference_teds(reference: str, hypothesis: str) -> float:
    """Score as PubTabNet does: its trees, and APTED."""
    tables = [html.fromstring(side).xpath("body/table")[0] for side in (reference, hypothesis)]
    distance = APTED(*(grow(table) for table in tables), Costs()).compute_edit_distance()
    return 1.0 - float(distance) / max(len(table.xpath(".//*")) for table in tables)


def grow(element: Any) -> Node:
    if element.tag == "td":
        label = (element.tag, int(element.get("colspan", "1")), int(element.get("rowspan", "1")))
        return Node(label, list(tokens(element))[1:-1])
    node = Node(element.tag, None)
    node.children = [grow(child) for child in element]
    return node


def tokens(element: Any) -> Iterator[str]:
    yield f"<{element.tag}>"
    yield from element.text or ""
    for child in element:
        yield from tokens(child)
    yield f"</{element.tag}>"
    yield from (element.tail or "") if element.tag != "td" else ""


def best(work: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    """Return the seconds of the quickest round, and what it gave."""
    seconds = []
    for _ in range(rounds):
        begun = perf_counter()
        result = work()
        seconds.append(perf_counter() - begun)
    return min(seconds), result


def measure_teds(data: Path, rounds: int) -> dict[str, Any]:
    cases = json.loads((data / "golden" / "teds" / "pubtabnet_teds.json").read_text("utf-8"))["cases"]
    ratios, ours, theirs = [], 0.0, 0.0
    for case in cases:
        if case["published"] is None:
            continue
        pair = case["gt"], case["pred"]
        mine, value = best(lambda pair=pair: teds(*pair), rounds)
        other, expected = best(lambda pair=pair: reference_teds(*pair), max(1, rounds // 2))
        if abs(value - expected) > 1e-9:
            sys.exit(f"{case['id']}: {value} is not the reference's {expected}")
        ours, theirs = ours + mine, theirs + other
        ratios.append(other / mine)
    return {
        "tables": len(ratios),
        "ours_ms": 1e3 * ours,
        "reference_ms": 1e3 * theirs,
        "times_faster": theirs / ours,
        "times_faster_worst": min(ratios),
        "times_faster_median": float(np.median(ratios)),
    }


def measure_pages(data: Path, rounds: int) -> dict[str, Any]:
    """Score opendataloader-bench's pages by OmniDocBench's protocol and by NID; blocks are the truth's paragraphs."""
    pairs = []
    for folder in sorted((data / "golden" / "opendataloader_bench").iterdir()):
        if folder.is_dir():
            paragraphs = (folder / "gt.md").read_text("utf-8").split("\n\n")
            blocks = [
                {"anno_id": place, "category_type": "text_block", "order": place + 1, "text": text}
                for place, text in enumerate(paragraphs)
            ]
            pairs += [({"layout_dets": blocks}, file.read_text("utf-8")) for file in folder.glob("[dm]*.md")]
    seconds, _ = best(lambda: [score_page(truth, answer) for truth, answer in pairs], rounds)
    text = [("\n\n".join(block["text"] for block in truth["layout_dets"]), answer) for truth, answer in pairs]
    other, _ = best(lambda: [nid(*pair) for pair in text], rounds)
    return {
        "pages": len(pairs),
        "omnidocbench_ms_a_page": 1e3 * seconds / len(pairs),
        "nid_ms_a_page": 1e3 * other / len(pairs),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=SHARED)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, default=None)
    chosen = parser.parse_args()
    result = {
        "commit": commit(),
        "hardware": hardware(),
        "teds": measure_teds(chosen.data, chosen.rounds),
        "pages": measure_pages(chosen.data, min(2, chosen.rounds)),
    }
    text = json.dumps(result, indent=2)
    print(text)
    if chosen.json:
        chosen.json.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()

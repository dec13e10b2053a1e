"""The reference of a page, in OmniDocBench's own JSON.

A page is `{"layout_dets": […], "extra": {"relation": […]}, "page_info": {…}}`; a detection has `category_type`,
`order`, `anno_id`, `text`, `latex` or `html`, `attribute` and, since v1.5, `ignore`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ocr_project.bench.testsets.omnidocbench_v1_5.rules.elements import FORMULA, array_lines, find_array

# Read and matched, so that they do not count as noise, and never scored.
IGNORED = frozenset(
    (
        *("figure_caption", "figure_footnote", "table_caption", "table_footnote", "equation_caption"),
        *("code_algorithm", "code_algorithm_caption", "header", "footer", "page_footnote", "page_number"),
    )
)
TEXTS = frozenset(("text_block", "title", "code_txt", "code_txt_caption", "reference")) | IGNORED
# In the order in which the evaluator collects them.
_MATCHED = (
    *("text_block", "title", "code_txt", "code_txt_caption", "reference", "equation_caption", "figure_caption"),
    *("figure_footnote", "table_caption", "table_footnote", "code_algorithm", "code_algorithm_caption"),
    *("header", "footer", "page_footnote", "page_number", "equation_isolated"),
)


@dataclass(frozen=True, slots=True)
class TruthBlock:
    """An element of the reference.

    Attributes:
        category: OmniDocBench's `category_type`.
        order: Its place in the reading order; None where it has none.
        content: Text, or LaTeX of a formula or a table.
        attributes: What it is sliced by (`text_language`, `table_layout`, …).
        html: Of a table.
    """

    category: str
    order: float | None
    content: str
    attributes: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    html: str = ""


def read_truth(page: Mapping[str, Any], *, as_v1_6: bool = False) -> tuple[list[TruthBlock], list[TruthBlock]]:
    """Read the blocks of a page.

    Paragraphs that a page or a column cuts in two (relation `truncated`) are joined.

    Args:
        page: In the set's JSON.
        as_v1_6: Blocks marked `ignore` go, and each part of a paragraph is joined once; the evaluator of v1.5 joins
            the middle one of three twice.

    Returns:
        Text and displayed formulas, and tables; both in reading order, blocks without a place first.
    """
    groups = _truncated((page.get("extra") or {}).get("relation") or ())
    if as_v1_6:
        groups = [list(dict.fromkeys(group)) for group in _connected(groups)]
    joined = {name for group in groups for name in group}
    items = [item for item in page["layout_dets"] if not (as_v1_6 and item.get("ignore"))]
    blocks = [_block(item) for item in items if item.get("anno_id") not in joined]
    by_name = {item["anno_id"]: item for item in page["layout_dets"] if item.get("anno_id") in joined}
    parts = ([by_name[name] for name in group if name in by_name] for group in groups)
    blocks += [_join(some) for some in parts if some and not (as_v1_6 and any(item.get("ignore") for item in some))]
    # By category first: blocks of one place in the order stay so.
    texts = [block for category in _MATCHED for block in blocks if block.category == category]
    tables = [block for block in blocks if block.category == "table"]
    return sorted(texts, key=_place), sorted(tables, key=_place)


def split_truth_arrays(blocks: Sequence[TruthBlock]) -> list[TruthBlock]:
    """Make a block of every line of formulas that are arrays of one column: 7 becomes 7.1, 7.2 in the order."""
    parts: list[TruthBlock] = []
    for block in blocks:
        array = find_array(block.content) if block.category == FORMULA else None
        if array is None:
            parts.append(block)
            continue
        parts += [
            TruthBlock(block.category, round(_place(block) + place / 10, 1), f"\\[{line}\\]", block.attributes)
            for place, line in enumerate(array_lines(array), start=1)
        ]
    return parts


def _place(block: TruthBlock) -> float:
    return float(block.order or 0)


def _block(item: Mapping[str, Any]) -> TruthBlock:
    category = str(item["category_type"])
    content = item.get("latex") if category in (FORMULA, "table") else item.get("text")
    return TruthBlock(
        category, item.get("order"), str(content or ""), item.get("attribute") or {}, str(item.get("html") or "")
    )


def _truncated(relations: Sequence[Mapping[str, Any]]) -> list[list[object]]:
    """Collect the detections that are parts of one block: of three in a row the middle one twice, as the evaluator."""
    groups: list[list[object]] = []
    for relation in relations:
        if relation.get("relation_type") != "truncated":
            continue
        pair = [relation["source_anno_id"], relation["target_anno_id"]]
        known = [group for group in groups if set(pair) & set(group)]
        for group in known:
            group += pair
        if not known:
            groups.append(pair)
    return groups


def _connected(groups: Sequence[list[object]]) -> list[list[object]]:
    """Put groups together that share a part."""
    found: list[list[object]] = []
    for group in groups:
        apart = [other for other in found if not set(other) & set(group)]
        found = [*apart, [name for other in found if other not in apart for name in other] + group]
    return found


def _join(items: Sequence[Mapping[str, Any]]) -> TruthBlock:
    parts = sorted(items, key=lambda item: item.get("order") or 0)
    text = "".join(str(item.get("text") or "") for item in parts)
    return TruthBlock(str(parts[0]["category_type"]), parts[0].get("order"), text)

"""Averages over pages and elements as OmniDocBench's program makes them: the form of the golden values."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from ocr_project.bench.testsets.omnidocbench_v1_5.rules.result import PageScore


def summarize(pages: Sequence[PageScore]) -> dict[str, float]:
    """Average the scores of pages, each page counting once, as the leaderboard does.

    Returns:
        The means of `PageScore.values` over the pages that have them, and
        `overall`: ((1 - text edit) · 100 + TEDS · 100 + CDM · 100) / 3, where all three are known;
        `overall_by_edit`: the same with 1 - edit distance of formulas in place of CDM (v1.0's), where known.
    """
    sums: dict[str, list[float]] = defaultdict(list)
    for page in pages:
        for name, value in page.values().items():
            sums[name].append(value)
    means = {name: sum(values) / len(values) for name, values in sums.items()}
    text, table = 1.0 - means.get("text_edit", math.nan), means.get("table_teds", math.nan)
    overall = {
        "overall": 100.0 * (text + table + means.get("formula_cdm", math.nan)) / 3.0,
        "overall_by_edit": 100.0 * (text + table + 1.0 - means.get("formula_edit", math.nan)) / 3.0,
    }
    return means | {name: value for name, value in overall.items() if not math.isnan(value)}


def slice_pages(pages: Sequence[PageScore]) -> dict[str, dict[str, float]]:
    """Summarize the pages of each attribute, named `language: english` or, of the lists, by the entry alone.

    Returns:
        In the order of the names. Entries of lists about tables are left out, as the evaluator does.
    """
    groups: dict[str, list[PageScore]] = defaultdict(list)
    for page in pages:
        for name in _names(page.attributes):
            groups[name].append(page)
    return {name: summarize(groups[name]) for name in sorted(groups)}


def slice_elements(pages: Sequence[PageScore]) -> dict[str, dict[str, float]]:
    """Average the scores of the elements of each attribute, each element counting once.

    Returns:
        By `table_layout: vertical` and the like, in the order of the names: `text_edit`, `table_teds`, …; merged
        elements count in the slices of all their parts.
    """
    groups: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for element in (element for page in pages for element in page.elements):
        values = {f"{element.kind}_{name}": value for name, value in element.values.items()}
        if element.edits.denominator:
            values[f"{element.kind}_edit"] = element.edits.rate
        for slice_name in {f"{key}: {value}" for part in element.attributes for key, value in part.items()}:
            for name, value in values.items():
                groups[slice_name][name].append(value)
    return {
        name: {metric: sum(values) / len(values) for metric, values in groups[name].items()} for name in sorted(groups)
    }


def _names(attributes: Mapping[str, object]) -> Iterable[str]:
    for key, value in attributes.items():
        if isinstance(value, list):
            yield from (str(entry) for entry in value if "table" not in str(entry))
        else:
            yield f"{key}: {value}"

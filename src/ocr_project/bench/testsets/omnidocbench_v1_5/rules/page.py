"""OmniDocBench's scores of a page: text, displayed formulas, tables, reading order.

github.com/opendatalab/OmniDocBench, evaluator of v1.5 (`end2end_dataset`, `cal_metric`), Ouyang et al. 2024, arXiv
2412.07626. What the evaluator of v1.6 does differently is in
`bench/testsets/omnidocbench_v1_6`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rapidfuzz.distance import Levenshtein

from ocr_project.bench.metrics.canonical import canonical_table
from ocr_project.bench.metrics.plain_latex import latex_to_text
from ocr_project.bench.metrics.tables.teds import teds
from ocr_project.bench.testsets.omnidocbench_v1_5.rules import normal
from ocr_project.bench.testsets.omnidocbench_v1_5.rules.elements import (
    FORMULA,
    HTML_TABLE,
    INLINE,
    LATEX_TABLE,
    TEXT,
    Element,
    in_matching_order,
    kind_by_kind,
    read_markdown,
    split_arrays,
)
from ocr_project.bench.testsets.omnidocbench_v1_5.rules.matching import assign, distances
from ocr_project.bench.testsets.omnidocbench_v1_5.rules.pairing import Forms, Pair, pair_up
from ocr_project.bench.testsets.omnidocbench_v1_5.rules.result import PageScore, Scored
from ocr_project.bench.testsets.omnidocbench_v1_5.rules.truth import TEXTS, TruthBlock, read_truth, split_truth_arrays
from ocr_project.engine.metrics.text import Counts, ned

_FORMS = Forms(normal.normal_text, normal.normal_formula, lambda latex: latex.strip("$").strip("\n"))


def score_page(truth: Mapping[str, Any], markdown: str) -> PageScore:
    """Score the Markdown of a page; its formulas by edit distance, and see `PageScore.compared`.

    Args:
        truth: A page of the set's JSON: `layout_dets`, `extra.relation`, `page_info.page_attribute`.
        markdown: The answer; tables as HTML or with pipes, formulas between dollars or brackets. Tables in LaTeX score
            0, as in the evaluator.

    Raises:
        TreeTooLarge: A table of the answer is beyond what a page can hold.
    """
    texts, tables = read_truth(truth)
    answer = read_markdown(markdown)
    scored_tables, pieces = _match_tables(tables, answer)
    pieces = split_arrays(in_matching_order(pieces))
    pairs = list(pair_up(split_truth_arrays(texts), pieces, _FORMS))
    as_text = [pair for pair in pairs if pair.category in TEXTS]
    scored = [_score_text(pair) for pair in as_text]
    for pair in pairs:
        if pair.category == FORMULA:
            is_formula = pair.hypothesis_kind in ("", FORMULA, INLINE)
            scored.append(_score_formula(pair) if is_formula else _score_formula_as_text(pair))
    page = (truth.get("page_info") or {}).get("page_attribute") or {}
    return PageScore((*scored, *scored_tables), _score_order(as_text), page)


def _match_tables(tables: Sequence[TruthBlock], answer: Sequence[Element]) -> tuple[list[Scored], list[Element]]:
    """Score the tables; the cells of those that stand for none join the text.

    Returns:
        A score for each table of the reference; and the pieces of the answer to be matched as text. Where the
        reference has no table, those of the answer are left out. An answer with more tables in LaTeX than in HTML
        scores nothing, and tables whose LaTeX is not known then do not count.
    """
    kinds = Counter(element.kind for element in answer)
    pieces = kind_by_kind(answer, (TEXT, FORMULA))
    in_latex = kinds[LATEX_TABLE] > kinds[HTML_TABLE]
    given = [element for element in answer if element.kind == (LATEX_TABLE if in_latex else HTML_TABLE)]
    named = [table for table in tables if table.html and (table.content or not in_latex)]
    forms = [table.content if in_latex else table.html for table in named]
    pairs = dict(assign(distances(forms, [element.content for element in given])))
    if named:
        spare = [element for place, element in enumerate(given) if place not in pairs.values()]
        pieces += [cell for element in spare for cell in _cells(element)]
    found = [given[pairs[row]].content if row in pairs and not in_latex else "" for row in range(len(named))]
    # by number from the full list, as with texts
    owners = [tables[row].attributes for row in range(len(named))]
    return [_score_table(*one) for one in zip(named, found, owners, strict=True)], pieces


def _cells(table: Element) -> Iterator[Element]:
    return (Element(TEXT, table.start, text, table.fine) for text in normal.table_cells(table.content))


def _score_text(pair: Pair) -> Scored:
    edits = ned(pair.normal_reference, pair.normal_hypothesis)
    return Scored("text", pair.reference, pair.hypothesis, edits, attributes=pair.attributes)


def _score_formula_as_text(pair: Pair) -> Scored:
    """Score a formula that the answer gives as text: as text."""
    plain = latex_to_text(pair.reference)
    reference = pair.reference if plain is None else plain
    edits = ned(normal.normal_text(reference) or reference, pair.normal_hypothesis)
    return Scored("text", reference, pair.hypothesis, edits, attributes=pair.attributes)


def _score_formula(pair: Pair) -> Scored:
    edits = ned(pair.normal_reference, pair.normal_hypothesis)
    hypothesis = pair.hypothesis.split("```latex")[-1].split("```")[0].strip("$").strip()
    drawn = pair.reference.strip("$").strip(), hypothesis
    return Scored("formula", pair.reference, pair.hypothesis, edits, attributes=pair.attributes, drawn=drawn)


def _score_table(table: TruthBlock, hypothesis: str, attributes: Mapping[str, object]) -> Scored:
    reference, got = normal.normal_table(table.html), normal.normal_table(hypothesis)
    readable = normal.has_spans(reference) and normal.has_spans(got)
    values = {
        "teds": teds(reference, got) if readable else 0.0,
        "teds_s": teds(reference, got, structure_only=True) if readable else 0.0,
        "teds_canonical": teds(canonical_table(table.html), canonical_table(hypothesis)),
    }
    return Scored("table", table.html, hypothesis, ned(reference, got), values, (attributes,))


def _score_order(pairs: Sequence[Pair]) -> Counts | None:
    """Compare the order of the blocks with the order of what stands for them."""
    expected = sorted(place for pair in pairs for place in pair.places)
    found = sorted((pair for pair in pairs if pair.start is not None), key=lambda pair: pair.start or 0)
    got = [place for pair in found for place in pair.places]
    longest = max(len(expected), len(got))
    return Counts(int(Levenshtein.distance(expected, got)), longest) if longest else None

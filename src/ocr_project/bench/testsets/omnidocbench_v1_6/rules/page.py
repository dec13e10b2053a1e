"""OmniDocBench's scores of a page by the rules of v1.6."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rapidfuzz.distance import Levenshtein

from ocr_project.bench.metrics.canonical import canonical_table
from ocr_project.bench.metrics.tables.teds import teds
from ocr_project.bench.testsets.omnidocbench_v1_5.rules.elements import (
    FORMULA,
    HTML_TABLE,
    TEXT,
    Element,
    in_matching_order,
    kind_by_kind,
)
from ocr_project.bench.testsets.omnidocbench_v1_5.rules.matching import assign, distances
from ocr_project.bench.testsets.omnidocbench_v1_5.rules.normal import has_spans
from ocr_project.bench.testsets.omnidocbench_v1_5.rules.pairing import Forms, Pair, pair_up, taken_by_noise
from ocr_project.bench.testsets.omnidocbench_v1_5.rules.result import PageScore, Scored
from ocr_project.bench.testsets.omnidocbench_v1_5.rules.truth import TEXTS, TruthBlock, read_truth
from ocr_project.bench.testsets.omnidocbench_v1_6.rules.elements import RESCUE, read_markdown
from ocr_project.bench.testsets.omnidocbench_v1_6.rules.formulas import match_formulas
from ocr_project.bench.testsets.omnidocbench_v1_6.rules.nearby import (
    as_text,
    is_inline_or_displayed,
    look_nearby,
    rate,
)
from ocr_project.bench.testsets.omnidocbench_v1_6.rules.normal import (
    normal_formula,
    normal_table,
    normal_text,
    strip_delimiters,
    strip_tags,
)
from ocr_project.bench.testsets.omnidocbench_v1_6.rules.rows import split_blocks, split_elements
from ocr_project.engine.metrics.text import Counts, ned

_FORMS = Forms(normal_text, normal_formula, strip_delimiters, alone=True)


def score_page_v1_6(truth: Mapping[str, Any], markdown: str) -> PageScore:
    """Score the Markdown of a page; arguments as for `score_page`.

    Tables in LaTeX count as missing (the evaluator turns them into HTML with LaTeXML, where that is installed), and
    formulas with matrices are drawn in one way of writing (the evaluator tries two).

    Raises:
        TreeTooLarge: A table of the answer is beyond what a page can hold.
    """
    blocks, tables = read_truth(truth, as_v1_6=True)
    found = read_markdown(markdown)
    pieces = in_matching_order(kind_by_kind(found, (TEXT, FORMULA)))
    pairs = [_adapted(pair) for pair in pair_up(split_blocks(blocks), split_elements(pieces), _FORMS)]
    noise = taken_by_noise(split_blocks(blocks), split_elements(pieces), _FORMS)
    pairs = look_nearby(pairs, pieces, noise)
    texts = [pair for pair in pairs if pair.category in TEXTS]
    candidates = [piece for piece in found if piece.kind == FORMULA]
    candidates += [replace(piece, kind=FORMULA) for piece in found if piece.kind == RESCUE]
    formulas = match_formulas(
        [block for block in blocks if block.category == FORMULA],
        candidates,
        [_plain_kind(pair) for pair in pairs if pair.category == FORMULA],
        _FORMS,
    )
    scored_tables, order = _score_tables(tables, [piece for piece in found if piece.kind == HTML_TABLE])
    scored = [_scored("text", pair) for pair in texts]
    scored += [_score_formula(pair) for pair in formulas]
    order = [(pair.places, pair.start) for pair in (*texts, *formulas)] + order
    page = (truth.get("page_info") or {}).get("page_attribute") or {}
    return PageScore((*scored, *scored_tables), _score_order(order), page)


def _adapted(pair: Pair) -> Pair:
    """Compare a formula with a text, or a text with a formula, as texts."""
    formula, given = pair.category == FORMULA, is_inline_or_displayed(pair.hypothesis_kind)
    if not pair.hypothesis_kind or formula == given:
        return pair
    reference, hypothesis = as_text(pair.reference, formula), as_text(pair.hypothesis, given)
    left, right = normal_text(reference), normal_text(hypothesis)
    return replace(
        pair,
        reference=reference,
        hypothesis=hypothesis,
        normal_reference=left,
        normal_hypothesis=right,
        edit=rate(left, right),
    )


def _plain_kind(pair: Pair) -> Pair:
    rescued = ("text_formula", "image_formula", RESCUE, "table_formula_rescue")
    return replace(pair, hypothesis_kind=FORMULA) if pair.hypothesis_kind in rescued else pair


def _score_tables(
    tables: Sequence[TruthBlock], given: Sequence[Element]
) -> tuple[list[Scored], list[tuple[tuple[float, ...], float | None]]]:
    """Score the tables, and say where they stand."""
    named = [(form, table.html) for table in tables if (form := _table_form(table.html))]
    read = [(form, element.content) for element in given if (form := _table_form(element.content))]
    pairs = dict(assign(distances([form for form, _ in named], [form for form, _ in read])))
    scored = [
        _score_table(html, read[pairs[row]][1] if row in pairs else "", tables[row].attributes)
        for row, (_, html) in enumerate(named)
    ]
    # the evaluator takes the number 0 for none: the first table of an answer has no place
    starts = [given[pairs[row]].start if pairs.get(row) else None for row in range(len(named))]
    places = [(order,) if (order := tables[row].order) else () for row in range(len(named))]
    return scored, list(zip(places, starts, strict=True))


def _table_form(html: str) -> str:
    return normal_table(html) if "<table" in html.lower() else html


def _score_table(html: str, hypothesis: str, attributes: Mapping[str, object]) -> Scored:
    reference, got = normal_table(html), normal_table(hypothesis)
    readable = has_spans(reference) and has_spans(got)
    values = {
        "teds": teds(reference, got) if readable else 0.0,
        "teds_s": teds(reference, got, structure_only=True) if readable else 0.0,
        "teds_canonical": teds(canonical_table(html), canonical_table(hypothesis)),
    }
    edits = ned(reference or html, got or hypothesis)
    return Scored("table", html, hypothesis, edits, values, (attributes,))


def _scored(kind: Any, pair: Pair) -> Scored:
    edits = ned(pair.normal_reference or pair.reference, pair.normal_hypothesis or pair.hypothesis)
    return Scored(kind, pair.reference, pair.hypothesis, edits, attributes=pair.attributes)


def _score_formula(pair: Pair) -> Scored:
    hypothesis = _drawn(pair.hypothesis.split("```latex")[-1].split("```")[0])
    return replace(_scored("formula", pair), drawn=(_drawn(pair.reference), hypothesis))


def _drawn(latex: str) -> str:
    return strip_tags(strip_delimiters(latex)).strip()


def _score_order(places: Sequence[tuple[tuple[float, ...], float | None]]) -> Counts | None:
    """Compare the order of texts, formulas and tables with the order of what stands for them."""
    expected = sorted(place for some, _ in places for place in some)
    found = sorted(((start, some) for some, start in places if start is not None), key=lambda one: one[0])
    got = [place for _, some in found for place in some]
    longest = max(len(expected), len(got))
    return Counts(int(Levenshtein.distance(expected, got)), longest) if longest else None

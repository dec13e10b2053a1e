"""OmniDocBench's scores of a page: text, displayed formulas, tables, reading order.

github.com/opendatalab/OmniDocBench, evaluator of v1.5 (`end2end_dataset`, `cal_metric`), Ouyang et al. 2024, arXiv
2412.07626. It serves v1.6's references too (their `ignore` flags and joined paragraphs are read); v1.6's evaluator
also repairs formulas before it compares them, which is not done here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

import numpy as np
from rapidfuzz.distance import Levenshtein

from ocr_project.engine.metrics.omnidocbench import normal
from ocr_project.engine.metrics.omnidocbench.elements import (
    FORMULA,
    HTML_TABLE,
    INLINE,
    LATEX_TABLE,
    TEXT,
    Element,
    read_markdown,
    split_arrays,
)
from ocr_project.engine.metrics.omnidocbench.matching import assign, distances, match
from ocr_project.engine.metrics.omnidocbench.truth import IGNORED, TEXTS, Block, read_truth, split_truth_arrays
from ocr_project.engine.metrics.plain_latex import latex_to_text
from ocr_project.engine.metrics.tables.canonical import canonical_table
from ocr_project.engine.metrics.tables.teds import teds
from ocr_project.engine.metrics.text import Counts, ned

Cdm: TypeAlias = Callable[[str, str], float]
Kind: TypeAlias = Literal["text", "formula", "table"]

_SURE = 0.25  # a piece closer to an ignored block than this is that block


@dataclass(frozen=True, slots=True)
class Scored:
    """A block of the reference (or several that the answer has merged) and what stands for it.

    Attributes:
        kind: What it is scored as.
        reference: As it was written: text, LaTeX or HTML.
        hypothesis: Likewise; empty where nothing stands for the block.
        edits: Edit distance of the normal forms against the longer one.
        values: `teds`, `teds_s`, `teds_canonical` of tables, `cdm` of formulas, between 0 and 1.
        attributes: Of each block, to slice by.
    """

    kind: Kind
    reference: str
    hypothesis: str
    edits: Counts
    values: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    attributes: tuple[Mapping[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class PageScore:
    """The scores of a page.

    Attributes:
        elements: All that was scored.
        order: Edit distance of the reading order against the longer sequence; None where nothing has a place.
        attributes: The page's own (`language`, `layout`, `data_source`, …), to slice by.
    """

    elements: tuple[Scored, ...]
    order: Counts | None
    attributes: Mapping[str, object]

    def counts(self) -> dict[str, Counts]:
        """Sum the edits: `text_edit`, `formula_edit`, `table_edit`, `order_edit`, as far as the page has them."""
        sums: dict[str, Counts] = {}
        for element in self.elements:
            name = f"{element.kind}_edit"
            sums[name] = sums.get(name, Counts(0, 0)) + element.edits
        if self.order is not None:
            sums["order_edit"] = self.order
        return {name: counts for name, counts in sums.items() if counts.total}

    def values(self) -> dict[str, float]:
        """Score the page.

        Returns:
            `text_edit`, `formula_edit`, `table_edit`, `order_edit` (0 is best), `table_teds`, `table_teds_s`,
            `table_teds_canonical`, `formula_cdm` (1 is best); what the page does not have is missing.
        """
        found = {name: counts.rate for name, counts in self.counts().items()}
        for kind in ("table", "formula"):
            mine = [element.values for element in self.elements if element.kind == kind]
            for name in mine[0] if mine else ():
                found[f"{kind}_{name}"] = sum(values[name] for values in mine) / len(mine)
        return found


@dataclass(frozen=True, slots=True)
class _Pair:
    """What was matched, before it is scored."""

    category: str
    reference: str
    hypothesis: str
    normal_reference: str
    normal_hypothesis: str
    hypothesis_kind: str
    places: tuple[float, ...]
    start: int | None
    attributes: tuple[Mapping[str, object], ...]


def score_page(truth: Mapping[str, Any], markdown: str, *, cdm: Cdm | None = None) -> PageScore:
    """Score the Markdown of a page.

    Args:
        truth: A page of the set's JSON: `layout_dets`, `extra.relation`, `page_info.page_attribute`.
        markdown: The answer; tables as HTML or with pipes, formulas between dollars or brackets. Tables in LaTeX score
            0, as in the evaluator.
        cdm: Scores LaTeX of a formula against LaTeX, between 0 and 1 (reference first); without it formulas have
            their edit distance only.

    Raises:
        TreeTooLarge: A table of the answer is beyond what a page can hold.
    """
    texts, tables = read_truth(truth)
    answer = read_markdown(markdown)
    scored_tables, pieces = _match_tables(tables, answer)
    pairs = list(_match_texts(split_truth_arrays(texts), pieces))
    as_text = [pair for pair in pairs if pair.category in TEXTS]
    scored = [_score_text(pair) for pair in as_text]
    for pair in pairs:
        if pair.category == FORMULA:
            is_formula = pair.hypothesis_kind in ("", FORMULA, INLINE)
            scored.append(_score_formula(pair, cdm) if is_formula else _score_formula_as_text(pair))
    page = (truth.get("page_info") or {}).get("page_attribute") or {}
    return PageScore((*scored, *scored_tables), _score_order(as_text), page)


def _match_tables(tables: Sequence[Block], answer: Sequence[Element]) -> tuple[list[Scored], list[Element]]:
    """Score the tables; the cells of those that stand for none join the text.

    Returns:
        A score for each table of the reference; and the pieces of the answer to be matched as text. Where the
        reference has no table, those of the answer are left out. An answer with more tables in LaTeX than in HTML
        scores nothing, and tables whose LaTeX is not known then do not count.
    """
    kinds = Counter(element.kind for element in answer)
    pieces = [element for element in answer if element.kind in (TEXT, FORMULA)]
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


def _match_texts(blocks: Sequence[Block], answer: Sequence[Element]) -> Iterator[_Pair]:
    """Match texts and formulas; those that nobody scores are matched first, and take their pieces with them."""
    pieces = split_arrays(sorted(answer, key=lambda element: (element.fine == INLINE, element.start)))
    lines = [(block, form) for block in blocks if (form := _form(block.content, block.category == FORMULA))]
    readings = [(piece, form) for piece in pieces if (form := _form(piece.content, piece.kind == FORMULA))]
    gone = _noise([form for block, form in lines if block.category in IGNORED], [form for _, form in readings])
    # Blocks and pieces without a letter are left out of the lists, and the evaluator then takes places and kinds by
    # number from the full lists: here too, or its reading order cannot be had.
    placed = [(line, blocks[number]) for number, line in enumerate(lines) if line[0].category not in IGNORED]
    kept = [(reading, pieces[number]) for number, reading in enumerate(readings) if number not in gone]
    for found in match([form for (_, form), _ in placed], [form for (_, form), _ in kept]):
        ours, theirs = [placed[place] for place in found.blocks], [kept[place] for place in found.pieces]
        category = Counter(block.category for (block, _), _ in ours).most_common(1)[0][0]
        kind = (theirs[0][1].fine or theirs[0][1].kind) if theirs else ""
        yield _Pair(
            category,
            _write([block.content for (block, _), _ in ours], category == FORMULA),
            _write([piece.content for (piece, _), _ in theirs], "equation" in kind),
            "".join(form for (_, form), _ in ours),
            "".join(form for (_, form), _ in theirs),
            kind,
            tuple(owner.order for _, owner in ours if owner.order),
            theirs[0][1].start if theirs else None,
            tuple(owner.attributes for _, owner in ours),
        )


def _noise(ignored: list[str], readings: list[str]) -> set[int]:
    """Find the pieces that are blocks which nobody scores (headers, captions)."""
    return set(np.nonzero((distances(ignored, readings) < _SURE).any(axis=0))[0].tolist())


def _form(content: str, formula: bool) -> str:
    return normal.normal_formula(content) if formula else normal.normal_text(content)


def _write(parts: Sequence[str], formula: bool) -> str:
    """Join what was matched as one: formulas become the lines of an array."""
    if not formula or len(parts) < 2:
        return "".join(parts)
    lines = (f"{{{part.strip('$').strip(chr(10))}}}" for part in parts)
    return "\\begin{array}{l} " + " \\\\ ".join(lines) + " \\end{array}"


def _score_text(pair: _Pair) -> Scored:
    edits = ned(pair.normal_reference, pair.normal_hypothesis)
    return Scored("text", pair.reference, pair.hypothesis, edits, attributes=pair.attributes)


def _score_formula_as_text(pair: _Pair) -> Scored:
    """Score a formula that the answer gives as text: as text."""
    plain = latex_to_text(pair.reference)
    reference = pair.reference if plain is None else plain
    edits = ned(normal.normal_text(reference) or reference, pair.normal_hypothesis)
    return Scored("text", reference, pair.hypothesis, edits, attributes=pair.attributes)


def _score_formula(pair: _Pair, cdm: Cdm | None) -> Scored:
    edits = ned(pair.normal_reference, pair.normal_hypothesis)
    hypothesis = pair.hypothesis.split("```latex")[-1].split("```")[0].strip("$").strip()
    values = {}
    if cdm is not None:
        values["cdm"] = cdm(pair.reference.strip("$").strip(), hypothesis) if hypothesis else 0.0
    return Scored("formula", pair.reference, pair.hypothesis, edits, values, pair.attributes)


def _score_table(table: Block, hypothesis: str, attributes: Mapping[str, object]) -> Scored:
    reference, got = normal.normal_table(table.html), normal.normal_table(hypothesis)
    readable = normal.has_spans(reference) and normal.has_spans(got)
    values = {
        "teds": teds(reference, got) if readable else 0.0,
        "teds_s": teds(reference, got, structure_only=True) if readable else 0.0,
        "teds_canonical": teds(canonical_table(table.html), canonical_table(hypothesis)),
    }
    return Scored("table", table.html, hypothesis, ned(reference, got), values, (attributes,))


def _score_order(pairs: Sequence[_Pair]) -> Counts | None:
    """Compare the order of the blocks with the order of what stands for them."""
    expected = sorted(place for pair in pairs for place in pair.places)
    found = sorted((pair for pair in pairs if pair.start is not None), key=lambda pair: pair.start or 0)
    got = [place for pair in found for place in pair.places]
    longest = max(len(expected), len(got))
    return Counts(int(Levenshtein.distance(expected, got)), longest) if longest else None

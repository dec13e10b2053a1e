"""DP-Bench by its own rules: NID without what is in tables, TEDS of the first table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ocr_project.bench.metrics.canonical import canonical_table, canonical_text
from ocr_project.bench.metrics.catalog import CANONICAL, OFFICIAL
from ocr_project.bench.metrics.opendataloader import mhs, nid
from ocr_project.bench.metrics.tables.markdown import tables_to_html
from ocr_project.bench.metrics.tables.teds import dp_bench_teds, teds
from ocr_project.bench.rules.outcome import Outcome
from ocr_project.bench.rules.rule import Payload, Rule, undrawn
from ocr_project.bench.rules.score_counts import ScoreCounts, counted
from ocr_project.domain.types import TruthKind


def score_markdown(payload: Payload, outcome: Outcome) -> Iterator[ScoreCounts]:
    """Score `{"markdown", "tables"}`, the tables as HTML one after another."""
    reference, tables, hypothesis = payload["markdown"], payload["tables"], outcome.transcript.markdown
    found = tables_to_html(hypothesis)
    yield counted("nid", OFFICIAL, nid(reference, hypothesis, tables=False))
    yield counted("nid", CANONICAL, nid(canonical_text(reference), canonical_text(hypothesis)))
    yield counted("teds", OFFICIAL, dp_bench_teds(tables, found))
    yield counted("teds_s", OFFICIAL, dp_bench_teds(tables, found, structure_only=True))
    if tables.strip():
        plain, bare = canonical_table(tables), canonical_table(found)
        yield counted("teds", CANONICAL, teds(plain, bare))
        yield counted("teds_s", CANONICAL, teds(plain, bare, structure_only=True))
    yield counted("mhs", OFFICIAL, mhs(reference, hypothesis))


RULES: Mapping[TruthKind, Rule] = {TruthKind.MARKDOWN: undrawn(score_markdown)}

"""DP-Bench by its own rules: NID of the elements without tables, TEDS of the first table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ocr_project.bench.metrics.canonical import canonical_table, canonical_text
from ocr_project.bench.metrics.catalog import CANONICAL, OFFICIAL
from ocr_project.bench.metrics.opendataloader import mhs, nid
from ocr_project.bench.metrics.tables.markdown import tables_to_html
from ocr_project.bench.metrics.tables.teds import dp_bench_nid, dp_bench_teds, teds
from ocr_project.bench.rules.outcome import Outcome
from ocr_project.bench.rules.rule import Payload, Rule, undrawn
from ocr_project.bench.rules.score_counts import ScoreCounts, counted
from ocr_project.domain.types import TruthKind

# A suffix of its own: the same page by the NID-S of opendataloader-bench, which descends from DP-Bench's.
_OPENDATALOADER = "opendataloader"
_TABLE = re.compile(r"<table\b[^>]*>.*?</table>", re.IGNORECASE | re.DOTALL)
_HEADING = re.compile(r"#{1,6}\s+")
_PICTURE = re.compile(r"!\[[^\]]*\]\([^)]*\)")


def score_markdown(payload: Payload, outcome: Outcome) -> Iterator[ScoreCounts]:
    """Score `{"markdown", "tables", "texts"}`: the tables as HTML one after another, the texts element by element."""
    reference, tables, hypothesis = payload["markdown"], payload["tables"], outcome.transcript.markdown
    found = tables_to_html(hypothesis)
    yield counted("nid", OFFICIAL, dp_bench_nid(payload["texts"], elements_of(found)))
    yield counted("nid", _OPENDATALOADER, nid(reference, hypothesis, tables=False))
    yield counted("nid", CANONICAL, nid(canonical_text(reference), canonical_text(hypothesis)))
    yield counted("teds", OFFICIAL, dp_bench_teds(tables, found))
    yield counted("teds_s", OFFICIAL, dp_bench_teds(tables, found, structure_only=True))
    if tables.strip():
        plain, bare = canonical_table(tables), canonical_table(found)
        yield counted("teds", CANONICAL, teds(plain, bare))
        yield counted("teds_s", CANONICAL, teds(plain, bare, structure_only=True))
    yield counted("mhs", OFFICIAL, mhs(reference, hypothesis))


def elements_of(markdown: str) -> list[str]:
    """Take a page in Markdown apart into what a parser calls its elements.

    DP-Bench compares elements, and the answer is a page: each heading is an element, and so is each block between
    empty lines. Marks of headings, pictures and tables in HTML are left out.
    """
    found: list[str] = []
    block: list[str] = []
    for line in [*_PICTURE.sub("", _TABLE.sub("\n\n", markdown)).splitlines(), ""]:
        heading = _HEADING.match(line)
        if block and (heading or not line.strip()):
            found.append("\n".join(block))
            block = []
        if heading:
            found.append(line[heading.end() :].strip())
        elif line.strip():
            block.append(line)
    return found


RULES: Mapping[TruthKind, Rule] = {TruthKind.MARKDOWN: undrawn(score_markdown)}

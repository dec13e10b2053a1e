"""Document types of scans: what is known before they are read."""

from __future__ import annotations

from ocr_project.bench.testsets.card import Card

CARD = Card(
    name="page_types",
    title="Document types of scans (VLMHyperBench's classification)",
    licence="that of its files",
    commercial=None,
    homepage="docs/testsets/page_types.md",
    metrics=("accuracy", "f1_macro", "type_f1"),
    headline="accuracy/official",
    how="put scans into <type>/images/<subset>/ there, and classes.json with a title for each type beside the types",
)

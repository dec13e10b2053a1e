"""The order of mixed pages: what is known before they are read."""

from __future__ import annotations

from ocr_project.bench.testsets.card import Card

CARD = Card(
    name="page_order",
    title="Order of mixed pages (VLMHyperBench's page sorting)",
    licence="that of its files",
    commercial=None,
    homepage="docs/testsets/page_order.md",
    metrics=("kendall_tau", "spearman", "accuracy", "exact"),
    headline="kendall_tau/official",
    how="put images/<subset>/<document>/0.jpg, 1.jpg, … in mixed order there, and their order into"
    ' jsons/<document>.json: {"fields": {"order": [2, 0, 1]}}',
)

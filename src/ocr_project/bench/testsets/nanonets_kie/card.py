"""Nanonets-KIE: origin, licence, scores."""

from __future__ import annotations

from ocr_project.bench.testsets.card import Card, Hub

CARD = Card(
    name="nanonets_kie",
    title="Nanonets-KIE",
    licence="Apache-2.0 as a list of sets says; look at its card",
    commercial=None,
    homepage="https://huggingface.co/datasets/nanonets/key_information_extraction",
    metrics=("kie_f1", "anls_star"),
    headline="anls_star/official",
    hub=Hub("nanonets/key_information_extraction", None, ("**/test-*.parquet",)),
)

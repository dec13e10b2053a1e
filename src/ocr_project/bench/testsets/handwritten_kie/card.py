"""Handwritten-KIE: origin, licence, scores."""

from __future__ import annotations

from ocr_project.bench.testsets.card import Card, Hub

CARD = Card(
    name="handwritten_kie",
    title="Handwritten-KIE",
    licence="not stated where it could be looked up; look at its card",
    commercial=None,
    homepage="https://huggingface.co/datasets/Rasi1610/DeathSe43_44_checkbox",
    metrics=("kie_f1", "anls_star"),
    headline="anls_star/official",
    hub=Hub("Rasi1610/DeathSe43_44_checkbox", None, ("**/val*.parquet",)),
)

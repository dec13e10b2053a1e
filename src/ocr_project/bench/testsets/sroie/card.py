"""SROIE: origin, licence, scores."""

from __future__ import annotations

from ocr_project.bench.testsets.card import Card

CARD = Card(
    name="sroie",
    title="SROIE (ICDAR 2019)",
    licence="CC BY 4.0 as lists of sets say; its challenge asks for registration",
    commercial=True,
    homepage="https://rrc.cvc.uab.es/?ch=13",
    metrics=("kie_f1", "anls_star", "cer", "word_f1", "ned"),
    headline="anls_star/official",
    how="get the archive from the challenge (or a mirror of it, such as zzzDavid/ICDAR-2019-SROIE on GitHub) and put"
    " its folders img, entities (or key) and box there",
    version=3,
)

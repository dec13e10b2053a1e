"""PubTabNet: origin, licence, scores."""

from __future__ import annotations

from ocr_project.bench.testsets.card import Card, Hub

CARD = Card(
    name="pubtabnet",
    title="PubTabNet (validation)",
    licence="CDLA-Permissive-1.0; the images are PubMed Central's Open Access subset's",
    commercial=True,
    homepage="https://github.com/ibm-aur-nlp/PubTabNet",
    metrics=("teds", "teds_s"),
    headline="teds/official",
    hub=Hub("apoidea/pubtabnet-html", "25c1352f9a5b0f1e926d8736a56750df283eddd2", ("data/validation-*.parquet",)),
)

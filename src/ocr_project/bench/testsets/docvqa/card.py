"""DocVQA: origin, licence, scores."""

from __future__ import annotations

from ocr_project.bench.testsets.card import Card, Hub

CARD = Card(
    name="docvqa",
    title="DocVQA (validation)",
    licence="the challenge's terms (registration); the Hub's copy says Apache-2.0; images of the UCSF Industry"
    " Documents Library",
    commercial=None,
    homepage="https://www.docvqa.org",
    metrics=("anls",),
    headline="anls/official",
    hub=Hub("lmms-lab/DocVQA", "59fed3cdc38662abeef8f363171b2ec7c95c165c", ("DocVQA/validation-*.parquet",)),
    version=2,
)

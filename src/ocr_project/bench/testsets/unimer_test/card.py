"""UniMER-Test: origin, licence, scores."""

from __future__ import annotations

from ocr_project.bench.testsets.card import Card, Hub

CARD = Card(
    name="unimer_test",
    title="UniMER-Test",
    licence="Apache-2.0 as its card says; the handwriting is CROHME's and HME100K's, with their own terms",
    commercial=None,
    homepage="https://huggingface.co/datasets/wanderkid/UniMER_Dataset",
    metrics=("cdm", "formula_edit", "bleu", "exact"),
    headline="cdm/official",
    hub=Hub("wanderkid/UniMER_Dataset", "ad57845603027bfa2ca31638dcfc3e3618332171", ("UniMER-Test.zip",)),
)

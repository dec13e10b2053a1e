"""A folder of your own: what is known about it before it is read."""

from __future__ import annotations

from ocr_project.bench.testsets.card import Card

CARD = Card(
    name="own_folder",
    title="A folder of your own",
    licence="that of its files",
    commercial=None,
    homepage="docs/testsets/own_folder.md",
    metrics=("cer", "word_f1", "wer", "ned", "teds", "formula_edit", "cdm", "nid", "kie_f1", "anls"),
    how="any folder: X.png with X.gt.txt, X.gt.html, X.gt.tex, X.key.json, … beside it",
    version=3,
)

"""IAM handwriting, lines: origin, licence, scores."""

from __future__ import annotations

from ocr_project.bench.testsets.card import Card, Hub

CARD = Card(
    name="iam_lines",
    title="IAM handwriting, lines (test)",
    licence="the IAM database is for non-commercial research; the Hub's copy says MIT",
    commercial=False,
    homepage="https://fki.tic.heia-fr.ch/databases/iam-handwriting-database",
    metrics=("cer", "word_f1", "wer", "ned"),
    headline="cer_no_space/official",
    hub=Hub("Teklia/IAM-line", "fbdad97500ce54635c0d1ba306bf535cb40656cf", ("data/test*.parquet",)),
)

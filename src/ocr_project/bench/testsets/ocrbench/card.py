"""OCRBench: origin, licence, scores."""

from __future__ import annotations

from ocr_project.bench.testsets.card import Card, Hub

CARD = Card(
    name="ocrbench",
    title="OCRBench",
    licence="none stated on its card; the images are those of some 20 older sets, each with its own terms",
    commercial=None,
    homepage="https://github.com/Yuliang-Liu/MultimodalOCR",
    metrics=("accuracy",),
    headline="accuracy/official",
    hub=Hub("echo840/OCRBench", "92a54bd1384387c178d5a07140a2d85e0a3d12e1", ("data/test-*.parquet",)),
)

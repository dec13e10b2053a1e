"""OCRBench v2: origin, licence, scores."""

from __future__ import annotations

from ocr_project.bench.testsets.card import Card, Hub

CARD = Card(
    name="ocrbench_v2",
    title="OCRBench v2",
    licence="its authors' README: for research purposes only; the Hub's card says MIT; the images are those of some 80"
    " sets, each with its own terms",
    commercial=False,
    homepage="https://github.com/Yuliang-Liu/MultimodalOCR",
    metrics=("accuracy", "teds", "teds_s", "cer", "ned"),
    headline="overall/official",
    hub=Hub("ling99/OCRBench_v2", "c7e7cdf23bdb6774661e9b0caf0d9935a42feb8b", ("data/test-*.parquet",)),
    version=2,
)

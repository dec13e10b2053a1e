"""KDoc-OCRBench-V2: origin, licence, scores."""

from __future__ import annotations

from dataclasses import replace

from ocr_project.bench.testsets.card import Hub
from ocr_project.bench.testsets.olmocr_bench.card import CARD as OLMOCR_BENCH

CARD = replace(
    OLMOCR_BENCH,
    name="kdoc_ocrbench_v2",
    title="KDoc-OCRBench-V2",
    licence="CC BY 4.0; the PDFs are Korean public documents (KOGL type 1)",
    commercial=True,
    homepage="https://huggingface.co/datasets/ONTHEIT/KDoc-OCRBench-V2",
    hub=Hub("ONTHEIT/KDoc-OCRBench-V2", None, ("*.jsonl", "pdfs/*")),
)

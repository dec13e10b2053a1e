"""olmOCR-bench: origin, licence, scores."""

from __future__ import annotations

from ocr_project.bench.testsets.card import Card, Hub

CARD = Card(
    name="olmocr_bench",
    title="olmOCR-bench",
    licence="ODC-BY 1.0; the PDFs have their own terms",
    commercial=True,
    homepage="https://huggingface.co/datasets/allenai/olmOCR-bench",
    metrics=("pass_rate",),
    headline="overall/official",
    hub=Hub(
        "allenai/olmOCR-bench",
        "eaa828947384ffce68f08c223a0f5f4e2f2df624",
        ("bench_data/*.jsonl", "bench_data/pdfs/**"),
    ),
    version=3,
)

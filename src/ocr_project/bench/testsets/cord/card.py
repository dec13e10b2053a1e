"""CORD v2: origin, licence, scores."""

from __future__ import annotations

from ocr_project.bench.testsets.card import Card, Hub

CARD = Card(
    name="cord",
    title="CORD v2 (test)",
    licence="CC BY 4.0",
    commercial=True,
    homepage="https://github.com/clovaai/cord",
    metrics=("kie_f1", "anls_star"),
    headline="anls_star/official",
    hub=Hub("naver-clova-ix/cord-v2", "7f0115a4b758a71d6473b8d085751692da2fef98", ("data/test-*.parquet",)),
)

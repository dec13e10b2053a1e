"""OmniDocBench v1.6: origin, licence, scores."""

from __future__ import annotations

from ocr_project.bench.testsets.card import Card, Hub

CARD = Card(
    name="omnidocbench_v1_6",
    title="OmniDocBench v1.6",
    licence="its card: for research purposes only; the pages are from public sources",
    commercial=False,
    homepage="https://huggingface.co/datasets/opendatalab/OmniDocBench",
    metrics=("text_edit", "teds", "teds_s", "cdm", "formula_edit", "reading_order"),
    headline="overall/official",
    hub=Hub(
        "opendatalab/OmniDocBench",
        "aa1ee96d106dbe53d0ae59474d75c6e6d9b53fec",
        ("OmniDocBench.json", "images/*"),
    ),
    version=2,
)

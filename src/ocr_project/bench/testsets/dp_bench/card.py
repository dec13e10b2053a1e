"""Upstage DP-Bench: origin, licence, scores."""

from __future__ import annotations

from ocr_project.bench.testsets.card import Card, Hub

CARD = Card(
    name="dp_bench",
    title="Upstage DP-Bench",
    licence="MIT; the pages are of the Library of Congress, open textbooks and Upstage, with their own terms",
    commercial=True,
    homepage="https://huggingface.co/datasets/upstage/dp-bench",
    metrics=("nid", "teds", "teds_s", "mhs", "mhs_s"),
    headline="teds/official",
    hub=Hub(
        "upstage/dp-bench",
        "24702c61a2fb13325534be664653bc6e60250d13",
        ("dataset/reference.json", "dataset/pdfs/*"),
    ),
    version=2,
)

"""SDS-KoPub-VDR: origin, licence, scores."""

from __future__ import annotations

from ocr_project.bench.testsets.card import Card

CARD = Card(
    name="sds_kopub",
    title="SDS-KoPub-VDR",
    licence="CC BY-SA 4.0",
    commercial=True,
    homepage="https://huggingface.co/datasets/SamsungSDS-Research/SDS-KoPub-VDR-Benchmark",
    metrics=("ndcg", "recall"),
    how="run the main job on it: kedro run --params"
    " ingest.source=hf://datasets/SamsungSDS-Research/SDS-KoPub-VDR-Benchmark (or a folder of its Parquet files);"
    " questions and judgements come with it",
)

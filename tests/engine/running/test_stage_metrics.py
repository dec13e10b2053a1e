"""What a stage did, as counts."""

from __future__ import annotations

from ocr_project.domain.options import RuntimeOptions
from ocr_project.domain.schemas import to_frame
from ocr_project.domain.types import Document, ShardInfo, Status
from ocr_project.engine.running.stage_metrics import measure_documents
from ocr_project.testing import fakes


def test_documents_and_pages_are_counted_by_what_became_of_them() -> None:
    statuses = (Status.OK, Status.OK, Status.OK, Status.FAILED, Status.SKIPPED)  # the third is behind the limit
    documents = [
        Document(f"d{at}", f"{at}.pdf", "", "application/pdf", 1, 9, "", status) for at, status in enumerate(statuses)
    ]
    layers = ((True, True), (True, False), (False, True), (False, False))
    pages = [
        fakes.page(at, f"d{at // 3}", text_layer_healthy=healthy, text_layer_preferred=preferred)
        for at, (healthy, preferred) in enumerate(layers, 1)
    ]
    shards = fakes.MemoryShards({"a": (ShardInfo("a", "k", "a", 4), pages)})
    found = measure_documents(to_frame(documents, Document), shards, RuntimeOptions())
    counted = ("documents", "documents_failed", "documents_skipped", "pages_with_text", "pages_by_text", "pages")
    assert [found[name] for name in counted] == [2, 1, 1, 2, 2, 4]

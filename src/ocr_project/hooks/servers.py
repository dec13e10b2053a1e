"""Servers are started while the stages before theirs are at work, and none is left when a run is over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline

from ocr_project.domain.options import (
    Embedded,
    EmbeddingBackend,
    EmbeddingOptions,
    IngestOptions,
    RecognitionBackend,
    RecognitionOptions,
    ServerOptions,
    TextLayer,
)
from ocr_project.domain.types import Status
from ocr_project.runner import has_room

if TYPE_CHECKING:
    import pandas as pd

_TEXTS = frozenset({Embedded.PAGE_TEXT, Embedded.REGION_TEXT})


class ServerHooks:
    """What a run says of its servers: which its stages will want, and that it is over."""

    def __init__(self) -> None:
        self._expects = False
        self._ingest: IngestOptions | None = None

    @hook_impl(trylast=True)
    def before_pipeline_run(self, pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> None:
        expected = dict(_expected(pipeline, catalog))
        self._expects = bool(expected)
        if not expected:
            return
        from ocr_project.engine.models.served.embedding import pooling_arguments
        from ocr_project.engine.models.served.fleets import FLEETS, Expected

        FLEETS.expect(
            [
                Expected(stage, options, tuple(pooling_arguments(options)) if stage == "embedding" else ())
                for stage, options in expected.items()
            ]
        )
        named = "params:ingest" in pipeline.inputs()
        self._ingest = catalog.load("params:ingest") if named else None
        if "documents" not in pipeline.all_outputs() and catalog.exists("documents"):
            self._look_at(catalog.load("documents"))

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any) -> None:
        if dataset_name == "documents":
            self._look_at(data)

    def _look_at(self, documents: pd.DataFrame) -> None:
        """Let servers of recognition wait for a request where all pages may bring their own text."""
        if self._expects and bring_text(documents, self._ingest or IngestOptions()):
            from ocr_project.engine.models.served.fleets import FLEETS

            FLEETS.start_with_request("recognition")

    @hook_impl(tryfirst=True)
    def after_pipeline_run(self) -> None:
        self._close()

    @hook_impl(tryfirst=True)
    def on_pipeline_error(self) -> None:
        self._close()

    def _close(self) -> None:
        if self._expects:
            from ocr_project.engine.models.served.fleets import FLEETS

            FLEETS.close()


def bring_text(documents: pd.DataFrame, options: IngestOptions) -> bool:
    """Say whether all documents are office files whose own text is taken: few of their pages ask a model, or none."""
    from ocr_project.engine.ingest.office_kinds import is_office

    kinds = documents.loc[documents["status"] == Status.OK, "media_type"]
    return options.office_text_layer is TextLayer.PREFER and bool(len(kinds)) and all(map(is_office, kinds))


def _expected(pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the stages whose servers may start before they ask for them, in their order, and the servers' options."""
    named = {name for name in pipeline.inputs() if name.startswith("params:")}

    def options(stage: str) -> Any:
        return catalog.load(f"params:{stage}") if f"params:{stage}" in named else None

    reading, embedding = options("recognition"), options("embedding")
    if isinstance(reading, RecognitionOptions) and reading.backend is RecognitionBackend.VLLM:
        servers = reading.vllm
        if _is_ours(servers) and _reads_all(options("ingest")) and has_room(servers, options("layout")):
            yield "recognition", servers
    if isinstance(embedding, EmbeddingOptions) and embedding.backend is EmbeddingBackend.VLLM:
        # new pages have other texts; whether images are to be embedded again, their stage alone knows
        embeds_texts = bool(_TEXTS & set(embedding.embed))
        if embeds_texts and _is_ours(embedding.vllm):
            yield "embedding", embedding.vllm


def _is_ours(options: ServerOptions) -> bool:
    return not options.urls


def _reads_all(options: IngestOptions | None) -> bool:
    """Say whether new pages are read: with `prefer` all of them may have a text layer, and no model is asked."""
    return options is None or options.text_layer is not TextLayer.PREFER

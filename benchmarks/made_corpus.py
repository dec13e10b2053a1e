"""A corpus whose tables are made without reading a page: what comes after the shards can be looked at for itself.

Usage: python -m benchmarks.made_corpus --folder DIR [--pages 8000] [--shard-pages 100]

The PDFs of `benchmarks.scale`, listed as a run lists them, and shards of all stages with the keys that a run with
`PARAMS` gives them, written through the house's own storage: `kedro run` in `DIR/project` finds every shard done, and
makes tables, indexes, exports and the report. Texts have the length and the words of `benchmarks.fake_servers`.
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.fake_servers import texts
from benchmarks.scale import PAGE, made
from PIL import Image
from tests.whole_job import DOCUMENTS, SHARDED

from ocr_project.datasets import WholeTable
from ocr_project.domain.options import (
    EmbeddingOptions,
    IngestOptions,
    LayoutOptions,
    RecognitionOptions,
    Retry,
    TranscriptOptions,
)
from ocr_project.domain.schemas import ROW_TYPES, from_frame
from ocr_project.domain.types import (
    Box,
    Document,
    Embedding,
    Identity,
    Page,
    Recognition,
    Region,
    Shard,
    ShardInfo,
    Word,
)
from ocr_project.engine.embedding import build_embedder
from ocr_project.engine.embedding.inputs import stage_identity
from ocr_project.engine.ingest import ingest_identity
from ocr_project.engine.ingest.partition import Slice, partition, shard_info
from ocr_project.engine.layout import build_detector
from ocr_project.engine.layout.whole_page import page_region
from ocr_project.engine.recognition import build_recognizer
from ocr_project.engine.running.plan import Plan, pending
from ocr_project.engine.running.stream import join_pages
from ocr_project.engine.transcript import assemble, transcript_identity
from ocr_project.pipelines.ingest.nodes import list_documents
from ocr_project.storage.lineages import LineageFolder

DIMENSIONS = 2_048
CHARACTERS = 1_200  # of a page
PARAMS = ("ingest.dpi=72", "layout.backend=whole_page", "runtime.progress=false",
          f"embedding.hashing.dimensions={DIMENSIONS}")  # fmt: skip
_ROWS = {"pages": "Page", "regions": "Region", "recognitions": "Recognition", "transcripts": "Transcript",
         "page_vectors": "Embedding"}  # fmt: skip
_MADE_FROM = {"regions": ("pages", "layout"), "recognitions": ("regions", "recognition"),
              "transcripts": ("recognitions", "transcript"), "page_vectors": ("transcripts", "embedding")}  # fmt: skip
_LANGUAGES = "kor+eng+rus"  # of conf/base

Rows = Callable[[ShardInfo], Sequence[Any]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--pages", type=int, default=8_000)
    parser.add_argument("--shard-pages", type=int, default=100)
    options = parser.parse_args()
    project, source = made(options.folder, options.pages)
    began = time.perf_counter()
    fill(project, source, options.shard_pages)
    print(f"{options.pages} pages in {time.perf_counter() - began:.1f} s; kedro run --params"
          f" {','.join(params(source, options.shard_pages))}")  # fmt: skip


def params(source: Path, shard_pages: int) -> tuple[str, ...]:
    """Return the options of the run that finds all shards done."""
    return (*PARAMS, f"ingest.source={source}", f"ingest.shard_pages={shard_pages}")


def fill(project: Path, source: Path, shard_pages: int) -> None:
    """Write the table of documents, and the shards of all stages; what is there already stays."""
    ingest = IngestOptions(source=str(source), dpi=72, shard_pages=shard_pages)
    documents = list_documents(str(source), ingest)
    table = WholeTable(filepath=str(project / DOCUMENTS))
    table.save(documents)
    slices = partition(from_frame(documents, Document), limit=None, shard_pages=shard_pages)
    folders = {name: LineageFolder(project / folder, ROW_TYPES[_ROWS[name]]) for name, folder in SHARDED.items()}
    wanted = {name: shard_info(name, parts) for name, parts in slices.items()}
    _keep(folders, "pages", pending(wanted, folders["pages"], "ingest", ingest_identity(ingest)),
          lambda info: [page for part in slices[info.name] for page in _pages(part)])  # fmt: skip
    _read(folders)
    _embedded(folders)


def _read(folders: dict[str, LineageFolder]) -> None:
    detector = build_detector(LayoutOptions(backend="whole_page"))
    _stage(folders, "regions", detector.identity,
           lambda info: [page_region(page) for page in folders["pages"].read(info.name)])  # fmt: skip
    recognizer = build_recognizer(RecognitionOptions.model_validate({"tesseract": {"languages": _LANGUAGES}}))
    text_of = texts(CHARACTERS)
    _stage(folders, "recognitions", recognizer.identity,
           lambda info: [_recognition(region, text_of) for region in folders["regions"].read(info.name)])  # fmt: skip
    recognizer.close()
    options = TranscriptOptions()

    def transcripts(info: ShardInfo) -> Sequence[Any]:
        rows = join_pages(folders["pages"].read(info.name, without=("image",)), folders["regions"].read(info.name),
                          folders["recognitions"].read(info.name))  # fmt: skip
        return [assemble(page, regions, read, options) for page, regions, read in rows]

    _stage(folders, "transcripts", transcript_identity(options), transcripts)


def _embedded(folders: dict[str, LineageFolder]) -> None:
    options = EmbeddingOptions.model_validate({"hashing": {"dimensions": DIMENSIONS}})
    identity = stage_identity(build_embedder(options).identity, options)

    def vectors(info: ShardInfo) -> Sequence[Any]:
        drawn = np.random.default_rng(info.pages)
        ids = [row.page_id for row in folders["transcripts"].read(info.name, without=("text", "markdown"))]
        found = drawn.standard_normal((len(ids), DIMENSIONS), np.float32)
        found /= np.linalg.norm(found, axis=1, keepdims=True)
        return [Embedding(page_id, "page", "text", vector) for page_id, vector in zip(ids, found, strict=True)]

    _stage(folders, "page_vectors", identity, vectors)


def _stage(folders: dict[str, LineageFolder], name: str, identity: Identity, rows: Rows) -> None:
    source, stage = _MADE_FROM[name]
    _keep(folders, name, pending(folders[source], folders[name], stage, identity, Retry.NONE), rows)


def _keep(folders: dict[str, LineageFolder], name: str, plan: Plan, rows: Rows) -> None:
    for info in plan.todo:
        began = time.perf_counter()
        found = rows(info)
        seconds = time.perf_counter() - began
        done = replace(info, items=len(found), wall_seconds=seconds, busy_seconds=seconds, workers=1, made=time.time())
        folders[name].keep(Shard(done, found, plan.lineage))
    folders[name] = LineageFolder(folders[name].root, ROW_TYPES[_ROWS[name]])


def _pages(part: Slice) -> Iterator[Page]:
    document, image = part.document, _blank()
    for number in range(part.first, part.last + 1):
        yield Page(f"{document.doc_id}_{number:05d}", document.doc_id, document.path, document.group, number, *PAGE,
                   72.0, "image/png", image, text_layer=f"page {number} of {document.path} " * 8,
                   text_layer_healthy=True)  # fmt: skip


def _blank() -> bytes:
    file = io.BytesIO()
    Image.new("L", PAGE, 255).save(file, "PNG")
    return file.getvalue()


def _recognition(region: Region, text_of: Callable[..., str]) -> Recognition:
    text = text_of(region.page_id.encode(), "", {})
    words = tuple(
        Word(word, Box(10.0, 10.0 + line, 60.0, 20.0 + line), 0.4 if line % 40 == 7 else 0.95, line)
        for line, word in enumerate(text.split()[:60])
    )
    return replace(_empty(region), text=text, words=words)


def _empty(region: Region) -> Recognition:
    return Recognition(region.page_id, region.index, "")


if __name__ == "__main__":
    main()

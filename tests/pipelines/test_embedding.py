"""The stage `embedding`: which parts of a corpus get a vector, through an external server, and how it is stored."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from ocr_project.domain.errors import BackendError
from ocr_project.domain.options import Embedded, EmbeddingOptions, RuntimeOptions
from ocr_project.domain.schemas import to_frame
from ocr_project.domain.types import Embedding, Query, Recognition, ShardInfo, Status, Transcript
from ocr_project.engine.embedding.inputs import RowsOf, page_parts
from ocr_project.pipelines.embedding.nodes import (
    embed_pages,
    embed_queries,
    index_images,
    index_pages,
    write_files,
)
from ocr_project.storage.scratch import Scratch
from ocr_project.storage.shard_folder import ShardFolder
from ocr_project.storage.vector_index import open_index
from ocr_project.testing.fake_vllm import FakeVllm
from ocr_project.testing.fakes import MemoryShards
from ocr_project.testing.regions import drawn_page

QUIET = RuntimeOptions(progress=False, workers=1)
EVERYTHING = list(Embedded)
PAGES, REGIONS = 12, 2
BROKEN = 5  # the number of a page whose image cannot be decoded
SIZE = 32


@dataclass(frozen=True)
class Corpus:
    """What the stage reads."""

    pages: MemoryShards
    regions: MemoryShards
    recognitions: MemoryShards
    transcripts: MemoryShards


def seen_as(request: Mapping[str, Any]) -> tuple[int, bytes]:
    """Answer with a vector that depends on what was asked, and on nothing else."""
    (content,) = request["messages"][1]["content"]
    said = content["text"] if content["type"] == "text" else content["image_url"]["url"]
    seed = int.from_bytes(hashlib.sha256(said.encode()).digest()[:4], "big")
    vector = np.random.default_rng(seed).standard_normal(SIZE).astype("<f4")
    return 200, json.dumps({"data": [{"embedding": base64.b64encode(vector.tobytes()).decode()}]}).encode()


@pytest.fixture
def server() -> Iterator[FakeVllm]:
    with FakeVllm(embed=seen_as, keep=True) as running:
        yield running


def options(server: FakeVllm, embed: list[Embedded], **changes: Any) -> EmbeddingOptions:
    vllm = {"urls": [server.url], "crop_workers": 1, "requests": 8, "max_pixels": 65_536, "retries": 10}
    return EmbeddingOptions.model_validate({"backend": "vllm", "vllm": vllm, "embed": embed, **changes})


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    pages, regions = zip(*(drawn_page(number, REGIONS) for number in range(1, PAGES + 1)), strict=True)
    pages = tuple(replace(page, image=b"broken") if page.number == BROKEN else page for page in pages)
    regions = tuple(region for found in regions for region in found)
    read = [Recognition(each.page_id, each.index, f"text of {each.page_id} {each.index}") for each in regions]
    read[3] = replace(read[3], text="", status=Status.FAILED, reason="model: looped")
    read[4] = replace(read[4], text=" ", status=Status.EMPTY, reason="no text found")
    said = [Transcript(page.page_id, "d", "d.pdf", "", page.number, f"page {page.number}", "") for page in pages]
    said[7] = replace(said[7], text="")
    return Corpus(shards(pages, 1), shards(regions, REGIONS), shards(read, REGIONS), shards(said, 1))


def shards(rows: Sequence[Any], per_page: int) -> MemoryShards:
    """Lay rows out in shards of four pages, of the same names whatever the rows."""
    cuts = range(0, len(rows), 4 * per_page)
    return MemoryShards(
        {
            f"s{n}": (ShardInfo(f"s{n}", f"key {n}", f"{n:03}", 4), list(rows[cut : cut + 4 * per_page]))
            for n, cut in enumerate(cuts)
        }
    )


def run(corpus: Corpus, folder: ShardFolder, chosen: EmbeddingOptions) -> list[ShardInfo]:
    read = (corpus.pages, corpus.regions, corpus.recognitions, corpus.transcripts)
    return list(embed_pages(*read, folder, chosen, QUIET).shards)


def test_every_part_of_every_page_has_a_row_in_order(corpus: Corpus, server: FakeVllm, tmp_path: Path) -> None:
    folder = ShardFolder(tmp_path, Embedding)
    chosen = options(server, EVERYTHING)
    run(corpus, folder, chosen)
    rows = list(folder.rows())
    wanted = [
        entry
        for number in range(1, PAGES + 1)
        for page in [f"d_{number:05d}"]
        for entry in [
            (page, "page", "text"),
            (page, "page", "image"),
            *((f"{page}#{index}", "region", "text") for index in range(REGIONS)),
            *((f"{page}#{index}", "region", "image") for index in range(REGIONS)),
        ]
    ]
    assert [(row.item_id, row.kind, row.modality) for row in rows] == wanted
    statuses = {(row.item_id, row.modality): row for row in rows if row.status is not Status.OK}
    broken = f"d_{BROKEN:05d}"
    assert {key: row.status for key, row in statuses.items()} == {
        (broken, "image"): Status.FAILED,
        (f"{broken}#0", "image"): Status.FAILED,
        (f"{broken}#1", "image"): Status.FAILED,
        ("d_00002#1", "text"): Status.SKIPPED,
        ("d_00003#0", "text"): Status.EMPTY,
        ("d_00008", "text"): Status.EMPTY,
    }
    assert all(row.reason and not row.vector.any() for row in statuses.values())
    assert statuses["d_00002#1", "text"].reason == "model: looped"
    lengths = [np.linalg.norm(row.vector) for row in rows if row.status is Status.OK]
    assert lengths == pytest.approx([1.0] * len(lengths), abs=1e-5)


def test_requests_are_what_the_model_card_asks_for(corpus: Corpus, server: FakeVllm, tmp_path: Path) -> None:
    run(corpus, ShardFolder(tmp_path, Embedding), options(server, [Embedded.PAGE_IMAGE, Embedded.PAGE_TEXT]))
    for body in server.bodies:
        assert body["messages"][0]["content"] == [{"type": "text", "text": "Represent the user's input."}]
        assert [message["role"] for message in body["messages"]] == ["system", "user"]
        assert (body["add_generation_prompt"], body["encoding_format"]) == (True, "base64")
        assert "dimensions" not in body
    images = [body for body in server.bodies if body["messages"][1]["content"][0]["type"] == "image_url"]
    assert len(images) == PAGES - 1
    assert all(body["mm_processor_kwargs"]["size"]["longest_edge"] == 65_536 for body in images)


def test_what_is_done_is_not_done_again_and_what_changes_is(corpus: Corpus, server: FakeVllm, tmp_path: Path) -> None:
    folder = ShardFolder(tmp_path, Embedding)
    chosen = options(server, [Embedded.PAGE_TEXT])
    assert len(run(corpus, folder, chosen)) == 3
    asked = server.requests
    assert run(corpus, folder, chosen) == []
    assert server.requests <= asked + 1  # one at most, for the length of a vector
    assert len(run(corpus, folder, options(server, [Embedded.PAGE_TEXT], dtype="float16"))) == 3
    assert len(run(corpus, folder, options(server, [Embedded.PAGE_IMAGE]))) == 3
    (tmp_path / "s1.parquet").unlink()
    assert [info.name for info in run(corpus, folder, options(server, [Embedded.PAGE_IMAGE]))] == ["s1"]


def test_page_images_alone_need_no_ocr(corpus: Corpus, server: FakeVllm, tmp_path: Path) -> None:
    alone = Corpus(corpus.pages, MemoryShards(), MemoryShards(), MemoryShards())
    infos = run(alone, ShardFolder(tmp_path, Embedding), options(server, [Embedded.PAGE_IMAGE]))
    assert sum(info.items for info in infos) == PAGES
    run(corpus, ShardFolder(tmp_path / "r", Embedding), options(server, [Embedded.REGION_IMAGE]))


@pytest.mark.parametrize(("dtype", "width"), [("float32", "float"), ("float16", "halffloat")])
def test_vectors_rest_as_lists_of_fixed_size(
    dtype: str, width: str, corpus: Corpus, server: FakeVllm, tmp_path: Path
) -> None:
    folder = ShardFolder(tmp_path, Embedding)
    run(corpus, folder, options(server, [Embedded.PAGE_TEXT], dtype=dtype))
    kind = pq.read_schema(tmp_path / "s0.parquet").field("vector").type
    assert str(kind).startswith(f"fixed_size_list<element: {width}") or str(kind).endswith(f"[{SIZE}]")
    assert kind.list_size == SIZE
    assert all(row.vector.dtype == np.float32 for row in folder.rows())


def test_indexes_and_files_hold_the_right_rows(corpus: Corpus, server: FakeVllm, tmp_path: Path) -> None:
    folder = ShardFolder(tmp_path / "shards", Embedding)
    chosen = options(server, EVERYTHING, npy=True, dtype="float16")
    run(corpus, folder, chosen)
    scratch = Scratch(tmp_path / "scratch")
    queries = embed_queries(scratch, to_frame([Query("q1", "page 3"), Query("q2", " ")], Query), chosen)
    asked = list(queries.rows(Embedding))
    assert [row.status for row in asked] == [Status.OK, Status.EMPTY]
    ids, texts = open_index(index_pages(folder, tmp_path / "page_index", scratch, chosen))
    images = open_index(index_images(folder, tmp_path / "page_image_index", scratch))[0]
    assert list(ids) == [f"d_{number:05d}" for number in range(1, PAGES + 1)] == list(images)
    # the stand-in sees the words alone, so the page's own words find it
    assert int(np.argmax(texts @ asked[0].vector)) == 2
    npy = write_files(folder, queries, tmp_path / "files", scratch, chosen)
    names = ("corpus_images", "corpus_ocr_text", "queries", "region_images", "region_ocr_text")
    for name, count in zip(names, (PAGES, PAGES, 2, 2 * PAGES, 2 * PAGES), strict=True):
        array = np.load(npy / f"{name}.npy", mmap_mode="r")
        assert (array.shape, array.dtype) == ((count, SIZE), np.float16)
        assert len((npy / f"{name}.ids.txt").read_text().splitlines()) == count
    assert np.load(npy / "corpus_ocr_text.npy") == pytest.approx(texts, abs=2e-3)
    empty = write_files(folder, queries, tmp_path / "files", scratch, options(server, EVERYTHING))
    assert [path.name for path in empty.iterdir()] == [".made_from.json"]


def test_where_only_images_have_vectors_they_are_searched(corpus: Corpus, server: FakeVllm, tmp_path: Path) -> None:
    folder = ShardFolder(tmp_path / "shards", Embedding)
    chosen = options(server, [Embedded.PAGE_IMAGE])
    run(corpus, folder, chosen)
    assert (
        len(open_index(index_pages(folder, tmp_path / "page_index", Scratch(tmp_path / "scratch"), chosen))[0])
        == PAGES
    )
    assert list(RowsOf(folder, "page", "text").rows()) == []
    assert len(RowsOf(folder, "page", "image").find("s0", "d_00002")) == 1


def test_faults_of_a_server_are_asked_again(corpus: Corpus, tmp_path: Path) -> None:
    faults = {3: "429", 7: "500", 11: "drop", 15: "half", 19: "die", 23: "empty"}
    with FakeVllm(embed=seen_as, faults=lambda number, body: faults.get(number)) as server:
        run(corpus, ShardFolder(tmp_path / "faulty", Embedding), options(server, EVERYTHING))
        assert sum(server.done[fault] for fault in faults.values()) == len(faults)
        run(corpus, ShardFolder(tmp_path / "well", Embedding), options(server, EVERYTHING))
    faulty, well = (list(ShardFolder(tmp_path / name, Embedding).rows()) for name in ("faulty", "well"))
    for one, other in zip(faulty, well, strict=True):
        assert (one.item_id, one.status) == (other.item_id, other.status)
        assert np.array_equal(one.vector, other.vector)


def test_a_server_that_refuses_makes_a_row_with_its_reason(corpus: Corpus, tmp_path: Path) -> None:
    def refusing(request: Mapping[str, Any]) -> tuple[int, bytes]:
        refused = request["messages"][1]["content"][0]["text"] == "page 3"
        return (400, b'{"error": {"message": "not that one"}}') if refused else seen_as(request)

    with FakeVllm(embed=refusing) as server:
        folder = ShardFolder(tmp_path, Embedding)
        infos = run(corpus, folder, options(server, [Embedded.PAGE_TEXT]))
    (failed,) = [row for row in folder.rows() if row.status is Status.FAILED]
    assert (failed.item_id, failed.reason) == ("d_00003", "server: 400, not that one")
    assert sum(info.failed for info in infos) == 1


def test_a_server_without_vectors_ends_the_run(corpus: Corpus, tmp_path: Path) -> None:
    with (
        FakeVllm() as server,  # speaks of chat alone
        pytest.raises(BackendError, match="the embedding server returned no vectors: server: 404"),
    ):
        run(corpus, ShardFolder(tmp_path, Embedding), options(server, [Embedded.PAGE_TEXT]))


@pytest.mark.parametrize("backend", ["hashing", "sentence_transformers"])
def test_images_want_a_model_that_sees(backend: str) -> None:
    with pytest.raises(ValidationError, match=f"{backend} takes no images: set backend to vllm or transformers"):
        EmbeddingOptions.model_validate({"backend": backend, "embed": ["page_image"]})


def test_the_laptops_stage_embeds_texts_of_regions_too(corpus: Corpus, tmp_path: Path) -> None:
    chosen = EmbeddingOptions.model_validate({"embed": ["page_text", "region_text"], "dtype": "float16"})
    folder = ShardFolder(tmp_path, Embedding)
    run(corpus, folder, chosen)
    assert sum(1 for _ in folder.rows()) == PAGES * (1 + REGIONS)


def test_a_page_that_failed_has_parts_that_say_why() -> None:
    page = replace(drawn_page(1, 0)[0], image=None, status=Status.FAILED, reason="broken: no")
    (part,) = page_parts([Embedded.PAGE_IMAGE], page)
    assert (part.status, part.reason) == (Status.SKIPPED, "broken: no")

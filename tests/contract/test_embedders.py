"""The promises that every embedder keeps."""

import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from ocr_project.domain.options import EmbeddingBackend, EmbeddingOptions, HashingOptions
from ocr_project.domain.protocols import Embedder
from ocr_project.engine.embedding import build_embedder

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


@pytest.fixture(params=list(EmbeddingBackend), ids=str)
def options(request: pytest.FixtureRequest) -> EmbeddingOptions:
    return EmbeddingOptions(backend=request.param)


@pytest.fixture
def embedder(options: EmbeddingOptions) -> Embedder:
    return build_embedder(options)


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


def test_order_is_kept_and_neighbours_do_not_matter(embedder: Embedder) -> None:
    together = embedder.embed_texts(TEXTS)
    for row, text in zip(together, TEXTS, strict=True):
        assert (row == embedder.embed_texts([text])[0]).all()
    assert (embedder.embed_texts(TEXTS[::-1]) == together[::-1]).all()


def test_threads_agree(embedder: Embedder) -> None:
    expected = embedder.embed_texts(TEXTS)
    with ThreadPoolExecutor(4) as pool:
        assert all((vectors == expected).all() for vectors in pool.map(embedder.embed_texts, [TEXTS] * 16))


def test_identity_is_stable(embedder: Embedder, options: EmbeddingOptions) -> None:
    before = embedder.identity.canonical()
    embedder.embed_texts(TEXTS)
    assert embedder.identity.canonical() == before == build_embedder(options).identity.canonical()
    assert embedder.identity.name == options.backend.value
    assert embedder.identity.revision


@pytest.mark.parametrize("change", [{"dimensions": 512}, {"smallest": 2}, {"largest": 4}])
def test_identity_changes_with_what_changes_results(change: dict[str, int]) -> None:
    base, other = EmbeddingOptions(), EmbeddingOptions(hashing=HashingOptions(**change))
    assert build_embedder(base).identity != build_embedder(other).identity


def test_another_process_makes_the_same_vectors(embedder: Embedder, options: EmbeddingOptions) -> None:
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

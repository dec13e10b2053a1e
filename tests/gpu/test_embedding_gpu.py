"""Qwen3-VL-Embedding on a real GPU: a real vLLM server with the tiny checkpoint, and transformers on CUDA.

Both against the reference of the model card, on the CPU in float32. Runs with vLLM 0.26.0 and 0.32.0.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.gpu_machine import plugin_folder

from ocr_project.domain.options import EmbeddingTransformersOptions, EmbeddingVllmOptions
from ocr_project.domain.types import Part, Status
from ocr_project.engine.embedding.in_process import TransformersEmbedder
from ocr_project.engine.embedding.vllm import VllmEmbedder
from ocr_project.testing.regions import drawn_page
from ocr_project.testing.tiny_qwen3_vl import HIDDEN, LEAST, MOST, QUERY, ReferenceEmbedder, build
from tests.engine.embedding.test_parity import PICTURES, TEXTS, cosines

pytestmark = [pytest.mark.gpu, pytest.mark.timeout(600)]
SAME_CUDA = 0.9999  # float32
SAME_VLLM = 0.999  # float32 too, but other kernels: attention in blocks, TF32 in the patches


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch = pytest.importorskip("torch")
    pytest.importorskip("transformers")
    if not torch.cuda.is_available():
        pytest.skip("there is no GPU")
    return build(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def reference(model: Path) -> ReferenceEmbedder:
    return ReferenceEmbedder(model)


def values(model: Path, **changes: Any) -> dict[str, Any]:
    limits = {"min_pixels": LEAST, "max_pixels": MOST, "max_model_len": 1024}
    return {"model": str(model), "jpeg_quality": None, "crop_workers": 2, **limits, **changes}


@pytest.fixture(scope="module", params=["eager", "tower"])
def served(
    model: Path, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[VllmEmbedder]:
    if importlib.util.find_spec("vllm") is None:
        pytest.skip("vLLM is not installed")
    plugin = str(plugin_folder(tmp_path_factory.mktemp("entry")))
    serving = {
        "gpu_memory_utilization": 0.1,
        "max_num_batched_tokens": 4096,
        "max_num_seqs": 16,
        "compile_vision": request.param,
        "logs": model.parent / "logs",
        "startup_seconds": 300,
        "server_args": ("--dtype=float32", "--enforce-eager"),
    }
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(plugin)
        patched.setenv("PYTHONPATH", os.pathsep.join((plugin, os.environ.get("PYTHONPATH", ""))))
        patched.setenv("HF_HUB_OFFLINE", "1")
        patched.setenv("VLLM_USE_FLASHINFER_SAMPLER", "0")
        built = VllmEmbedder(EmbeddingVllmOptions.model_validate(values(model, **serving)))
        assert built.embed_texts(["warm"]).shape == (1, HIDDEN)
    yield built
    built.close()
    if request.param == "tower":
        log = (model.parent / "logs" / "gpu0-0.log").read_text()
        assert "the vision tower runs compiled (tower)" in log


@pytest.fixture(scope="module")
def local(model: Path) -> Iterator[TransformersEmbedder]:
    options = EmbeddingTransformersOptions.model_validate(values(model, device="cuda", dtype="float32"))
    built = TransformersEmbedder(options)
    yield built
    built.close()


def test_vllm_gives_the_vectors_of_the_model_card(served: VllmEmbedder, reference: ReferenceEmbedder) -> None:
    texts = [reference.text(text.strip()) for text in TEXTS]
    assert cosines(served.embed_texts(TEXTS), texts).min() >= SAME_VLLM
    queries = [reference.text(text.strip(), QUERY) for text in TEXTS]
    assert cosines(served.embed_queries(TEXTS), queries).min() >= SAME_VLLM
    images = [reference.image(image) for image in PICTURES]
    assert cosines(served.embed_images(PICTURES), images).min() >= SAME_VLLM


def test_vllm_cuts_what_is_too_long_and_says_so(served: VllmEmbedder) -> None:
    parts = [Part("p", "page", "text", "a" * 5_000), Part("p", "page", "image")]
    text, image = served.submit(drawn_page(1, 1)[0], parts).result(60)
    assert (text.status, image.status) == (Status.OK, Status.OK), (text.reason, image.reason)
    assert text.reason.startswith("only the first")


def test_many_at_once_give_the_same(served: VllmEmbedder) -> None:
    pages = [drawn_page(number, 2)[0] for number in range(1, 33)]
    images = [page.image or b"" for page in pages]
    together = served.embed_images(images)
    alone = np.stack([served.embed_images([image])[0] for image in images[:4]])
    assert (together[:4] * alone).sum(axis=1).min() >= SAME_VLLM


def test_transformers_on_cuda_gives_the_vectors_of_the_model_card(
    local: TransformersEmbedder, reference: ReferenceEmbedder
) -> None:
    texts = [reference.text(text.strip()) for text in TEXTS]
    assert cosines(local.embed_texts(TEXTS), texts).min() >= SAME_CUDA
    images = [reference.image(image) for image in PICTURES]
    assert cosines(local.embed_images(PICTURES), images).min() >= SAME_CUDA

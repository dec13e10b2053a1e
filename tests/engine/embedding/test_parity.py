"""Our two ways to Qwen3-VL-Embedding give the vectors of the model card, and no others.

On a tiny model with random weights: template, instruction, sizes, tokens, pooling, length. The server is a stand-in
that speaks vLLM's protocol and computes with the same model what it is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from ocr_project.domain.errors import BackendError
from ocr_project.domain.options import EmbeddingTransformersOptions, EmbeddingVllmOptions
from ocr_project.domain.types import Part, Status
from ocr_project.engine.embedding.in_process import TransformersEmbedder
from ocr_project.engine.embedding.model_embedder import ModelEmbedder
from ocr_project.engine.embedding.vllm import VllmEmbedder
from ocr_project.engine.imaging.pixels import encode
from ocr_project.engine.models.dialects.qwen3_vl_embedding import shortened
from ocr_project.testing.fake_vllm import FakeVllm
from ocr_project.testing.tiny_qwen3_vl import HIDDEN, LEAST, MOST, QUERY, ReferenceEmbedder, build

SAME = 0.9999
TEXTS = ["개인정보 보호법 제1조(목적)", "Census Bureau, 2024", "a", "여러 줄\n의  글\t" * 5]
Embedders = Callable[..., ModelEmbedder]


@pytest.fixture(scope="module", params=[False, True], ids=["open", "closing"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    reason = "Qwen3-VL needs the gpu extra's packages (a CPU is enough)"
    torch = pytest.importorskip("torch", reason=reason)
    pytest.importorskip("transformers", reason=reason)
    torch.set_num_threads(1)
    return build(tmp_path_factory.mktemp("model"), closing=request.param)


@pytest.fixture(scope="module")
def reference(model: Path) -> ReferenceEmbedder:
    return ReferenceEmbedder(model)


@pytest.fixture(scope="module")
def server(reference: ReferenceEmbedder) -> Iterator[FakeVllm]:
    with FakeVllm(embed=lambda request: reference.answer(request, {}, 256)) as running:
        yield running


@pytest.fixture(params=["vllm", "transformers"])
def embedders(request: pytest.FixtureRequest, model: Path, server: FakeVllm) -> Iterator[Embedders]:
    made: list[ModelEmbedder] = []

    def make(**changes: Any) -> ModelEmbedder:
        values = {"model": str(model), "min_pixels": LEAST, "max_pixels": MOST, "jpeg_quality": None, **changes}
        values = {"crop_workers": 1, "max_model_len": 256, **values}
        if request.param == "vllm":
            serving = {"urls": (server.url,), "max_model_len": 1024}
            made.append(VllmEmbedder(EmbeddingVllmOptions.model_validate({**values, **serving})))
        else:
            made.append(TransformersEmbedder(EmbeddingTransformersOptions.model_validate(values)))
        return made[-1]

    yield make
    for embedder in made:
        embedder.close()


def picture(height: int, width: int, seed: int = 0) -> bytes:
    """Return a PNG with shapes and noise, so that another way to scale is another picture."""
    generator = np.random.default_rng(seed)
    pixels = np.full((height, width, 3), 255, np.uint8)
    for _ in range(12):
        x, y = (int(value) for value in generator.integers(0, (width, height)))
        colour = tuple(int(value) for value in generator.integers(0, 255, 3))
        cv2.rectangle(pixels, (x, y), (x + width // 5, y + height // 7), colour, -1)
    return encode(pixels)


# smaller than the least, larger than the most, a multiple of 32 and none, wide and high
PICTURES = [picture(*size) for size in ((160, 224), (40, 30), (700, 500), (333, 77), (20, 640), (1_000, 1_414))]


def cosines(found: np.ndarray, wanted: list[np.ndarray]) -> np.ndarray:
    return (found * np.stack(wanted)).sum(axis=1)


def test_texts_and_queries(embedders: Embedders, reference: ReferenceEmbedder) -> None:
    embedder = embedders()
    assert embedder.dimensions == HIDDEN
    assert cosines(embedder.embed_texts(TEXTS), [reference.text(text.strip()) for text in TEXTS]).min() >= SAME
    asked = [reference.text(text.strip(), QUERY) for text in TEXTS]
    assert cosines(embedder.embed_queries(TEXTS), asked).min() >= SAME


def test_images(embedders: Embedders, reference: ReferenceEmbedder) -> None:
    vectors = embedders().embed_images(PICTURES)
    assert cosines(vectors, [reference.image(image) for image in PICTURES]).min() >= SAME
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


WRONG: dict[str, Callable[[ReferenceEmbedder, str], np.ndarray]] = {
    "the query's instruction": lambda r, t: r.text(t, QUERY),
    "no system text": lambda r, t: r.vector(f"<|im_start|>user\n{t}<|im_end|>\n<|im_start|>assistant\n"),
    "no opened answer": lambda r, t: r.vector(
        f"<|im_start|>system\nRepresent the user's input.<|im_end|>\n<|im_start|>user\n{t}<|im_end|>\n"
    ),
    "no template": lambda r, t: r.vector(t),
    "an instruction without its full stop": lambda r, t: r.text(t, "Represent the user's input"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_template_is_another_vector(embedders: Embedders, reference: ReferenceEmbedder, wrong: str) -> None:
    vectors = embedders().embed_texts(TEXTS)
    assert cosines(vectors, [WRONG[wrong](reference, text.strip()) for text in TEXTS]).max() < SAME


def test_the_checkpoints_own_sizes_would_be_other_vectors(embedders: Embedders, reference: ReferenceEmbedder) -> None:
    small = picture(96, 128)
    other = embedders(min_pixels=65_536, max_pixels=131_072).embed_images([small])
    assert cosines(other, [reference.image(small)]).max() < SAME


def test_matryoshka_is_the_start_of_the_whole_with_length_one(embedders: Embedders) -> None:
    whole, short = embedders().embed_texts(TEXTS), embedders(dimensions=16)
    assert short.dimensions == 16
    expected = whole[:, :16] / np.linalg.norm(whole[:, :16], axis=1, keepdims=True)
    assert short.embed_texts(TEXTS) == pytest.approx(expected, abs=1e-5)


def test_too_many_dimensions_say_so(embedders: Embedders) -> None:
    with pytest.raises(BackendError, match=r"have 64 dimensions, not 65.*embedding\.dimensions"):
        embedders(dimensions=65).embed_texts(["x"])


def test_a_long_text_loses_quarters_until_it_fits(embedders: Embedders, reference: ReferenceEmbedder) -> None:
    long = "".join(chr(ord("a") + number % 26) for number in range(400))
    cut = shortened(shortened(shortened(long)))
    assert len(cut) == 168
    embedder = embedders()
    assert cosines(embedder.embed_texts([long]), [reference.text(cut)]).min() >= SAME
    (row,) = embedder.submit(None, [Part("p", "page", "text", long)]).result(30)
    assert (row.status, row.reason[:39]) == (Status.OK, "only the first 168 of 400 characters: m")


def test_an_instruction_gets_its_full_stop(embedders: Embedders, reference: ReferenceEmbedder) -> None:
    vectors = embedders(instruction=" 보고서를 찾는다 ").embed_texts(["x"])
    assert cosines(vectors, [reference.text("x", "보고서를 찾는다.")]).min() >= SAME


def test_marks_of_the_template_in_a_text_are_only_text(embedders: Embedders, reference: ReferenceEmbedder) -> None:
    vectors = embedders().embed_texts(["a<|im_end|>\n<|image_pad|>"])
    assert cosines(vectors, [reference.text("a< |im_end| >\n< |image_pad| >")]).min() >= SAME

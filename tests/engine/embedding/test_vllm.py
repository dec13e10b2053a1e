"""Servers of our own that embed: started with the first passage, told that they pool, gone at the end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ocr_project.checks.doctor.needs import Model, needs_of
from ocr_project.domain.errors import BackendError
from ocr_project.domain.options import EmbeddingOptions, EmbeddingVllmOptions
from ocr_project.domain.schemas import to_frame
from ocr_project.domain.types import Query
from ocr_project.engine.embedding import build_embedder
from ocr_project.engine.embedding.vllm import VllmEmbedder
from ocr_project.engine.models.served.embedding import pooling_arguments
from ocr_project.engine.models.served.server import serve_arguments
from ocr_project.pipelines.embedding.nodes import embed_queries
from ocr_project.storage.scratch import Scratch
from ocr_project.testing.fake_vllm import EXECUTABLE


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "Qwen3-VL-Embedding-2B"
    folder.mkdir()
    (folder / "config.json").write_text('{"text_config": {"hidden_size": 2048}}')
    return folder


def options(model: Path, **changes: Any) -> EmbeddingVllmOptions:
    own = {"model": str(model), "command": EXECUTABLE, "logs": model.parent / "logs"}
    return EmbeddingVllmOptions.model_validate({"crop_workers": 1, "startup_seconds": 60, **own, **changes})


def test_own_servers_embed_and_are_gone(model: Path) -> None:
    embedder = VllmEmbedder(options(model, replicas=2))
    assert embedder.dimensions == 2048  # by the model's config: nothing has started
    assert not (model.parent / "logs").exists()
    vectors = embedder.embed_texts(["a", "", "b"])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 0, 1], abs=1e-5)
    logs = sorted((model.parent / "logs").iterdir())
    embedder.close()
    embedder.close()
    assert [path.name for path in logs] == ["gpu0-0.log", "gpu0-1.log"]
    assert all("--runner pooling" in path.read_text() for path in logs)
    with pytest.raises(RuntimeError, match="closed"):
        embedder.embed_texts(["a"])


def test_one_server_is_enough_for_questions(model: Path, tmp_path: Path) -> None:
    chosen = EmbeddingOptions.model_validate({"backend": "vllm", "vllm": options(model, replicas=2, gpus=(0, 1))})
    found = embed_queries(Scratch(tmp_path), to_frame([Query("q", "무엇을 찾는가?")], Query), chosen)
    assert len(found) == 1
    assert [path.name for path in (model.parent / "logs").iterdir()] == ["gpu0-0.log"]


def test_a_server_that_does_not_start_names_the_options_of_this_stage(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_VLLM", "oom")
    embedder = VllmEmbedder(options(model))
    with pytest.raises(BackendError, match=r"(?s)lower embedding\.vllm\.max_num_batched_tokens"):
        embedder.embed_texts(["a"])
    embedder.close()


def test_servers_are_told_that_they_pool_and_which_sizes_to_leave_alone() -> None:
    chosen = EmbeddingVllmOptions(server_args=("--dtype=half",), max_pixels=65_536)
    arguments = serve_arguments(chosen, 8000, pooling_arguments(chosen))
    assert arguments[arguments.index("--runner") + 1] == "pooling"
    limits = json.loads(arguments[arguments.index("--mm-processor-kwargs") + 1])
    assert limits == {"size": {"shortest_edge": 4_096, "longest_edge": 65_536}}
    assert arguments[arguments.index("--max-model-len") + 1] == "8192"
    assert arguments[-1] == "--dtype=half"
    assert "--quantization" not in arguments


def test_the_doctor_knows_what_an_embedder_needs() -> None:
    def needs(**values: Any) -> Any:
        return needs_of([EmbeddingOptions.model_validate(values)])

    assert needs().packages == ()
    served = needs(backend="vllm", vllm={"replicas": 3})
    assert (served.packages, served.servers, served.gpus) == (("vllm", "torch", "transformers"), 3, (0,))
    assert served.models == (Model("embedding.vllm.model", "Qwen/Qwen3-VL-Embedding-2B", None),)
    assert needs(backend="vllm", vllm={"urls": ["http://there"]}).urls == ("http://there",)
    assert needs(backend="transformers", transformers={"device": "cuda:1"}).gpus == (1,)
    sentences = needs(backend="sentence_transformers")
    assert "sentence-transformers" in sentences.packages
    assert sentences.models[0].option == "embedding.sentence_transformers.model"


@pytest.mark.parametrize(
    ("backend", "missing", "advice"),
    [
        ("vllm", "vllm", r"vllm is not installed.*embedding\.vllm\.urls"),
        ("transformers", "torch", r"torch and transformers are not installed: pip install -e '\.\[gpu\]'"),
        (
            "sentence_transformers",
            "sentence_transformers",
            r"sentence-transformers is not.*pip install -e '\.\[text\]'",
        ),
    ],
)
def test_a_missing_package_says_what_to_install(
    backend: str, missing: str, advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(BackendError, match=advice):
        build_embedder(EmbeddingOptions.model_validate({"backend": backend}))


def test_a_model_that_is_nowhere_is_said_before_the_run(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match=r"does not exist.*embedding\.vllm\.model"):
        VllmEmbedder(options(tmp_path / "nowhere" / "at-all"))


def test_a_key_that_is_not_set_is_said_before_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    with pytest.raises(BackendError, match=r"NO_SUCH_KEY \(embedding\.vllm\.api_key_env\)"):
        VllmEmbedder(EmbeddingVllmOptions(urls=("http://x",), api_key_env="NO_SUCH_KEY"))

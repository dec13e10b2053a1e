"""What proposes: candidates by field, a server that fails, a model in this process that is shown no image."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ocr_project.bench.prompt_search.generator import FileGenerator, build_generator
from ocr_project.domain.errors import SourceError
from ocr_project.domain.options import PromptSearchOptions
from ocr_project.testing.fake_vllm import FakeVllm

KIND = ("card", "surname")


def served(server: FakeVllm, **changes: Any) -> PromptSearchOptions:
    vllm = {"urls": server.url, "model": "fake", "retries": 0, "loops": False}
    return PromptSearchOptions.model_validate({"generator": "vllm", "vllm": vllm, **changes})


def test_a_model_is_sent_text_alone_with_its_temperature() -> None:
    with FakeVllm(read=lambda image, prompt, body: f"{len(image)} {prompt}", keep=True) as server:
        generator = build_generator(served(server, temperature=0.4, max_tokens=99))
        found = generator.propose(KIND, 1, "Write «one»")
        generator.close()
        generator.close()
    assert found is not None
    assert (found.text, found.prompt_tokens, found.again) == ("0 Write «one»", 100, False)
    (body,) = server.bodies
    assert body["messages"] == [{"role": "user", "content": [{"type": "text", "text": "Write «one»"}]}]
    assert (body["temperature"], body["max_tokens"]) == (0.4, 99)


@pytest.mark.parametrize(("fault", "again"), [("500", True), ("400", False)])
def test_a_refused_proposal_says_why_and_whether_to_ask_again(fault: str, again: bool) -> None:
    with FakeVllm(faults=lambda number, body: fault) as server:
        generator = build_generator(served(server))
        found = generator.propose(KIND, 1, "Write")
        generator.close()
    assert found is not None
    assert found.reason.startswith(f"server: {fault}")
    assert found.again is again


def test_what_is_said_depends_on_how_it_is_asked() -> None:
    with FakeVllm() as server:
        identities = [
            build_generator(served(server, **change)).identity.canonical()
            for change in ({}, {"temperature": 0.1}, {"max_tokens": 50}, {})
        ]
    assert len(set(identities)) == 3
    assert identities[0] == identities[3]


def test_candidates_are_taken_by_field_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "candidates.csv"
    path.write_text("prompt,doc_class_question_type,cer\nfirst,card surname,\nthe {field},,\nother,card name,\n")
    generator = FileGenerator(path)
    texts = [found.text for number in (1, 2, 3) if (found := generator.propose(KIND, number, "")) is not None]
    assert texts == ["first", "the surname"]
    path.write_text("text,doc_class_question_type\na,b\n")
    with pytest.raises(SourceError, match="no column prompt"):
        FileGenerator(path)


def test_a_model_in_this_process_answers_without_an_image(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="torch is not installed")
    pytest.importorskip("transformers", reason="transformers is not installed")
    from ocr_project.testing import tiny_glm_ocr

    model = tiny_glm_ocr.build(tmp_path / "tiny")
    transformers = {"model": str(model), "device": "cpu", "dtype": "float32"}
    options = {"generator": "transformers", "max_tokens": 16, "transformers": transformers}
    generator = build_generator(PromptSearchOptions.model_validate(options))
    found = [generator.propose(KIND, 1, "Write a prompt") for _ in range(2)]
    generator.close()
    assert found[0] == found[1]
    assert found[0] is not None
    assert found[0].tokens == 16
    assert found[0].prompt_tokens > 0

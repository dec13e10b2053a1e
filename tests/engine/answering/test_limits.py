"""What does not fit into a server is said before it starts; servers of our own keep what they computed of an image."""

from __future__ import annotations

import pytest

from ocr_project.domain.errors import OptionError
from ocr_project.domain.options import FieldsVllmOptions, VllmOptions
from ocr_project.engine.answering.vision.answerer import check_room, identity_of
from ocr_project.engine.answering.vision.vllm import VllmAnswerer
from ocr_project.engine.models.served.server import serve_arguments

URLS = ("http://127.0.0.1:9",)


def test_an_answer_has_to_fit_beside_its_image() -> None:
    with pytest.raises(OptionError, match=r"fields\.vllm\.max_model_len \(2048\) is too short: .*6886"):
        check_room(FieldsVllmOptions(max_model_len=2048), None)
    check_room(FieldsVllmOptions(max_model_len=2048), 400_000)


def test_prefix_caching_is_on_for_questions_and_off_for_crops() -> None:
    questions, crops = (serve_arguments(options, 1) for options in (FieldsVllmOptions(), VllmOptions()))
    assert "--enable-prefix-caching" in questions
    assert "--mm-processor-cache-gb" not in questions
    assert "--no-enable-prefix-caching" in crops
    assert crops[crops.index("--mm-processor-cache-gb") + 1] == "0"
    without = serve_arguments(FieldsVllmOptions(prefix_caching=False), 1)
    assert "--no-enable-prefix-caching" in without


def test_identity_tells_system_texts_resolutions_and_servers_apart() -> None:
    options = FieldsVllmOptions(urls=URLS)

    def canonical(pixels: int | None = None, system: str = "", **changes: object) -> str:
        chosen = options.model_copy(update=changes)
        answerer = VllmAnswerer(chosen, pixels, system)
        answerer.close()
        return answerer.identity.canonical()

    different = [
        canonical(),
        canonical(pixels=100_000),
        canonical(system="Answer."),
        canonical(served_by="SGLang 0.5"),
        canonical(model="Qwen/Qwen2-VL-7B-Instruct"),
    ]
    assert len(set(different)) == len(different)
    assert canonical(requests=7, prefix_caching=False, quantization="fp8") == canonical()


def test_quantization_is_known_of_servers_of_our_own() -> None:
    own = identity_of("vllm", "1", FieldsVllmOptions(), None, "", quantization=None)
    assert own.settings["quantization"] is None

"""The promises that every recognizer keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ocr_project.domain.options import RecognitionBackend, RecognitionOptions, TesseractOptions
from ocr_project.domain.protocols import Recognizer, SubmittingRecognizer
from ocr_project.domain.types import Box, Label, Page, Region, Status
from ocr_project.engine.recognition import build_recognizer
from ocr_project.engine.recognition.latin_lines import find_latin_reader
from ocr_project.testing.fake_vllm import FakeVllm
from ocr_project.testing.regions import drawn_page, read_marks

Options = Callable[[], RecognitionOptions]


QWEN = "transformers with a Qwen3-VL"  # the same backend, a model that is spoken to in another dialect


def tiny_model(family: str, folder: Path) -> Path:
    reason = "the recognizer transformers needs the gpu extra's packages (a CPU is enough)"
    torch = pytest.importorskip("torch", reason=reason)
    pytest.importorskip("transformers", reason=reason)
    from ocr_project.testing import tiny_glm_ocr, tiny_qwen3_vl

    torch.set_num_threads(1)
    return tiny_qwen3_vl.build(folder) if family == QWEN else tiny_glm_ocr.build(folder)


@pytest.fixture(scope="module", params=[*RecognitionBackend, QWEN], ids=str)
def options(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RecognitionOptions]:
    common: dict[str, Any] = {"crop_workers": 1, "jpeg_quality": None}
    match request.param:
        case RecognitionBackend.TESSERACT:
            yield RecognitionOptions(backend=request.param, tesseract=TesseractOptions(languages="eng"))
        case RecognitionBackend.VLLM:
            with FakeVllm(read=read_marks) as server:
                values = {"backend": "vllm", "vllm": {"urls": (server.url,), **common}}
                yield RecognitionOptions.model_validate(values)
        case RecognitionBackend.TRANSFORMERS | "transformers with a Qwen3-VL":
            few = {"text": 6, "table": 6, "formula": 6, "page": 6}
            folder = tiny_model(request.param, tmp_path_factory.mktemp("model"))
            dialect = "chat" if request.param == QWEN else "auto"
            model = {"model": str(folder), "dialect": dialect, "max_tokens": few, "batch_regions": 4}
            yield RecognitionOptions.model_validate(
                {"backend": "transformers", "transformers": {**model, "temperatures": (0.5,), **common}}
            )
        case RecognitionBackend.PP_OCR:
            if find_latin_reader() is None:
                pytest.skip("the recognizer pp_ocr needs the weights of the extra `rapid`")
            yield RecognitionOptions(backend=request.param)
        case RecognitionBackend.GIVEN:
            folder = tmp_path_factory.mktemp("answers")
            for number in (9, 10, 42):
                page, _ = drawn_page(number, 1)
                (folder / f"{page.page_id}.md").write_text(f"# Page {number}")
            yield RecognitionOptions.model_validate({"backend": "given", "given": {"folder": folder}})


@pytest.fixture(scope="module")
def recognizer(options: RecognitionOptions) -> Iterator[Recognizer]:
    built = build_recognizer(options)
    yield built
    built.close()


def nasty_regions(page: Page, regions: list[Region]) -> list[Region]:
    """Regions that lie outside, hold nothing, are turned, are not to be read, and one that is the whole page."""
    first = regions[0]
    kinds = [
        first,
        replace(first, box=Box(-10, -10, -5, -5)),
        replace(first, box=Box(3, 3, 3, 3)),
        replace(first, box=Box(1e6, 1e6, 2e6, 2e6)),
        replace(first, quad=(130.0, 5.0, 130.0, 125.0, 10.0, 125.0, 10.0, 5.0)),
        replace(first, label=Label.PICTURE, native_label="picture"),
        replace(first, status=Status.EMPTY),
        replace(first, status=Status.SKIPPED, reason="the page failed"),
        replace(first, label=Label.TABLE, native_label="table"),
        replace(first, label=Label.FORMULA, native_label="display_formula"),
        replace(first, label=Label.PAGE, native_label="page", box=Box(0, 0, page.width, page.height)),
    ]
    return [replace(region, index=index) for index, region in enumerate(kinds)]


def test_one_answer_for_each_region_in_order(recognizer: Recognizer) -> None:
    page, regions = drawn_page(42, 2)
    regions = nasty_regions(page, regions)
    rows = recognizer.recognize(page, regions)
    assert [(row.page_id, row.index) for row in rows] == [(region.page_id, region.index) for region in regions]
    assert all(row.reason for row in rows if row.status in (Status.FAILED, Status.SKIPPED))
    assert all(not row.text for row in rows if row.status in (Status.SKIPPED, Status.EMPTY))
    assert all(row.text.strip() for row in rows if row.status is Status.OK)
    assert {rows[index].status for index in (1, 2, 3, 6)} == {Status.EMPTY}
    assert {rows[index].status for index in (5, 7)} == {Status.SKIPPED}
    assert recognizer.recognize(page, []) == []


@pytest.mark.parametrize("image", [None, b"", b"no image", b"\x89PNG\r\n\x1a\n" + b"\0" * 40])
def test_a_bad_page_raises_nothing(recognizer: Recognizer, image: bytes | None) -> None:
    page, regions = drawn_page(7, 3)
    rows = recognizer.recognize(replace(page, image=image), regions)
    assert [row.index for row in rows] == [0, 1, 2]
    assert {row.status for row in rows} <= {Status.FAILED, Status.SKIPPED}
    assert all(row.reason for row in rows)


def test_a_preferred_text_layer_is_left_alone(recognizer: Recognizer) -> None:
    page, regions = drawn_page(8, 2)
    rows = recognizer.recognize(replace(page, text_layer_preferred=True), regions)
    assert {row.status for row in rows} == {Status.SKIPPED}


def test_pages_may_come_from_several_threads(recognizer: Recognizer) -> None:
    pages = [drawn_page(number, 2) for number in range(1, 7)]
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(lambda each: recognizer.recognize(*each), pages))
    for (page, _), rows in zip(pages, together, strict=True):
        assert [(row.page_id, row.index) for row in rows] == [(page.page_id, 0), (page.page_id, 1)]


def test_submitting_gives_what_recognizing_gives(recognizer: Recognizer) -> None:
    if not isinstance(recognizer, SubmittingRecognizer):
        pytest.skip("this recognizer works in the threads that call it")
    assert recognizer.in_flight_pages > 0
    page, regions = drawn_page(9, 2)
    submitted = recognizer.submit(page, regions).result(30)
    recognized = recognizer.recognize(page, regions)
    assert [(row.index, row.status) for row in submitted] == [(row.index, row.status) for row in recognized]


def test_identity_is_stable(recognizer: Recognizer, options: RecognitionOptions) -> None:
    before = recognizer.identity.canonical()
    recognizer.recognize(*drawn_page(10, 1))
    again = build_recognizer(options)
    assert recognizer.identity.canonical() == before == again.identity.canonical()
    again.close()
    again.close()
    assert recognizer.identity.name == options.backend.value
    assert recognizer.identity.revision

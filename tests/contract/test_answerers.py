"""The promises that every answerer keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from ocr_project.domain.causes import Cause
from ocr_project.domain.options import FieldsBackend, FieldsOptions
from ocr_project.domain.protocols import Answerer, SubmittingAnswerer
from ocr_project.domain.types import Asked, Page, Status
from ocr_project.engine.answering import build_answerer
from ocr_project.engine.imaging.pixels import decode, encode
from ocr_project.testing.fake_vllm import FakeVllm
from ocr_project.testing.fakes import page as blank_page

FIELDS = ("Surname", "Name", "Number")
TRUTHS = {"Surname": "Osipov", "Name": "Avtonom", "Number": "353721"}


def card(number: int) -> Page:
    """Return a page with three fields, and its number in the grey of its paper."""
    pixels = np.full((260, 640, 3), 255 - number, np.uint8)
    for line, (field, value) in enumerate(TRUTHS.items()):
        where = (20, 60 + 70 * line)
        cv2.putText(pixels, f"{field}: {value}", where, cv2.FONT_HERSHEY_SIMPLEX, 1.2, (0, 0, 0), 2, cv2.LINE_AA)
    return blank_page(number, image=encode(pixels), width=640, height=260)


def questions(number: int) -> list[Asked]:
    return [Asked(10 * number + place, "card", field, f"Write {field}.") for place, field in enumerate(FIELDS)]


def say(image: bytes, prompt: str, body: Mapping[str, Any]) -> str:
    """Answer with the prompt and the grey of the paper: other answers for other prompts and images."""
    return f"{prompt} {255 - int(decode(image)[2, 2, 0])}"


def tiny_model(folder: Path) -> Path:
    reason = "the answerer transformers needs the gpu extra's packages (a CPU is enough)"
    torch = pytest.importorskip("torch", reason=reason)
    pytest.importorskip("transformers", reason=reason)
    from ocr_project.testing import tiny_qwen3_vl

    torch.set_num_threads(1)
    return tiny_qwen3_vl.build(folder)


@pytest.fixture(scope="module", params=FieldsBackend, ids=str)
def options(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FieldsOptions]:
    common: dict[str, Any] = {"crop_workers": 1, "jpeg_quality": None}
    match request.param:
        case FieldsBackend.LABEL_NEIGHBOUR:
            yield FieldsOptions.model_validate({"label_neighbour": {"languages": "eng"}})
        case FieldsBackend.VLLM:
            with FakeVllm(read=say) as server:
                values = {"backend": "vllm", "vllm": {"urls": server.url, **common}}
                yield FieldsOptions.model_validate(values)
        case FieldsBackend.TRANSFORMERS:
            model = {"model": str(tiny_model(tmp_path_factory.mktemp("model"))), "dialect": "chat"}
            few = {"max_tokens": 6, "batch_regions": 4, "temperatures": (0.5,)}
            values = {"backend": "transformers", "transformers": {**model, **few, **common}}
            yield FieldsOptions.model_validate(values)
        case FieldsBackend.GIVEN:
            lines = [f"{10 * number + place};{field} of {number}" for number in range(1, 50) for place, field in
                     enumerate(FIELDS)]  # fmt: skip
            file = tmp_path_factory.mktemp("answers") / "answers.csv"
            file.write_text("\n".join(("\ufeffid;model_answer", *lines)), encoding="utf-8")
            yield FieldsOptions.model_validate({"backend": "given", "given": {"file": file}})


@pytest.fixture(scope="module")
def answerer(options: FieldsOptions) -> Iterator[Answerer]:
    built = build_answerer(options)
    yield built
    built.close()


def test_one_answer_for_each_question_in_order(answerer: Answerer) -> None:
    page, asked = card(7), questions(7)[::-1]
    rows = answerer.answer(page, asked)
    assert [row.question_id for row in rows] == [one.question_id for one in asked]
    assert {row.page_id for row in rows} == {page.page_id}
    assert all(row.reason for row in rows if row.status is not Status.OK)
    assert all(row.text and row.cause is None for row in rows if row.status is Status.OK)
    assert all(row.seconds >= 0 and row.attempts >= 0 for row in rows)
    assert answerer.answer(page, []) == []


@pytest.mark.parametrize("image", [b"", b"no image", b"\x89PNG\r\n\x1a\n" + b"\0" * 40])
def test_a_bad_page_raises_nothing(answerer: Answerer, options: FieldsOptions, image: bytes) -> None:
    rows = answerer.answer(replace(card(8), image=image), questions(8))
    assert len(rows) == len(FIELDS)
    if options.backend is not FieldsBackend.GIVEN:  # which looks at no image
        assert {row.status for row in rows} == {Status.FAILED}
        assert all(row.reason and row.cause is Cause.DOCUMENT and not row.text for row in rows)


def test_the_questions_of_a_page_that_failed_before_are_skipped(answerer: Answerer, options: FieldsOptions) -> None:
    if options.backend is FieldsBackend.GIVEN:
        pytest.skip("it looks at no image: answers may be scored where the images are not")
    rows = answerer.answer(replace(card(9), image=None, reason="broken: no such file"), questions(9))
    assert [(row.status, row.reason, row.attempts) for row in rows] == [
        (Status.SKIPPED, "broken: no such file", 0)
    ] * 3


def test_pages_may_come_from_several_threads(answerer: Answerer, options: FieldsOptions) -> None:
    if options.backend is FieldsBackend.TRANSFORMERS:
        pytest.skip("random weights: another batch rounds otherwise, and gives other words")
    numbers = range(1, 6)
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(lambda number: answerer.answer(card(number), questions(number)), numbers))
    for number, rows in zip(numbers, together, strict=True):
        alone = answerer.answer(card(number), questions(number))
        assert [(row.question_id, row.text, row.status) for row in rows] == [
            (row.question_id, row.text, row.status) for row in alone
        ]


def test_submitted_pages_answer_as_asked_ones(answerer: Answerer, options: FieldsOptions) -> None:
    if not isinstance(answerer, SubmittingAnswerer):
        pytest.skip("this answerer answers in the threads of its callers")
    assert answerer.in_flight_pages > 0
    futures = [answerer.submit(card(number), questions(number)) for number in (3, 4)]
    for number, future in zip((3, 4), futures, strict=True):
        rows = answerer.answer(card(number), questions(number))
        submitted = future.result()
        assert [row.question_id for row in submitted] == [row.question_id for row in rows]
        if options.backend is not FieldsBackend.TRANSFORMERS:
            assert [row.text for row in submitted] == [row.text for row in rows]


def test_identities_are_stable_and_tell_options_apart(options: FieldsOptions) -> None:
    identities = []
    for changed in ({}, {}, _other(options)):
        built = build_answerer(options.model_copy(update=changed))
        identities.append(built.identity.canonical())
        built.close()
    assert identities[0] == identities[1] != identities[2]


def _other(options: FieldsOptions) -> dict[str, Any]:
    """Return a change of the options that changes answers."""
    if options.backend is FieldsBackend.GIVEN:
        assert options.given.file is not None
        other = options.given.file.with_name("other.csv")
        other.write_text("id,model_answer\n0,another", encoding="utf-8")
        return {"given": options.given.model_copy(update={"file": other})}
    return {"max_pixels": 100_000}


@pytest.fixture
def ask() -> Iterator[Callable[..., Any]]:
    """Ask a fake server: changes of the options, then page and questions."""
    built: list[Answerer] = []

    def asking(server: FakeVllm, page: Page, asked: list[Asked], **changes: Any) -> Any:
        system = changes.pop("system", None)
        values = {"urls": server.url, "crop_workers": 1, "retries": 1, **changes}
        options = FieldsOptions.model_validate({"backend": "vllm", "system": system, "vllm": values})
        built.append(build_answerer(options))
        return built[-1].answer(page, asked)

    yield asking
    for one in built:
        one.close()


def test_an_image_is_prepared_once_and_stands_before_each_question(ask: Callable[..., Any], tmp_path: Path) -> None:
    system = tmp_path / "system.txt"
    system.write_text("\ufeffYou read documents.\n", encoding="utf-8")
    with FakeVllm(read=say, keep=True) as server:
        rows = ask(server, card(5), questions(5), system=system)
    assert [row.text for row in rows] == [f"Write {field}. 5" for field in FIELDS]
    messages = [body["messages"] for body in server.bodies]
    assert [said[0] for said in messages] == [{"role": "system", "content": "You read documents."}] * 3
    contents = [said[1]["content"] for said in messages]
    assert [[part["type"] for part in content] for content in contents] == [["image_url", "text"]] * 3
    assert len({content[0]["image_url"]["url"] for content in contents}) == 1


def test_a_question_that_fails_is_a_row_beside_those_that_do_not(ask: Callable[..., Any]) -> None:
    def fault(number: int, body: Mapping[str, Any]) -> str | None:
        return "400" if "Name." in body["messages"][-1]["content"][-1]["text"] else None

    with FakeVllm(read=say, faults=fault) as server:
        rows = ask(server, card(5), questions(5))
    assert [row.status for row in rows] == [Status.OK, Status.FAILED, Status.OK]
    assert rows[1].reason.startswith("server: 400")
    assert rows[1].cause is Cause.DOCUMENT
    assert rows[1].attempts == 1


def test_a_server_that_is_unwell_fails_a_question_by_circumstance(ask: Callable[..., Any]) -> None:
    with FakeVllm(read=say, faults=lambda number, body: "500") as server:
        rows = ask(server, card(5), questions(5)[:1])
    assert (rows[0].status, rows[0].cause, rows[0].attempts) == (Status.FAILED, Cause.CIRCUMSTANCE, 2)


def test_an_answer_in_a_fence_and_one_of_blanks(ask: Callable[..., Any]) -> None:
    said = {"Surname": "```\nОсипов\n```", "Name": "  ", "Number": " 5 \n"}
    with FakeVllm(read=lambda image, prompt, body: said[prompt.split()[1].rstrip(".")]) as server:
        rows = ask(server, card(5), questions(5))
    assert [(row.text, row.status) for row in rows] == [
        ("Осипов", Status.OK),
        ("", Status.EMPTY),
        ("5", Status.OK),
    ]

"""Questions about a page: a chat model gets them word for word, one for forms gets forms, a reader none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from ocr_project.bench.testsets.prompts import fields_question
from ocr_project.domain.options import DialectName, TesseractOptions
from ocr_project.domain.types import Box, Label, Page, Region, Status, TextFormat
from ocr_project.engine.models import dialect_of
from ocr_project.engine.recognition.tesseract import TesseractRecognizer
from ocr_project.testing.fake_vllm import FakeVllm
from ocr_project.testing.regions import drawn_page
from tests.engine.recognition.test_vision_recognizer import reading

VQA = "What is the value?\nAnswer the question using a single word or phrase."
FORM = fields_question({"total": "8.50", "items": [{"name": "tea"}]})


def asked(question: str) -> tuple[Page, list[Region]]:
    page, _ = drawn_page(777, 1)
    whole = Region(page.page_id, 0, Label.PAGE, "page", Box(0, 0, page.width, page.height))
    return replace(page, question=question), [whole]


@pytest.mark.parametrize(
    ("dialect", "vqa", "form"),
    [
        (DialectName.CHAT, True, True),
        (DialectName.GLM_OCR, False, True),
        (DialectName.PADDLEOCR_VL, False, False),
        (DialectName.OLMOCR, False, False),
    ],
)
def test_each_dialect_says_what_it_answers(dialect: DialectName, vqa: bool, form: bool) -> None:
    chosen = dialect_of("x", dialect)
    assert (chosen.can_answer(VQA), chosen.can_answer(FORM)) == (vqa, form)


def prompts_of(server: FakeVllm) -> list[str]:
    return [
        part["text"]
        for body in server.bodies
        for message in body["messages"]
        if not isinstance(message["content"], str)
        for part in message["content"]
        if part["type"] == "text"
    ]


def test_a_chat_model_is_asked_word_for_word_and_its_answer_stays_as_it_is() -> None:
    page, regions = asked(VQA)

    def answer(image: bytes, prompt: str, body: Mapping[str, Any]) -> str:
        return "```\n$0.28$\n```" if prompt == VQA else "no question"

    with FakeVllm(read=answer, keep=True) as server, reading(server, model="Qwen/Qwen3-VL-8B-Instruct") as recognizer:
        (row,) = recognizer.recognize(page, regions)
    assert prompts_of(server) == [VQA]
    assert (row.text, row.format, row.status) == ("$0.28$", TextFormat.TEXT, Status.OK)


def test_a_model_that_only_reads_is_not_asked() -> None:
    page, regions = asked(VQA)
    with FakeVllm(keep=True) as server, reading(server) as recognizer:
        (row,) = recognizer.recognize(page, regions)
        assert not prompts_of(server)
    assert row.status is Status.SKIPPED
    assert "chat model" in row.reason


def test_tesseract_says_that_it_cannot() -> None:
    page, regions = asked(VQA)
    (row,) = TesseractRecognizer(TesseractOptions(languages="eng")).recognize(page, regions)
    assert (row.status, row.attempts) == (Status.SKIPPED, 0)
    assert "recognition.backend" in row.reason

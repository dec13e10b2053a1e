"""Conversations of three kinds to one form; what is not one question about one image is a row that says so."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from ocr_project.domain.options import DialectName
from ocr_project.domain.types import PageFacts, Status, Task, TextFormat, TrainingSample
from ocr_project.engine.models.dialects import dialect_of
from tests.sample_files import front_matter, picture, samples_of, write_json

TABLE = "<table><tr><td>1</td></tr></table>"


def qwen(question: str, answer: str, image: Any = "a.png", **more: Any) -> dict[str, Any]:
    turns = [{"from": "human", "value": question}, {"from": "gpt", "value": answer}]
    return {"image": image, "conversations": turns, **more}


def ernie(question: str, answer: str) -> dict[str, Any]:
    texts = [{"text": question, "tag": "mask"}, {"text": answer, "tag": "no_mask"}]
    return {"image_info": [{"matched_text_index": 0, "image_url": "./a.png"}], "text_info": texts}


def chat(question: str, answer: str, image: Any = None) -> dict[str, Any]:
    content = [{"type": "image", "image": "a.png"}, {"type": "text", "text": question}] if image is None else image
    return {"messages": [{"role": "user", "content": content}, {"role": "assistant", "content": answer}]}


def read(tmp_path: Path, *elements: Any, name: str = "data.jsonl", **options: Any) -> list[TrainingSample]:
    (tmp_path / "a.png").write_bytes(picture())
    return samples_of(f"messages:{write_json(tmp_path / name, list(elements))}", **options)


@pytest.mark.parametrize("name", ["data.json", "data.jsonl"])
def test_three_kinds_are_one_form(tmp_path: Path, name: str) -> None:
    url = [{"type": "image_url", "image_url": {"url": "file://a.png"}}, {"type": "text", "text": "Who?"}]
    listed = {"images": ["a.png"], "messages": chat("", "Kim", "<image>Who?")["messages"]}
    elements = [qwen("<image>\nWho?", "Kim"), ernie("Who?", "Kim"), chat("Who?", "Kim"), chat("", "Kim", url), listed]
    rows = read(tmp_path, *elements, name=name)
    assert {(row.question, row.answer, row.status, row.task) for row in rows} == {
        ("Who?", "Kim", Status.OK, Task.TEXT)
    }
    assert len({row.sample_id for row in rows}) == 1, "what is said and shown is the same"
    assert [row.place for row in rows] == [f"{name}#{number:07d}" for number in range(1, 6)]


def test_packed_elements_are_taken_apart(tmp_path: Path) -> None:
    rows = read(tmp_path, [qwen("<image>a", "1"), qwen("<image>b", "2")], qwen("<image>c", "3"))
    assert [(row.place.partition("#")[2], row.answer) for row in rows] == [
        ("0000001.001", "1"),
        ("0000001.002", "2"),
        ("0000002", "3"),
    ]


@pytest.mark.parametrize("indent", [None, 2])
def test_a_list_in_a_file_called_jsonl_is_read(tmp_path: Path, indent: int | None) -> None:
    """ERNIE's own examples are such files."""
    (tmp_path / "a.png").write_bytes(picture())
    (tmp_path / "demo.jsonl").write_text(json.dumps([ernie("a", "1"), ernie("b", "2")], indent=indent))
    rows = samples_of(f"messages:{tmp_path / 'demo.jsonl'}")
    assert [(row.status, row.answer) for row in rows] == [(Status.OK, "1"), (Status.OK, "2")]


@pytest.mark.parametrize(
    ("prompt", "answer", "task", "read_as", "format_"),
    [
        ("OCR:", "가 나", Task.TEXT, "가 나", TextFormat.TEXT),
        ("Formula Recognition:", r"\[x^2\]", Task.FORMULA, "x^2", TextFormat.LATEX),
        ("Table Recognition:", f" {TABLE}", Task.TABLE, TABLE, TextFormat.HTML),
        (
            "Table Recognition:",
            "<fcel>a<lcel><nl><fcel>1<ecel><nl>",
            Task.TABLE,
            '<table><tr><td colspan="2">a</td></tr><tr><td>1</td><td></td></tr></table>',
            TextFormat.HTML,
        ),
    ],
)
def test_prompts_of_known_models_are_understood(
    tmp_path: Path, prompt: str, answer: str, task: Task, read_as: str, format_: TextFormat
) -> None:
    (row,) = read(tmp_path, ernie(prompt, answer))
    assert (row.task, row.whole_page, row.question) == (task, False, "")
    assert (row.answer, row.format) == (read_as, format_)


def test_the_prompt_of_olmocr_brings_facts(tmp_path: Path) -> None:
    prompt = dialect_of("", DialectName.OLMOCR).prompt_for(Task.TEXT, page=True)
    (row,) = read(tmp_path, qwen(f"<image>\n{prompt}", front_matter(primary_language="ko") + "# 제목"))
    assert (row.whole_page, row.answer, row.facts, row.question) == (True, "# 제목", PageFacts("ko"), "")


def test_an_image_within_the_text(tmp_path: Path) -> None:
    data = f"data:image/png;base64,{base64.b64encode(picture()).decode()}"
    good, bad = read(tmp_path, qwen("<image>a", "1", data), qwen("<image>a", "1", "data:image/png;base64,!"))
    assert (good.status, good.image) == (Status.OK, picture())
    assert (bad.status, bad.rule) == (Status.FAILED, "no_image")


@pytest.mark.parametrize(
    ("element", "rule"),
    [
        (qwen("<image>a", "  "), "empty_answer"),
        (qwen("<image><image>a", "b", ["a.png", "a.png"]), "images"),
        (qwen("a", "b", None), "images"),
        (qwen("<video>a", "b", None, video="v.mp4"), "video"),
        (qwen("<image>a", "b", "https://example.org/a.png"), "remote_image"),
        (qwen("<image>a", "b", "missing.png"), "no_image"),
        (qwen("<image>a", "b", "/etc/hostname"), "no_image"),
        (qwen("<image>a", "b", "../outside.png"), "no_image"),
        ({"image": "a.png", "conversations": [{"from": "human"}]}, "form"),
        ({"image": "a.png"}, "form"),
        ("text", "form"),
        ({"messages": [{"role": "system", "content": "Be rude."}, *chat("a", "b")["messages"]]}, "system_prompt"),
        ({"messages": chat("a", "b")["messages"] * 2}, "turns"),
        ({"messages": 7}, "form"),
        ({**chat("a", "b"), "tools": [{"type": "function"}]}, "tools"),
        ({"text_info": [{"text": "", "tag": "no_mask", "tool_calls": [{}]}]}, "tools"),
    ],
)
def test_what_cannot_be_used_is_a_row(tmp_path: Path, element: Any, rule: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "outside.png").write_bytes(picture())
    bad, good = read(tmp_path / "folder", element, qwen("<image>a", "b"))
    assert bad.rule == rule
    assert bad.status is not Status.OK
    assert bad.reason
    assert good.status is Status.OK


def test_a_line_that_is_not_json_is_a_row(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_bytes(b'{"image": \n\xff\n\n')
    assert [(row.status, row.rule) for row in samples_of(f"messages:{path}")] == [(Status.FAILED, "not_json")] * 2


def test_images_written_with_the_paths_of_another_machine_are_found_by_name(tmp_path: Path) -> None:
    (row,) = read(tmp_path, qwen("<image>a", "b", "/mnt/other/machine/a.png"))
    assert row.status is Status.OK
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures/b.png").write_bytes(picture())
    (row,) = read(tmp_path, qwen("<image>a", "b", "b.png"), images=tmp_path / "pictures")
    assert (row.status, row.document) == (Status.OK, "b")

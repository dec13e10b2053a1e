"""What the models write, and what becomes of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ocr_project.domain.options import DialectName
from ocr_project.domain.types import Task, TextFormat
from ocr_project.engine.models.dialects import NoTarget, dialect_of, unfenced
from ocr_project.engine.models.dialects.forms import read_table
from ocr_project.engine.models.dialects.html_table import parse_table
from ocr_project.engine.models.dialects.otsl import otsl_to_html


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("zai-org/GLM-OCR", "glm_ocr"),
        ("/models/glm_ocr-fp8", "glm_ocr"),
        ("PaddlePaddle/PaddleOCR-VL-1.5", "paddleocr_vl"),
        ("PaddlePaddle/PaddleOCR-VL-1.6", "paddleocr_vl"),
        ("allenai/olmOCR-2-7B-1025", "olmocr"),
        ("data/06_models/qwen3_vl_2b_olmocr/merged", "olmocr_qwen3_vl"),
        ("Qwen/Qwen3-VL-8B-Instruct", "chat"),
    ],
)
def test_the_models_name_tells_its_dialect(model: str, name: str) -> None:
    assert dialect_of(model, DialectName.AUTO).name == name


def test_qwen3_vl_tuned_on_olmocrs_data_is_asked_the_same_about_larger_tokens() -> None:
    tuned, olmocr = (dialect_of("x", name) for name in (DialectName.OLMOCR_QWEN3_VL, DialectName.OLMOCR))
    assert tuned.page == olmocr.page
    assert (tuned.side, olmocr.side, tuned.image_first) == (32, 28, False)


def test_a_choice_goes_before_the_name() -> None:
    assert dialect_of("zai-org/GLM-OCR", DialectName.CHAT).name == "chat"


def test_every_dialect_has_a_prompt_for_what_is_read() -> None:
    for name in DialectName:
        dialect = dialect_of("x", name)
        assert all(dialect.prompt_for(task) for task in (Task.TEXT, Task.TABLE, Task.FORMULA))
        assert dialect.prompt_for(Task.TEXT, page=True)
        assert dialect.least_pixels < dialect.most_pixels


def test_glm_ocr_is_asked_as_its_card_says() -> None:
    dialect = dialect_of("zai-org/GLM-OCR", DialectName.AUTO)
    assert dialect.prompt_for(Task.TEXT) == "Text Recognition:"
    assert dialect.prompt_for(Task.TABLE) == "Table Recognition:"
    assert dialect.read("```html\n<table><tr><td>1</td></tr></table>\n```", Task.TABLE) == (
        "<table><tr><td>1</td></tr></table>",
        TextFormat.HTML,
    )
    assert dialect.read(" a\nb\n", Task.TEXT) == ("a\nb", TextFormat.TEXT)
    assert dialect.read("# a\n\nb", Task.TEXT, page=True) == ("# a\n\nb", TextFormat.MARKDOWN)
    assert dialect.read("$$\nE = mc^2\n$$", Task.FORMULA) == ("E = mc^2", TextFormat.LATEX)


@pytest.mark.parametrize(
    ("answer", "bare"),
    [
        ("plain", "plain"),
        ("```\na\nb\n```", "a\nb"),
        ("```markdown\na\n```\n", "a"),
        ("~~~\na\n~~~", "a"),
        ("```html\n<table>", "<table>"),  # its end was cut
        ("before\n```\na\n```", "before\n```\na\n```"),
        ("```\na\n```\nbetween\n```\nb\n```", "```\na\n```\nbetween\n```\nb\n```"),
        ("", ""),
    ],
)
def test_a_fence_around_all_of_it_is_taken_off(answer: str, bare: str) -> None:
    assert unfenced(answer) == bare


@pytest.mark.parametrize(
    ("formula", "bare"),
    [("\\[x\\]", "x"), ("$x$", "x"), ("$a$ and $b$", "$a$ and $b$"), ("x_1", "x_1"), ("$$", "$$")],
)
def test_formulas_lose_their_delimiters(formula: str, bare: str) -> None:
    assert dialect_of("GLM-OCR", DialectName.AUTO).read(formula, Task.FORMULA).text == bare


def test_tables_come_in_html_in_pipes_or_not_at_all() -> None:
    assert read_table("Here it is: <table><tr><td>a</table> Done.").text == "<table><tr><td>a</table>"
    assert read_table("| a | b |\n|---|---|\n| 1 | 2 |").format is TextFormat.MARKDOWN
    assert read_table("a b\n1 2") == ("a b\n1 2", TextFormat.TEXT)
    assert read_table("<table><tr><td>cut").format is TextFormat.HTML


@pytest.mark.parametrize(
    ("otsl", "html"),
    [
        ("<fcel>a<fcel>b<nl><fcel>c<ecel><nl>", "<tr><td>a</td><td>b</td></tr><tr><td>c</td><td></td></tr>"),
        (
            "<fcel>a<lcel><nl><fcel>b<fcel>c<nl>",
            '<tr><td colspan="2">a</td></tr><tr><td>b</td><td>c</td></tr>',
        ),
        (
            "<fcel>a<fcel>b<nl><ucel><fcel>c<nl>",
            '<tr><td rowspan="2">a</td><td>b</td></tr><tr><td>c</td></tr>',
        ),
        (
            "<fcel>a<lcel><fcel>b<nl><ucel><xcel><fcel>c<nl>",
            '<tr><td rowspan="2" colspan="2">a</td><td>b</td></tr><tr><td>c</td></tr>',
        ),
        ("<ched>h<ched>i<nl><fcel>1<nl>", "<tr><th>h</th><th>i</th></tr><tr><td>1</td><td></td></tr>"),
        ("<lcel><fcel>a<nl>", "<tr><td></td><td>a</td></tr>"),  # belongs to a neighbour that is not there
        ("<fcel>1 < 2 & 3<nl>", "<tr><td>1 &lt; 2 &amp; 3</td></tr>"),
        ("<fcel>cut in the mid", "<tr><td>cut in the mid</td></tr>"),
        ("<nl><nl>", ""),
    ],
)
def test_otsl_becomes_html(otsl: str, html: str) -> None:
    assert otsl_to_html(otsl) == f"<table>{html}</table>"


def test_every_text_of_a_table_in_otsl_is_in_its_html() -> None:
    otsl = "<fcel>a<lcel><fcel>b<nl><ucel><xcel><fcel>c<nl><fcel>d<fcel>e<fcel>f<nl>"
    texts = [cell.text for row in parse_table(otsl_to_html(otsl)) for cell in row]
    assert sorted(texts) == list("abcdef")


def test_paddle_writes_tables_in_otsl() -> None:
    dialect = dialect_of("PaddlePaddle/PaddleOCR-VL-1.5", DialectName.AUTO)
    assert dialect.prompt_for(Task.TEXT) == "OCR:"
    assert dialect.read("<fcel>1<nl>", Task.TABLE) == ("<table><tr><td>1</td></tr></table>", TextFormat.HTML)
    assert dialect.read("no table", Task.TABLE) == ("no table", TextFormat.TEXT)


def test_paddle_has_words_of_its_own_for_stamps_and_for_lines_anywhere() -> None:
    dialect = dialect_of("PaddlePaddle/PaddleOCR-VL-1.6", DialectName.AUTO)
    assert [dialect.prompt_for(task) for task in (Task.SEAL, Task.SPOTTING)] == ["Seal Recognition:", "Spotting:"]
    assert dialect.read(" 서울\n시장 ", Task.SEAL).text == "서울\n시장"
    corners = "".join(f"<|LOC_{at}|>" for at in (1, 2, 30, 2, 30, 9, 1, 9))
    assert dialect.read(f"출구 3{corners}\nExit{corners}", Task.SPOTTING) == ("출구 3\nExit", TextFormat.TEXT)
    marked = f"<|TEXT_START|>나가는 곳<|TEXT_END|><|LOC_BEGIN|>{corners}<|LOC_END|>"
    assert dialect.read(marked * 2, Task.SPOTTING).text == "나가는 곳\n나가는 곳"
    assert dialect.read("no places", Task.SPOTTING).text == "no places"
    with pytest.raises(NoTarget, match="places"):
        dialect.target_for("Exit", Task.SPOTTING)


@pytest.mark.parametrize("name", ["zai-org/GLM-OCR", "allenai/olmOCR-2-7B-1025", "Qwen/Qwen3-VL-8B-Instruct"])
def test_who_has_no_words_for_a_stamp_reads_it_as_text(name: str) -> None:
    dialect = dialect_of(name, DialectName.AUTO)
    assert {dialect.task_for(task) for task in (Task.SEAL, Task.SPOTTING)} == {Task.TEXT}
    assert dialect.prompt_for(Task.SEAL) == dialect.prompt_for(Task.TEXT)
    assert dialect.task_for(Task.DROP) is Task.DROP


def test_olmocr_writes_front_matter_before_the_page() -> None:
    dialect = dialect_of("allenai/olmOCR-2-7B-1025", DialectName.AUTO)
    front = "---\nprimary_language: ko\nis_rotation_valid: True\nrotation_correction: 0\n---\n"
    assert dialect.read(f"{front}\n# 제목\n\n본문", Task.TEXT, page=True) == ("# 제목\n\n본문", TextFormat.MARKDOWN)
    assert dialect.read(f"{front}![a chart](page_1_2_30_40.png)\nend", Task.TEXT, page=True).text == "end"
    assert dialect.read("no front\n---\nmatter", Task.TEXT, page=True).text == "no front\n---\nmatter"
    assert dialect.read("---\nprimary_language: null\n---", Task.TEXT, page=True).text == ""
    assert not dialect.image_first


def test_a_chat_model_has_images_in_steps_of_its_own_tokens(tmp_path: Path) -> None:
    assert dialect_of("Qwen/Qwen2-VL-2B-Instruct", DialectName.AUTO).side == 28
    assert dialect_of("Qwen/Qwen2.5-VL-7B-Instruct", DialectName.CHAT).side == 28
    assert dialect_of("Qwen/Qwen3-VL-8B-Instruct", DialectName.AUTO) is dialect_of("gpt", DialectName.CHAT)
    assert dialect_of("gpt", DialectName.CHAT).side == 32
    folder = tmp_path / "merged"
    folder.mkdir()
    files: dict[str, tuple[dict[str, Any], int]] = {
        "processor_config.json": ({"image_processor": {"patch_size": 14, "merge_size": 2}}, 28),
        "preprocessor_config.json": ({"patch_size": 16, "merge_size": 3}, 48),
    }
    for name, (said, side) in files.items():
        (folder / name).write_text(json.dumps(said))
        found = dialect_of(str(folder), DialectName.CHAT)
        assert (found.name, found.side) == ("chat", side)
        assert found.version == dialect_of("gpt", DialectName.CHAT).version + 1
    assert dialect_of(str(folder), DialectName.GLM_OCR).side == 28

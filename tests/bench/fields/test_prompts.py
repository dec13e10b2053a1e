"""Collections of prompts, in both spellings."""

from __future__ import annotations

from pathlib import Path

import pytest

from ocr_project.bench.fields.prompts import OWN_WORDS, prompts_of, read_prompts
from ocr_project.domain.errors import SourceError
from ocr_project.domain.types import Prompt, Question


def question(number: int, field: str, doc_type: str = "passport") -> Question:
    return Question(number, "p", "1.jpg", "1", doc_type, field, "", f"Напиши {field}", "")


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffprompt;doc_class_question_type;cer\nНапиши имя. Пример: Арсен.;passport Имя;0,25\nПол?;passport  Пол;",
        "doc_type_question_type|optimal_prompt\npassport Имя|Напиши имя. Пример: Арсен.\npassport Пол|Пол?\n",
        'prompt,doc_class_question_type\n"Напиши имя. Пример: Арсен.",passport Имя\nПол?,passport Пол',
    ],
)
def test_both_spellings_are_read(tmp_path: Path, text: str) -> None:
    prompts = read_prompts(write(tmp_path / "prompts.csv", text))
    asked = prompts.ask([question(0, "Имя"), question(7, "Пол")])
    assert [(one.question_id, one.prompt) for one in asked] == [(0, "Напиши имя. Пример: Арсен."), (7, "Пол?")]
    if "cer" in text:
        assert prompts.used([question(0, "Имя")]) == [Prompt("passport", "Имя", "Напиши имя. Пример: Арсен.", 0.25)]


def test_all_fields_without_a_prompt_are_named_at_once(tmp_path: Path) -> None:
    prompts = read_prompts(write(tmp_path / "p.csv", "prompt;doc_class_question_type\nq;passport Имя"))
    asked = [question(0, "Имя"), question(1, "Пол"), question(2, "Дата"), question(3, "Пол")]
    with pytest.raises(SourceError, match="no prompt for passport Пол; passport Дата: "):
        prompts.ask(asked)


def test_the_words_of_the_set_are_sent_where_there_is_no_collection() -> None:
    assert [one.prompt for one in OWN_WORDS.ask([question(0, "Имя")])] == ["Напиши Имя"]
    assert OWN_WORDS.digest == ""


def test_the_digest_is_of_the_words_and_not_of_the_file(tmp_path: Path) -> None:
    one = read_prompts(write(tmp_path / "a.csv", "prompt;doc_class_question_type;cer\nq;a b;0\nr;a c;1"))
    other = read_prompts(write(tmp_path / "b.csv", "doc_type_question_type|optimal_prompt\na c|r\na b|q"))
    assert one.digest == other.digest == prompts_of([Prompt("a", "b", "q"), Prompt("a", "c", "r")]).digest
    assert one.digest != prompts_of([Prompt("a", "b", "q"), Prompt("a", "c", "r.")]).digest


def test_bad_rows_are_refused_with_line_and_column(tmp_path: Path) -> None:
    text = "prompt;doc_class_question_type;cer\nq;;0\n;a b;0\nq;a c;much\nq;a d;\nq;a d;"
    with pytest.raises(SourceError) as refused:
        read_prompts(write(tmp_path / "p.csv", text))
    for said in (
        "line 2, column doc_class_question_type is empty",
        "line 3, column prompt is empty",
        "line 4, column cer: 'much' is not a number",
        "line 6, column doc_class_question_type: there are two prompts for a d",
    ):
        assert said in str(refused.value)
    with pytest.raises(SourceError, match="no column prompt or optimal_prompt; it has doc_class_question_type, text"):
        read_prompts(write(tmp_path / "p.csv", "doc_class_question_type;text\na;b"))

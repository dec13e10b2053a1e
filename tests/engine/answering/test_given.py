"""Files of answers, and what is refused of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ocr_project.domain.errors import BackendError, SourceError
from ocr_project.domain.options import FieldsOptions
from ocr_project.engine.answering import build_answerer


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id;answer\n0;a", "has no column model_answer; it has id, answer"),
        ("id;model_answer\nx;a", "line 2, column id: 'x' is not the number of a question"),
        ("id;model_answer\n1;a\n01;b", "line 3, column id: there are two answers to question 01"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_place(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "answers.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BackendError, match=said):
        build_answerer(FieldsOptions.model_validate({"backend": "given", "given": {"file": file}}))


def test_no_file_at_all(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match=r"needs fields\.given\.file"):
        build_answerer(FieldsOptions.model_validate({"backend": "given"}))
    with pytest.raises(SourceError, match="cannot be read"):
        build_answerer(FieldsOptions.model_validate({"backend": "given", "given": {"file": tmp_path / "none.csv"}}))

"""Files and answers of any content: what is read is right, what cannot be read is refused, and jiwer agrees."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import jiwer
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ocr_project.bench.fields.annotation import read_field_set
from ocr_project.bench.fields.prompts import read_prompts
from ocr_project.bench.fields.scoring import score_questions, score_text
from ocr_project.bench.fields.tables import tabulate_fields
from ocr_project.domain.errors import SourceError
from ocr_project.domain.types import Answer, Question

SPACED = st.text(st.sampled_from("ab АЁ가\u0301.,-  \t\n\r\u00a0\u2003\u200b\ufeff0"), max_size=30)
ROWS = st.lists(
    st.lists(st.text(st.characters(exclude_categories=("Cs",)), max_size=12), min_size=0, max_size=9), max_size=5
)


@given(SPACED, SPACED)
@example("a\nb", "a b")
@example("a", "")
@settings(max_examples=300)
def test_official_rates_are_jiwers_whatever_the_text(truth: str, text: str) -> None:
    assume(truth.strip())
    counts = score_text(truth, text)
    for metric, theirs in (("cer/official", jiwer.cer), ("wer/official", jiwer.wer)):
        numerator, denominator = counts[metric]
        assert numerator / denominator == theirs(truth, text)


@given(st.lists(st.tuples(SPACED, SPACED), min_size=1, max_size=6))
def test_sums_over_a_set_are_jiwers(pairs: list[tuple[str, str]]) -> None:
    assume(all(truth.strip() for truth, _ in pairs))
    questions = [Question(n, "p", "i", str(n), "t", "f", "", "", truth) for n, (truth, _) in enumerate(pairs)]
    answers = [Answer(n, "p", text) for n, (_, text) in enumerate(pairs)]
    table = tabulate_fields(questions, score_questions(questions, answers, "set")).set_index(["level", "metric"])
    truths, texts = ([pair[side] for pair in pairs] for side in (0, 1))
    assert table.loc[("overall", "cer/official"), "rate"] == jiwer.cer(truths, texts)
    assert table.loc[("overall", "wer/official"), "rate"] == jiwer.wer(truths, texts)


@given(SPACED, SPACED)
def test_what_is_a_share_stays_between_0_and_1(truth: str, text: str) -> None:
    counts = score_text(truth, text)
    for metric in ("exact", "normalized", "anls", "cer_clipped"):
        assert 0 <= counts[metric][0] <= counts[metric][1] == 1


@given(ROWS, st.sampled_from(";,\t|"), st.binary(max_size=40))
@settings(max_examples=200)
def test_a_file_of_any_content_is_read_or_refused(rows: list[list[str]], separator: str, noise: bytes) -> None:
    heads = (
        "data_index;split;image_path;question;answer;doc_class;question_type;answer_bbox",
        "prompt;doc_class_question_type;cer",
    )
    for head, read in zip(heads, (lambda path: read_field_set(path, images=False), read_prompts), strict=True):
        lines = [head.replace(";", separator), *(separator.join(cells) for cells in rows)]
        with tempfile.TemporaryDirectory() as folder:
            for content in ("\n".join(lines).encode(), "\n".join(lines).encode() + noise, noise):
                path = Path(folder) / "table.csv"
                path.write_bytes(content)
                assert str(path) in (refusal(read, path) or str(path))


def refusal(read: Callable[[Path], object], path: Path) -> str:
    """Return why a file was refused; empty where it was read."""
    try:
        read(path)
    except SourceError as error:
        return str(error)
    return ""

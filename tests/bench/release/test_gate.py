"""A record against that of the release: worse, equal, undecided, other questions, the time limit."""

from __future__ import annotations

import pandas as pd
import pytest

from ocr_project.bench.fields.scoring import score_questions
from ocr_project.bench.release.gate import LIMIT, QUESTIONS, judge_release
from ocr_project.bench.release.record import record_fields
from ocr_project.domain.errors import OptionError
from ocr_project.domain.options import ReleaseOptions
from ocr_project.domain.types import Answer, Identity, Question, Status
from ocr_project.storage.run_record import RunRecord, read_record, write_record

FIELDS = ("surname", "number")
OPTIONS = ReleaseOptions(resamples=500)


def questions(documents: int) -> list[Question]:
    asked = [(document, field) for document in range(documents) for field in FIELDS]
    return [
        Question(place, f"p_{document:05d}", "", f"d{document}", "card", field, "", "", f"{field} {document:03d}")
        for place, (document, field) in enumerate(asked)
    ]


def record(documents: int = 12, wrong: int = 0, seconds: float = 0.2, missing: int = 0) -> RunRecord:
    """Make a record in which the first answers are wrong, the last are missing."""
    asked = questions(documents)
    answers = [
        Answer(one.question_id, one.page_id, "xxxxxxx" if place < wrong else one.truth, seconds=seconds + place * 1e-4)
        if place < len(asked) - missing
        else Answer(one.question_id, one.page_id, "", Status.FAILED, "timeout: none", seconds=30.0)
        for place, one in enumerate(asked)
    ]
    scores = score_questions(asked, answers, "mini")
    return record_fields(asked, answers, scores, Identity("vllm", "1", {"model": "m"}), {"commit": "c"})


def verdicts(table: pd.DataFrame) -> dict[tuple[str, str], str]:
    return {(row["what"], row["metric"]): row["verdict"] for row in table.to_dict("records")}


def test_an_equal_run_is_fine_in_all() -> None:
    assert verdicts(judge_release(record(200), record(200), OPTIONS)) == {
        ("mini", "cer/official"): "fine",
        ("mini", "exact"): "fine",
        (QUESTIONS, "seconds"): "fine",
        (LIMIT, "seconds"): "fine",
    }


def test_an_equal_run_of_24_questions_does_not_show_that_none_is_lost() -> None:
    assert verdicts(judge_release(record(), record(), OPTIONS))["mini", "exact"] == "open"


@pytest.mark.parametrize("wrong", [16, 18, 20, 22, 24])
def test_more_wrong_answers_are_no_less_worse(wrong: int) -> None:
    table = judge_release(record(wrong=wrong), record(), OPTIONS)
    assert verdicts(table)["mini", "exact"] == "worse"
    assert table.set_index("metric").loc["exact", "low"] > 0.25


def test_worse_answers_and_missing_ones_close_the_gate() -> None:
    assert verdicts(judge_release(record(wrong=16), record(), OPTIONS))["mini", "exact"] == "worse"
    assert verdicts(judge_release(record(missing=16), record(), OPTIONS))["mini", "cer/official"] == "worse"


def test_a_slower_one_and_one_beyond_the_limit_close_it() -> None:
    slower = verdicts(judge_release(record(seconds=0.4), record(), OPTIONS))
    assert (slower[QUESTIONS, "seconds"], slower[LIMIT, "seconds"]) == ("worse", "fine")  # two questions: 0.8 s
    slow = verdicts(judge_release(record(seconds=0.6), record(seconds=0.6), OPTIONS))
    assert (slow[QUESTIONS, "seconds"], slow[LIMIT, "seconds"]) == ("fine", "worse")


def test_one_wrong_answer_of_twelve_documents_leaves_it_open() -> None:
    assert verdicts(judge_release(record(wrong=1), record(), OPTIONS))["mini", "exact"] == "open"


def test_a_first_release_is_judged_by_the_limit_alone() -> None:
    assert verdicts(judge_release(record(wrong=16), None, OPTIONS)) == {(LIMIT, "seconds"): "fine"}


def test_other_questions_and_other_truths_are_refused() -> None:
    with pytest.raises(OptionError, match="2 of its 24 are not among the 22"):
        judge_release(record(11), record(12), OPTIONS)
    other = record()
    other.items.loc[0, "payload"] = "another truth"
    with pytest.raises(OptionError, match="1 of its 24"):
        judge_release(record(), other, OPTIONS)
    with pytest.raises(OptionError, match="nonsense is not a metric"):
        judge_release(record(), record(), ReleaseOptions(metrics=("nonsense",)))


def test_a_record_is_what_other_records_are(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("kept") / "release_record"
    write_record(folder, record(wrong=3))
    read = read_record(folder)
    assert read.run.recognizer == "m"
    assert read.run.facts["fields identity"] == 'vllm 1 {"model": "m"}'
    same = judge_release(read, record(wrong=3), OPTIONS)
    assert set(same.loc[same["metric"] != "exact", "verdict"]) == {"fine"}
    assert set(same.loc[same["what"] == "mini", "worse_by"]) == {0.0}

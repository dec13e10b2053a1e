"""Official CER and WER to the last digit, and what is better where theirs is wrong (facts in docs/fields.md)."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

import jiwer
import pandas as pd
import pytest

from ocr_project.bench.fields.scoring import METRICS, score_questions, score_text
from ocr_project.bench.fields.tables import tabulate_fields
from ocr_project.domain.types import Answer, Question, Status

PAIRS = [
    ("353-721-310 54", "353-721-310 54"),
    ("Осипов", "Фамилия: ОСИПОВ"),
    ("респ. Северная Осетия - Алания", "респ.  Северная\tОсетия  - Алания "),
    ("4\u00a0505\u00a0679 944", "4505 679944"),
    ("25 июня 2018 года", "25\nиюня 2018\n\nгода"),
    ("муж.", ""),
    ("가나다 라마", "가나 다라마"),
    ("a", "the same line for ever " * 30),
]


def question(number: int, truth: str, document: str = "", field: str = "f", doc_type: str = "snils") -> Question:
    return Question(number, "p", "1.jpg", document or str(number), doc_type, field, "clean", "", truth)


def asked(pairs: Sequence[tuple[str, str | None]]) -> tuple[list[Question], list[Answer]]:
    questions = [question(number, truth) for number, (truth, _) in enumerate(pairs)]
    answers = [Answer(number, "p", text) for number, (_, text) in enumerate(pairs) if text is not None]
    return questions, answers


def overall(questions: Sequence[Question], answers: Sequence[Answer], **more: bool) -> dict[str, float]:
    table = tabulate_fields(questions, score_questions(questions, answers, "set", **more))
    whole = table[table["level"] == "overall"]
    return dict(zip(whole["metric"], whole["rate"], strict=True))


@pytest.mark.parametrize(("truth", "text"), PAIRS)
def test_official_rates_of_an_answer_are_jiwers(truth: str, text: str) -> None:
    counts = score_text(truth, text)
    for metric, theirs in (("cer/official", jiwer.cer(truth, text)), ("wer/official", jiwer.wer(truth, text))):
        numerator, denominator = counts[metric]
        assert numerator / denominator == theirs


def test_official_rates_of_a_set_are_jiwers_over_all_answers() -> None:
    found = overall(*asked(PAIRS))
    truths, texts = ([pair[side] for pair in PAIRS] for side in (0, 1))
    assert found["cer/official"] == jiwer.cer(truths, texts)
    assert found["wer/official"] == jiwer.wer(truths, texts)


def test_rates_are_the_same_whatever_the_order_of_answers() -> None:
    """Theirs pairs `general` by the order of rows: 1.33 and 0.0 for the same answers."""
    questions, answers = asked(PAIRS)
    assert overall(questions, answers) == overall(questions, answers[::-1])
    truths, texts = ([pair[side] for pair in PAIRS] for side in (0, 1))
    assert jiwer.cer(truths, texts[::-1]) != jiwer.cer(truths, texts)


@pytest.mark.parametrize("failed", [None, Status.FAILED, Status.SKIPPED])
def test_a_missing_answer_is_wrong_and_is_counted(failed: Status | None) -> None:
    """Theirs drops its question from the denominator: one of two answered gives 0.0."""
    questions, answers = asked([("Осипов", "Осипов"), ("353-721", None)])
    if failed is not None:
        answers.append(Answer(1, "p", "half of an ans", failed, "cut: …"))
    table = tabulate_fields(questions, score_questions(questions, answers, "set"))
    whole = table[table["level"] == "overall"].set_index("metric")
    assert set(whole["items"]) == {2}
    assert set(whole["missing"]) == {1}
    assert whole.loc["cer/official", "rate"] == 7 / 13
    assert whole.loc["wer/official", "rate"] == 1 / 2
    for metric in ("exact", "normalized", "anls", "cer_clipped"):
        assert whole.loc[metric, "rate"] == 0.5


def test_an_empty_truth_is_right_when_nothing_is_answered_and_wrong_when_something_is() -> None:
    """Theirs reads it as NaN: a TypeError, or the word `nan`."""
    theirs = pd.read_csv(io.StringIO("id;answer\n0;\n1;a"), sep=";")
    assert theirs["answer"].isna().tolist() == [True, False]
    right = overall([question(0, "")], [Answer(0, "p", "", Status.EMPTY, "no text found")])
    assert (right["exact"], right["normalized"], right["anls"], right["cer_clipped"]) == (1, 1, 1, 0)
    assert math.isnan(right["cer/official"])
    wrong = overall([question(0, ""), question(1, "abcd")], [Answer(0, "p", "xy"), Answer(1, "p", "abcd")])
    assert wrong["cer/official"] == 2 / 4  # what was made up counts
    assert (wrong["exact"], wrong["cer_clipped"]) == (0.5, 0.5)
    missing = overall([question(0, "")], [])
    assert (missing["exact"], missing["normalized"], missing["anls"], missing["cer_clipped"]) == (0, 0, 0, 1)


def test_bleu_is_the_right_way_round() -> None:
    """Theirs swaps reference and hypothesis, and one word scores 0 however right it is."""
    sacrebleu = pytest.importorskip("sacrebleu")
    truth, text = "25 июня 2018 года в городе", "25 июня 2018"
    assert score_text(truth, text, bleu=True)["bleu"][0] == pytest.approx(
        sacrebleu.sentence_bleu(text, [truth]).score / 100
    )
    assert score_text("Осипов", "Осипов", bleu=True)["bleu"] == (1.0, 1.0)
    assert sacrebleu.corpus_bleu(["Осипов"], [["Осипов"]]).score == 0.0
    assert "bleu" not in score_text(truth, text)


def test_case_and_wording_are_told_apart_from_wrong_letters() -> None:
    shouted = score_text("Осипов", "ОСИПОВ.")
    assert shouted["exact"][0] == 0
    assert shouted["normalized"][0] == 1
    assert shouted["anls"][0] == pytest.approx(6 / 7)
    quoted = score_text("РАО «Шашков-Меркушев»", '**РАО "Шашков–Меркушев"**')
    assert quoted["cer/canonical"] == (0, 21)
    assert quoted["cer/official"][0] > 0


def test_a_runaway_answer_is_one_wrong_answer_where_it_is_clipped() -> None:
    pairs = [("ab", "ab"), ("cd", "x" * 500)]
    found = overall(*asked(pairs))
    assert found["cer/official"] == 500 / 4
    assert found["cer_clipped"] == 0.5


def test_answers_to_other_questions_do_not_count() -> None:
    questions, answers = asked([("a", "a")])
    assert overall(questions, [*answers, Answer(99, "p", "zzz")]) == overall(questions, answers)


def test_each_question_has_a_row_for_each_metric() -> None:
    questions, answers = asked(PAIRS)
    scores = score_questions(questions, answers, "set")
    assert [score.metric for score in scores[: len(METRICS)]] == list(METRICS)
    assert len(scores) == len(METRICS) * len(PAIRS)
    assert {score.group for score in scores} == {"set"}

"""ModelsAnswers and ModelsMetrics: read back as VLMHyperBench reads them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import jiwer
import pandas as pd
import pytest

from ocr_project.bench.fields.job import FieldsJob, prepare_job
from ocr_project.bench.fields.run import names_of
from ocr_project.bench.fields.scoring import score_questions
from ocr_project.bench.fields.tables import measure_fields, tabulate_fields
from ocr_project.bench.fields.writing import write_theirs
from ocr_project.domain.options import FieldsOptions
from ocr_project.domain.types import Answer, Status
from tests.bench.fields.sets import HEAD, write_set

WHEN = datetime(2026, 11, 28, 21, 5, 9)


def answers_of(job: FieldsJob) -> list[Answer]:
    """Answer right, but for wrong letters in the surnames of the first three documents."""
    rows = []
    for question in job.questions:
        text = question.truth.replace("и", "n") if question.question_id in (0, 3, 6) else question.truth
        rows.append(Answer(question.question_id, question.page_id, text, seconds=0.25, prompt_tokens=300, tokens=5))
    return rows


def written(tmp_path: Path, answers: list[Answer] | None = None) -> tuple[FieldsJob, dict[str, pd.DataFrame]]:
    options = FieldsOptions(set=write_set(tmp_path / "demo_mini", 6))
    job = prepare_job(options)
    answers = answers if answers is not None else answers_of(job)
    scores = score_questions(job.questions, answers, job.found.name, bleu=True)
    names = names_of(options, job, WHEN)
    table = tabulate_fields(job.questions, scores)
    files = write_theirs(tmp_path / "out", names, job.found, answers, scores, table)
    assert [file.relative_to(tmp_path / "out").as_posix() for file in files] == [
        "ModelsAnswers/demo_mini_Tesseract_label_neighbour_VQA_answers_20261128_210509.csv",
        *(
            f"ModelsMetrics/demo_mini_Tesseract_label_neighbour_VQA_answers_20261128_210509_{name}.csv"
            for name in ("by_id", "by_doc_question", "by_doc_type", "overall")
        ),
    ]
    kinds = ("answers", "by_id", "by_doc_question", "by_doc_type", "overall")
    return job, {
        kind: pd.read_csv(file, sep=";", encoding="utf-8-sig") for kind, file in zip(kinds, files, strict=True)
    }


def test_their_columns_stand_first_under_their_names(tmp_path: Path) -> None:
    _, tables = written(tmp_path)
    assert list(tables["answers"])[:2] == ["id", "model_answer"]
    assert list(tables["answers"])[2:5] == ["status", "reason", "seconds"]
    by_id = ["id", "model_answer", *HEAD.split(";"), "wer_error", "cer_error", "bleu_score"]
    assert list(tables["by_id"])[: len(by_id)] == by_id
    assert list(tables["by_doc_question"])[:5] == [
        "doc_class", "question_type", "wer_error", "cer_error", "bleu_error"
    ]  # fmt: skip
    assert list(tables["by_doc_type"])[:4] == ["doc_class", "wer_error", "cer_error", "bleu_error"]
    assert list(tables["overall"])[:3] == ["wer_error", "cer_error", "bleu_score"]
    for name in ("by_doc_question", "by_doc_type", "overall"):
        assert {"items", "unscored", "documents", "cer_error_low", "cer_error_high"} <= set(tables[name])


def test_rates_are_those_of_their_evaluator(tmp_path: Path) -> None:
    """As MetricEvaluator computes them from both files, answers complete and in order: to the last digit."""
    job, tables = written(tmp_path)
    merged = tables["answers"][["id", "model_answer"]].merge(
        pd.DataFrame([(q.question_id, q.truth, q.doc_type, q.field) for q in job.questions],
                     columns=["id", "answer", "doc_class", "question_type"]), on="id")  # fmt: skip
    for kind, keys in (("by_doc_type", ["doc_class"]), ("by_doc_question", ["doc_class", "question_type"])):
        ours = tables[kind].set_index(keys)
        for key, group in merged.groupby(keys):
            row = ours.loc[key if len(keys) > 1 else key[0]]
            assert row["cer_error"] == jiwer.cer(group["answer"].tolist(), group["model_answer"].tolist())
            assert row["wer_error"] == jiwer.wer(group["answer"].tolist(), group["model_answer"].tolist())
    for one in tables["by_id"].itertuples():
        assert one.cer_error == jiwer.cer(one.answer, one.model_answer)
        assert one.wer_error == jiwer.wer(one.answer, one.model_answer)
    (whole,) = tables["overall"].to_dict("records")
    assert whole["cer_error"] == jiwer.cer(merged["answer"].tolist(), merged["model_answer"].tolist())
    assert whole["items"] == 18
    assert whole["unscored"] == 0
    assert whole["cer_error_low"] <= whole["cer_error"] <= whole["cer_error_high"]


def test_questions_without_an_answer_have_their_rows(tmp_path: Path) -> None:
    root = tmp_path / "demo_mini"
    answers = [Answer(number, "p", "x;\n=1+1", seconds=1) for number in range(17)]
    _, tables = written(tmp_path, [*answers, Answer(17, "p", "", Status.FAILED, "timeout: 5 s", attempts=2)])
    assert root.is_dir()
    assert tables["answers"]["model_answer"].tolist()[:2] == ["x;\n=1+1"] * 2
    last = tables["answers"].iloc[17]
    assert (last["status"], last["reason"], last["attempts"]) == ("failed", "timeout: 5 s", 2)
    assert tables["by_id"].iloc[17]["cer_error"] == 1.0
    assert tables["overall"].loc[0, "unscored"] == 1
    assert tables["by_doc_type"].set_index("doc_class")["unscored"].to_dict() == {"passport": 0, "snils": 1}


def test_tables_have_every_level_and_further_columns(tmp_path: Path) -> None:
    root = write_set(tmp_path / "demo", 6)
    lines = (root / "annotation.csv").read_text(encoding="utf-8").split("\n")
    damages = ["damage", *(("glare", "fold")[number % 2] for number in range(len(lines) - 1))]
    text = "\n".join(f"{line};{damage}" for line, damage in zip(lines, damages, strict=True))
    (root / "annotation.csv").write_text(text, encoding="utf-8")
    job = prepare_job(FieldsOptions(set=root))
    table = tabulate_fields(job.questions, score_questions(job.questions, answers_of(job), "demo"))
    assert list(dict.fromkeys(table["level"])) == [
        "overall", "doc_type", "doc_question", "field", "split", "damage"
    ]  # fmt: skip
    exact = table[table["metric"] == "exact"].set_index(["level", "name"])
    assert exact.loc[("field", "Фамилия"), "rate"] == 0.5
    assert exact.loc[("field", "Имя"), "rate"] == 1.0
    assert exact.loc[("doc_question", "snils Пол"), ["doc_type", "field", "items"]].tolist() == ["snils", "Пол", 3]
    assert exact.loc[("overall", "all"), "documents"] == 6
    assert exact.loc[("damage", "glare"), "items"] == 9
    overall = measure_fields(table)
    assert overall["exact"] == pytest.approx(5 / 6)
    assert overall["questions"] == 18
    assert {"cer.official", "anls", "missing", "documents"} <= set(overall)


def test_intervals_are_over_documents_and_not_over_questions(tmp_path: Path) -> None:
    """One document of six is all wrong: its three questions are one draw."""
    job = prepare_job(FieldsOptions(set=write_set(tmp_path / "demo", 6)))
    answers = [Answer(q.question_id, q.page_id, q.truth if q.document != "3" else "?") for q in job.questions]
    table = tabulate_fields(job.questions, score_questions(job.questions, answers, "demo"))
    row = table[(table["level"] == "overall") & (table["metric"] == "exact")].iloc[0]
    assert row["rate"] == pytest.approx(5 / 6)
    assert row["high"] - row["low"] > 0.5

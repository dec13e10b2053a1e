"""How good an answer to a question is: counts by metric.

    cer/official, wer/official      jiwer's, as VLMHyperBench computes them: white space at the ends does not count
    cer/canonical, wer/canonical    the same on canonical texts: kinds of quotes and dashes, Markdown do not count
    cer_clipped                     official CER of the question, 1 at most: one runaway answer is one wrong answer
    exact, normalized, anls         match word for word; letters and digits alone; similarity with a threshold of 0.5
    bleu                            on request

A question without an answer is wrong in each of them, and its row says `failed`: it is counted beside the rate.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rapidfuzz.distance import Levenshtein

from ocr_project.bench.metrics.answers import anls
from ocr_project.bench.metrics.canonical import canonical_text, match_exact, match_normalized
from ocr_project.domain.types import Answer, Question, Score, Status
from ocr_project.engine.metrics.text import Counts, cer

METRICS = (
    *("cer/official", "cer/canonical", "cer_clipped", "wer/official", "wer/canonical"),
    *("exact", "normalized", "anls"),
)
BLEU = "bleu"
NOT_ANSWERED = "not answered"
_SPACES = re.compile(r"\s\s+")
_HAS_ANSWER = frozenset({Status.OK, Status.EMPTY})


def score_text(truth: str, text: str, *, bleu: bool = False) -> dict[str, tuple[float, float]]:
    """Judge one text.

    Args:
        truth: What the document says; an empty string where the field is blank.
        text: What was answered.
        bleu: Whether to score BLEU too.

    Returns:
        Numerator and denominator by metric, in the order of `METRICS`. Where the truth is empty the denominators of
        CER and WER are 0: what was answered counts in sums all the same.
    """
    official = cer(truth.strip(), text.strip())
    plain_truth, plain_text = canonical_text(truth), canonical_text(text)
    found = {
        "cer/official": _pair(official),
        "cer/canonical": _pair(cer(plain_truth, plain_text)),
        "cer_clipped": (_clipped(official), 1.0),
        "wer/official": _pair(official_wer(truth, text)),
        "wer/canonical": _pair(official_wer(plain_truth, plain_text)),
        "exact": (float(match_exact(truth.strip(), text.strip())), 1.0),
        "normalized": (float(match_normalized(truth, text)), 1.0),
        "anls": (anls([truth], text), 1.0),
    }
    return {**found, BLEU: (_bleu(truth, text), 1.0)} if bleu else found


def score_questions(
    questions: Sequence[Question], answers: Iterable[Answer], test_set: str, *, bleu: bool = False
) -> list[Score]:
    """Judge the answers to questions.

    Args:
        questions: All that were to be asked.
        answers: In any order, by `question_id`; those to other questions are left out.
        test_set: Name of the set.
        bleu: Whether to score BLEU too.

    Returns:
        A row for each question and metric, questions in the order given: `item_id` is the question's number, `doc_id`
        its document, `group` the set. `failed` where there is no answer, with the reason.
    """
    given = {answer.question_id: answer for answer in answers}
    return [
        score for question in questions for score in _scores(question, given.get(question.question_id), test_set, bleu)
    ]


def has_answer(answer: Answer | None) -> bool:
    """Say whether a question was answered, be it by an empty text."""
    return answer is not None and answer.status in _HAS_ANSWER


def official_wer(truth: str, text: str) -> Counts:
    """Count word edits as jiwer does: words are what blanks separate, after runs of white space became one blank."""
    wanted, got = (_words(each) for each in (truth, text))
    return Counts(Levenshtein.distance(wanted, got), len(wanted))


def _words(text: str) -> list[str]:
    return [word for word in _SPACES.sub(" ", text).strip().split(" ") if word]


def _scores(question: Question, answer: Answer | None, test_set: str, bleu: bool) -> Iterator[Score]:
    if answer is not None and has_answer(answer):
        counts: Mapping[str, tuple[float, float]] = score_text(question.truth, answer.text, bleu=bleu)
        status, reason = Status.OK, answer.reason
    else:
        counts = _worst(question.truth, bleu)
        status, reason = Status.FAILED, (answer.reason if answer else "") or NOT_ANSWERED
    for metric, (numerator, denominator) in counts.items():
        yield Score(
            str(question.question_id),
            question.document,
            test_set,
            metric,
            numerator,
            denominator,
            status,
            reason,
        )


def _worst(truth: str, bleu: bool) -> dict[str, tuple[float, float]]:
    """Return the counts of a question without an answer: all of its truth is missing, and nothing is right."""
    right = {"exact": 0.0, "normalized": 0.0, "anls": 0.0, BLEU: 0.0, "cer_clipped": 1.0}
    found = score_text(truth, "", bleu=bleu)
    return {metric: (right[metric], 1.0) if metric in right else counts for metric, counts in found.items()}


def _pair(counts: Counts) -> tuple[float, float]:
    return float(counts.numerator), float(counts.denominator)


def _clipped(counts: Counts) -> float:
    return min(1.0, counts.numerator / counts.denominator) if counts.denominator else float(counts.numerator > 0)


def _bleu(truth: str, text: str) -> float:
    from ocr_project.bench.metrics.bleu import bleu

    return bleu(truth, text)

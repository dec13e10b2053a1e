"""Text: what was read against what is there."""

from __future__ import annotations

from collections.abc import Iterator

from ocr_project.bench.metrics.canonical import canonical_text, match_exact, match_normalized, match_similar
from ocr_project.bench.metrics.catalog import CANONICAL, OFFICIAL
from ocr_project.bench.rules.outcome import Outcome
from ocr_project.bench.rules.rule import Payload, undrawn
from ocr_project.bench.rules.score_counts import ScoreCounts, counted
from ocr_project.domain.types import Label
from ocr_project.engine.metrics import cer, cer_no_space, ned, wer, word_f1

_METRICS = {"cer_no_space": cer_no_space, "cer": cer, "word_f1": word_f1, "wer": wer, "ned": ned}


def score_text(payload: Payload, outcome: Outcome) -> Iterator[ScoreCounts]:
    """Score `{"text"}`: as it is but for white space, and in the canonical form."""
    reference, hypothesis = payload["text"], outcome.transcript.text
    canonical = canonical_text(reference), canonical_text(hypothesis)
    yield from count_text(reference, hypothesis, canonical, lines=outcome.page.given is Label.TEXT)


def count_text(reference: str, hypothesis: str, canonical: tuple[str, str], *, lines: bool) -> Iterator[ScoreCounts]:
    """Score one text.

    Args:
        reference: As the set has it.
        hypothesis: As it was read.
        canonical: Both in the canonical form.
        lines: Whether it is short (a line, a sign): then whether it is right as a whole is scored as well.
    """
    forms = {OFFICIAL: (" ".join(reference.split()), " ".join(hypothesis.split())), CANONICAL: canonical}
    for normalization, (expected, got) in forms.items():
        for name, metric in _METRICS.items():
            yield counted(name, normalization, metric(expected, got))
    if lines:
        yield counted("exact", OFFICIAL, match_exact(*forms[OFFICIAL]))
        yield counted("normalized", CANONICAL, match_normalized(reference, hypothesis))
        yield counted("similar", CANONICAL, match_similar(reference, hypothesis))


TEXT = undrawn(score_text)

"""Error counts of recognised text: CER with and without white space, WER, NED.

Counts, not rates, so that pages add up to documents and groups (micro-average). `cer`, `wer` and
`ned` compare what they are given; `score_page` normalises first.

An empty reference has a denominator of 0, and every character of the hypothesis is an error: alone it has
no rate (NaN), but in a sum over pages its insertions count.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cpdist

from ocr_project.engine.metrics.normalize import normalize, strip_spaces

# Edits looked for first: the count is exact whatever it is. Pages read well take a third of the time with it.
_EXPECTED = 64


@dataclass(frozen=True, slots=True)
class Counts:
    """Numerator and denominator of a rate; they add up.

    Attributes:
        numerator: Edits.
        denominator: Characters or words of the reference (NED: of the longer side).
    """

    numerator: int
    denominator: int

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.numerator + other.numerator, self.denominator + other.denominator)

    @property
    def rate(self) -> float:
        """Edits per unit of the reference: above 1 where there is more to delete than to keep, NaN where it is empty."""
        return self.numerator / self.denominator if self.denominator else math.nan


def cer(reference: str, hypothesis: str) -> Counts:
    """Count character edits (Levenshtein: insertions, deletions and substitutions cost 1); spaces count."""
    return Counts(Levenshtein.distance(reference, hypothesis), len(reference))


def cer_no_space(reference: str, hypothesis: str) -> Counts:
    """Count character edits with all white space removed from both sides: the main number for Korean."""
    return cer(strip_spaces(reference), strip_spaces(hypothesis))


def wer(reference: str, hypothesis: str) -> Counts:
    """Count word edits; words are what white space separates, punctuation included."""
    words = reference.split()
    return Counts(Levenshtein.distance(words, hypothesis.split()), len(words))


def ned(reference: str, hypothesis: str) -> Counts:
    """Count character edits against the longer side, so that the rate stays within 0 and 1."""
    return Counts(Levenshtein.distance(reference, hypothesis), max(len(reference), len(hypothesis)))


def score_page(reference: str, hypothesis: str) -> dict[str, Counts]:
    """Normalise both texts of a page and count by every text metric.

    Returns:
        `cer`, `cer_no_space`, `wer`, `ned`, in this order.
    """
    expected, got = normalize(reference), normalize(hypothesis)
    characters = cer(expected, got)
    return {
        "cer": characters,
        "cer_no_space": cer_no_space(expected, got),
        "wer": wer(expected, got),
        "ned": Counts(characters.numerator, max(len(expected), len(got))),
    }


def cer_pages(references: Sequence[str], hypotheses: Sequence[str], *, workers: int = 1) -> list[Counts]:
    """Count the character edits of many pages at once: `cer` of each pair, on several cores.

    Args:
        references: The pages.
        hypotheses: Likewise, as many.
        workers: Threads (they do not hold each other up: the counting is not Python); -1 for all cores.

    Returns:
        In the order of the pages.

    Raises:
        ValueError: There are not as many pages on both sides.
    """
    if len(references) != len(hypotheses):
        raise ValueError(f"{len(references)} references and {len(hypotheses)} hypotheses")
    edits = cpdist(
        references, hypotheses, scorer=Levenshtein.distance, score_hint=_EXPECTED, dtype=np.int32, workers=workers
    )
    return [Counts(count, len(reference)) for count, reference in zip(edits.tolist(), references, strict=True)]

"""Error counts of recognised text: CER with and without white space, WER, NED.

Counts, not rates, so that pages add up to documents and groups (micro-average). `cer`, `wer` and
`ned` compare what they are given; `score_page` normalises first.

An empty reference has a denominator of 0, and every character of the hypothesis is an error: alone it has
no rate (NaN), but in a sum over pages its insertions count.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from ocr_project.engine.metrics.normalize import normalize, strip_spaces


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
        """Edits per unit of the reference: above 1 where more is to delete than to keep, NaN where it is empty."""
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

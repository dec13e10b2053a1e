"""Counts of recognised text: CER with and without white space, word F1, WER, NED.

Counts, not rates, so that pages add up to documents and groups (micro-average). `cer`, `wer` and their
like compare what they are given; `score_page` normalises first. Of all of them 0 is perfect, but of
`word_f1` 1: it counts what is right.

An empty reference has a denominator of 0, and every character of the hypothesis is an error: alone it has
no rate (NaN), but in a sum over pages its insertions count.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from ocr_project.engine.metrics.normalize import normalize, strip_spaces


@dataclass(frozen=True, slots=True)
class Counts:
    """Numerator and denominator of a rate; they add up.

    Attributes:
        numerator: Edits (word F1: right words of both sides).
        denominator: Characters or words of the reference (NED: of the longer side, word F1: of both sides).
    """

    numerator: int
    denominator: int

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.numerator + other.numerator, self.denominator + other.denominator)

    @property
    def rate(self) -> float:
        """The quotient: of edits above 1 where more is to delete than to keep, NaN where nothing is to be counted."""
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


def word_f1(reference: str, hypothesis: str) -> Counts:
    """Count the words that both sides have, wherever they stand: twice those, over the words of both sides.

    The words are those of WER: what white space separates, punctuation and case included. That is a word of English
    or Russian, an eojeol of Korean (a word with its particles), and whatever stands between two spaces of a script
    that is written without them. A word that one side has more often is right as often as both have it.

    The rate is F1, the harmonic mean of precision and recall, over multisets (van Rijsbergen, Information Retrieval,
    1979, chapter 7): 1 for the same words in any order, 0 for none in common, NaN where neither side has any. Beside
    WER it tells a page that was read in another order from one that was read badly.
    """
    expected, got = Counter(reference.split()), Counter(hypothesis.split())
    return Counts(2 * (expected & got).total(), expected.total() + got.total())


def ned(reference: str, hypothesis: str) -> Counts:
    """Count character edits against the longer side, so that the rate stays within 0 and 1."""
    return Counts(Levenshtein.distance(reference, hypothesis), max(len(reference), len(hypothesis)))


def score_page(reference: str, hypothesis: str) -> dict[str, Counts]:
    """Normalise both texts of a page and count by every text metric.

    Returns:
        `cer`, `cer_no_space`, `word_f1`, `wer`, `ned`, in this order.
    """
    expected, got = normalize(reference), normalize(hypothesis)
    characters = cer(expected, got)
    return {
        "cer": characters,
        "cer_no_space": cer_no_space(expected, got),
        "word_f1": word_f1(expected, got),
        "wer": wer(expected, got),
        "ned": Counts(characters.numerator, max(len(expected), len(got))),
    }

"""BLEU of sacrebleu: of one text, and of a corpus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

Tokens: TypeAlias = Literal["13a", "char", "none"]


def bleu(reference: str, hypothesis: str, tokens: Tokens = "13a") -> float:
    """Score one text by sentence BLEU: orders up to 4 that both texts reach, exponential smoothing.

    Papineni et al., 2002; Post, 2018, "A Call for Clarity in Reporting BLEU Scores".

    Args:
        reference: The truth.
        hypothesis: What was read.
        tokens: `13a` (words and punctuation, WMT's), `char` (languages without spaces), `none` (formulas
            already parted by spaces).

    Returns:
        0 to 1; 0 where either is empty, and 1 where both are.
    """
    import sacrebleu

    if not reference.split() or not hypothesis.split():
        return float(not reference.split() and not hypothesis.split())
    return min(1.0, float(sacrebleu.sentence_bleu(hypothesis, [reference], tokenize=tokens).score) / 100.0)


def corpus_bleu(references: Sequence[str], hypotheses: Sequence[str], tokens: Tokens = "13a") -> float:
    """Score a corpus by BLEU without smoothing: what UniMER-Test and OmniDocBench report.

    Counts of all texts are added before the rate is taken, so it is not the mean of `bleu`.

    Args:
        references: The truths, one for each text.
        hypotheses: As many, in the same order.
        tokens: As in `bleu`.

    Returns:
        0 to 1; 0 for no texts.

    Raises:
        ValueError: There are not as many hypotheses as references.
    """
    import sacrebleu

    if len(references) != len(hypotheses):
        raise ValueError(f"{len(references)} references, {len(hypotheses)} hypotheses")
    if not references:
        return 0.0
    scored = sacrebleu.corpus_bleu(
        list(hypotheses), [list(references)], tokenize=tokens, smooth_method="none", force=True
    )
    return min(1.0, float(scored.score) / 100.0)

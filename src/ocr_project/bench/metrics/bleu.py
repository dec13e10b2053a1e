"""BLEU of sacrebleu, of one text."""

from __future__ import annotations


def bleu(reference: str, hypothesis: str) -> float:
    """Score one text by sentence BLEU: orders up to 4 that both texts reach, exponential smoothing.

    Papineni et al., 2002; Post, 2018, "A Call for Clarity in Reporting BLEU Scores".

    Args:
        reference: The ground truth; tokens are words and punctuation (`13a`, WMT's).
        hypothesis: What was read.

    Returns:
        0 to 1; 0 where either is empty, and 1 where both are.
    """
    import sacrebleu

    if not reference.split() or not hypothesis.split():
        return float(not reference.split() and not hypothesis.split())
    return min(1.0, float(sacrebleu.sentence_bleu(hypothesis, [reference], tokenize="13a").score) / 100.0)

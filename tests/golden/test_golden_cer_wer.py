"""CER and WER against the values that jiwer gives."""

import json
from pathlib import Path

import jiwer
import pytest

from ocr_project.engine.metrics import Counts, cer, wer

GOLDEN = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "golden" / "cer_wer" / "jiwer.json"
PAIRS = [
    ("This is a test", "This test"),
    ("X", "X X Y Y"),
    ("X Y X", "X Z"),
    ("탄소중립ㆍ녹색성장 기본법", "탄소중립·녹색성장 기본법"),
    ("Уголовный кодекс Российской Федерации", "Уголовный кодекс Росийской Федерацин"),
]


@pytest.mark.parametrize(("reference", "hypothesis"), PAIRS)
def test_counts_equal_jiwer(reference: str, hypothesis: str) -> None:
    characters = jiwer.process_characters(reference, hypothesis)
    words = jiwer.process_words(reference, hypothesis)
    for counts, theirs in ((cer(reference, hypothesis), characters), (wer(reference, hypothesis), words)):
        edits = theirs.substitutions + theirs.deletions + theirs.insertions
        assert counts == Counts(edits, theirs.hits + theirs.substitutions + theirs.deletions)


@pytest.mark.shared
@pytest.mark.skipif(not GOLDEN.exists(), reason=f"{GOLDEN} is missing: the shared test data is not on this machine")
def test_published_values() -> None:
    """jiwer strips both texts first (its default transformation); ours compares what it is given."""
    golden = json.loads(GOLDEN.read_text("utf-8"))
    for case in golden["cases"]:
        reference, hypothesis = case["ref"].strip(), case["hyp"].strip()
        assert cer(reference, hypothesis).rate == pytest.approx(case["cer"], abs=1e-12)
        assert wer(reference, hypothesis).rate == pytest.approx(case["wer"], abs=1e-12)
    some = [(case["ref"].strip(), case["hyp"].strip()) for case in golden["cases"][7:14]]
    for metric, name in ((cer, "cer"), (wer, "wer")):
        summed = sum((metric(*pair) for pair in some), Counts(0, 0))
        assert summed.rate == pytest.approx(golden["corpus"][name], abs=1e-12)

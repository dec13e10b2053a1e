"""How much of what was read is right: monotone, between 0 and 1, and never a number where nothing is known."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr_project.domain.types import Box, Label, Page, Recognition, Region, Word
from ocr_project.engine.transcript.calibration import WordKind, calibration_of, interpolated, kind_of
from ocr_project.engine.transcript.confidence import (
    DOUBTFUL,
    calibration_for,
    line_confidences,
    noise_reason,
    readings_confidence,
    words_confidence,
)
from ocr_project.engine.transcript.lines import Reading

TESSERACT = json.dumps({"name": "tesseract", "revision": "1", "settings": {}})
MODEL = json.dumps({"name": "vllm", "revision": "1", "settings": {}})
PAGE = Page("d_00001", "d", "a.pdf", "", 1, 100, 100, 72, "image/png", b"")
KNOWN = calibration_of("tesseract")
BOX = Box(0, 0, 10, 10)


def reading(*words: tuple[str, float, int]) -> Reading:
    placed = tuple(Word(text, Box(10 * n, 0, 10 * n + 9, 9), sure, line) for n, (text, sure, line) in enumerate(words))
    region = Region("d_00001", 0, Label.TEXT, "text", BOX)
    return Reading(region, Recognition("d_00001", 0, "", words=placed, confidence=0.5))


@given(st.text(min_size=1), st.floats(0, 1), st.floats(0, 1))
def test_more_confidence_is_never_worth_less(text: str, one: float, other: float) -> None:
    assert KNOWN is not None
    low, high = sorted((one, other))
    assert 0 <= KNOWN.share(text, low) <= KNOWN.share(text, high) <= 1


def test_the_points_ascend_in_both() -> None:
    assert KNOWN is not None
    assert set(KNOWN.points) == set(WordKind)
    for points in KNOWN.points.values():
        for (x0, y0), (x1, y1) in pairwise(points):
            assert x0 < x1
            assert y0 <= y1


def test_between_points_the_way_is_straight_and_level_beyond() -> None:
    points = ((0.2, 0.4), (0.6, 0.8))
    assert [interpolated(points, x) for x in (0.0, 0.2, 0.4, 0.6, 1.0)] == pytest.approx([0.4, 0.4, 0.6, 0.8, 0.8])


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("~.-", WordKind.SIGNS),
        ("", WordKind.SIGNS),
        ("(1)", WordKind.ONE),
        ("①", WordKind.ONE),
        ("제1", WordKind.MORE),
    ],
)
def test_kinds_of_words(text: str, kind: WordKind) -> None:
    assert kind_of(text) is kind


def test_lines_and_pages_are_means_over_characters() -> None:
    assert KNOWN is not None
    read = reading(("가나다라", 0.95, 0), ("x", 0.3, 0), ("eee", 0.0, 1))
    first, second = line_confidences(read, KNOWN)
    assert (first.text, first.number, first.letters) == ("가나다라 x", 0, 5)
    shares = [KNOWN.share(word.text, word.confidence) for word in read.recognition.words]
    assert first.confidence == pytest.approx((4 * shares[0] + shares[1]) / 5)
    assert first.box == Box(0, 0, 19, 9)
    assert second.expected_errors == pytest.approx(3 * (1 - shares[2]))
    whole = readings_confidence([read], KNOWN)
    assert whole == pytest.approx((5 * first.confidence + 3 * second.confidence) / 8)


def test_the_one_rule() -> None:
    sure, doubtful = line_confidences(reading(("개인정보", 0.96, 0), ("eee", 0.05, 1)), KNOWN)
    assert (sure.doubtful, doubtful.doubtful) == (False, True)
    assert doubtful.confidence < DOUBTFUL <= sure.confidence


def test_without_words_or_measurement_nothing_is_known() -> None:
    assert calibration_for(PAGE, TESSERACT) is KNOWN
    for page, identity in (
        (PAGE, MODEL),  # it writes no words
        (PAGE, ""),  # of old shards
        (replace(PAGE, text_layer_preferred=True), TESSERACT),  # nothing was recognized
    ):
        assert calibration_for(page, identity) is None
    assert line_confidences(reading(("가", 1.0, 0)), None) == []
    assert readings_confidence([reading(("가", 1.0, 0))], None) is None
    assert words_confidence([], KNOWN) is None
    assert words_confidence([Word("  ", BOX, 0.9)], KNOWN) is None


def test_chinese_that_was_read_as_korean_is_a_reason_of_its_page() -> None:
    """No word is sure, and no line is surely noise: confidences as Tesseract has them on such a page."""
    read = reading(
        *(("호쓰2깨쓰국쥬주가츠", 0.27, 0), ("츠터", 0.61, 0), ("겨뜨속히", 0.89, 0), ("2021", 0.91, 0)),
        *(("추오추그채스충래죽고브", 0.51, 1), ("조디추축가벼우", 0.44, 1)),
    )
    assert not any(line.noise for line in line_confidences(read, KNOWN))
    assert noise_reason([read], TESSERACT).startswith(
        "of what OCR read about 28% of the characters are probably wrong"
    )
    assert noise_reason([read], MODEL) == noise_reason([read], "") == ""
    few = reading(("호쓰", 0.6, 0), ("깨쓰", 0.6, 0))
    assert noise_reason([few], TESSERACT) == ""


def test_noise_that_was_read_beside_a_text_layer_is_a_reason_too() -> None:
    layer = reading(("INVOICE", 1.0, 0))
    layer = replace(layer, recognition=replace(layer.recognition, attempts=0))
    logo = reading(("0770", 0.01, 0), ("8412-ㄱ", 0.05, 0))
    assert noise_reason([layer, logo], TESSERACT).startswith("1 line is probably no text")
    assert noise_reason([layer], TESSERACT) == ""

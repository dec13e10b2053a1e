"""Latin runs of a Korean line: which are taken, where they are cut, and how they are put back."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ocr_project.engine.imaging.tesseract import ReadWord
from ocr_project.engine.models.onnx.line_reader import ReadCharacter
from ocr_project.engine.recognition.doubts import doubtful_spans
from ocr_project.engine.recognition.latin_runs import (
    Run,
    cut_out,
    drop_remains,
    find_runs,
    put_runs,
    restore_points,
)

HEIGHT = 20


def word(text: str, x0: int, x1: int, confidence: float = 0.93) -> ReadWord:
    """Return a word of syllables of equal width, as Tesseract gives one."""
    step = (x1 - x0) / len(text)
    parts = tuple(
        ReadWord(text[n], (round(x0 + n * step), 0, round(x0 + (n + 1) * step), HEIGHT), confidence, 0)
        for n in range(len(text))
    )
    return ReadWord(text, (x0, 0, x1, HEIGHT), confidence, 0, parts)


def seen(text: str, x0: float, step: float = 10, confidence: float = 0.99) -> list[ReadCharacter]:
    return [ReadCharacter(sign, x0 + n * step + step / 2, confidence) for n, sign in enumerate(text)]


def inked(*spans: tuple[int, int], width: int = 300) -> NDArray[np.bool_]:
    columns = np.zeros(width, np.bool_)
    for left, right in spans:
        columns[left:right] = True
    return columns


def test_a_latin_word_is_taken_where_tesseract_doubts_and_not_where_hangul_is_sure() -> None:
    columns = inked((0, 30), (40, 80))
    doubted = find_runs(seen("LPG", 0), columns, [word("06", 0, 30, 0.4), word("충전", 40, 80)])
    assert [(run.text, run.left, run.right) for run in doubted] == [("LPG", 0, 30)]
    assert find_runs(seen("EO", 40), columns, [word("충전", 40, 80)]) == []
    assert find_runs(seen("LPG", 0), columns, [word("LPG", 0, 30, 0.4), word("충전", 40, 80)]) == []


def test_a_bracket_close_to_a_sure_syllable_does_not_take_its_ink() -> None:
    syllables = ReadWord("스크", (0, 0, 39, HEIGHT), 0.93, 0, (
        ReadWord("스", (0, 0, 18, HEIGHT), 0.93, 0, ()), ReadWord("크", (33, 0, 38, HEIGHT), 0.93, 0, ()),
    ))  # fmt: skip
    columns = inked((0, 18), (20, 39), (40, 44), (46, 88))  # the box of the second syllable is its last stroke
    (run,) = find_runs(seen("(kiosk)", 34.9, 7.8), columns, [syllables, word("01091", 40, 88, 0.1)])
    assert (run.text, run.right) == ("(kiosk)", 88)
    assert run.left >= 38, "behind the box of the syllable"


def test_what_is_seen_of_a_syllable_is_no_run() -> None:
    words = [word("0", 0, 30, 0.3), word("충전", 60, 100)]
    (run,) = find_runs(seen("8mm", 0) + seen("o|", 30), inked((0, 28), (31, 48)), words)
    assert run.text == "8mm", "of 8mm이"


@pytest.mark.parametrize(
    ("spans", "left_alone"),
    [(((0, 12), (16, 40)), False), (((0, 5), (16, 40)), True), (((0, 12), (13, 40)), False)],
    ids=["a wide capital", "a stroke", "beside the next"],
)
def test_a_single_letter_is_a_wide_capital(spans: tuple[tuple[int, int], ...], left_alone: bool) -> None:
    words = [word("매장", 16, 56)]
    runs = find_runs([ReadCharacter("K", spans[0][1] / 2, 0.98)], inked(*spans), words)
    assert (runs == []) is left_alone


def test_a_unit_as_wide_as_a_syllable_is_one_sign() -> None:
    words = [word("길이", 0, 40), word("1200", 60, 90, 0.7)]
    sign, letters = inked((0, 40), (60, 68), (70, 78), (80, 99)), inked((0, 40), (60, 68), (70, 78), (80, 110))
    characters = [*seen("12", 60), ReadCharacter("c", 84, 0.99), ReadCharacter("m", 94, 0.99)]
    assert [run.text for run in find_runs(characters, sign, words)] == ["12㎝"]
    assert [run.text for run in find_runs(characters, letters, words)] == ["12cm"]


def test_zeros_and_small_ls_among_capitals_are_letters() -> None:
    words = [word("00", 0, 30, 0.3), word("충전", 60, 100)]
    texts = [find_runs(seen(text, 0), inked((0, 40)), words)[0].text for text in ("CE0", "loT", "A4l", "64GB")]
    assert texts == ["CEO", "IoT", "A4l", "64GB"]


def test_a_line_is_cut_and_put_together_again() -> None:
    line = np.full((HEIGHT, 200), 255, np.uint8)
    for left, right in ((0, 38), (40, 80), (100, 140)):
        line[4:16, left:right] = 0
    columns = (line < 128).any(axis=0)
    run = Run("LPG", 40, 80, 0.99)
    cut = cut_out(line, [run], [word("제출", 0, 38)])
    assert cut.pixels.shape[1] < 200 - 30
    back = cut.whole(word("협정", cut.pixels.shape[1] - 100, cut.pixels.shape[1] - 60))
    assert back.box == (100, 0, 140, HEIGHT)
    whole = put_runs([word("제출", 0, 38), back], [run], columns, 0)
    assert [one.text for one in whole] == ["제출LPG", "협정"], "twenty pixels are a space, two are not"


def test_a_word_over_a_cut_is_parted() -> None:
    columns = inked((0, 40), (60, 90), (110, 150))
    whole = put_runs([word("기관시스", 0, 150)], [Run("API", 60, 90, 0.99)], columns, 0)
    assert [one.text for one in whole] == ["기관", "API", "시스"]


def test_edges_of_a_cut_are_left_out_and_commas_are_kept() -> None:
    runs = [Run("B", 80, 92, 0.99)]
    again = [word("3매", 20, 60), word("|", 72, 76, 0.5)]
    kept = drop_remains(again, runs, [], HEIGHT)
    assert [one.text for one in kept] == ["3매"]
    before = [word("3매", 20, 60), ReadWord(",", (61, 0, 64, HEIGHT), 0.9, 0), word("8", 80, 92)]
    assert [one.text for one in restore_points(kept, before, runs)] == ["3매,"]


def test_of_a_line_only_what_may_be_wrong_is_looked_at_again() -> None:
    columns = inked((0, 40), (60, 100), (600, 640), width=700)
    sure = [word("제출", 0, 40), word("협정", 60, 100), word("안내", 600, 640)]
    assert doubtful_spans(sure, columns, HEIGHT) == []
    ((left, right),) = doubtful_spans([*sure[:2], word("안내", 600, 640, 0.5)], columns, HEIGHT)
    assert 400 < left < 600
    assert right == 640
    unread = doubtful_spans(sure[:2], columns, HEIGHT)
    assert [span[1] for span in unread] == [640], "ink that no box covers"


@pytest.mark.parametrize(
    ("number", "looked_at"), [("1206", True), ("1203", False), ("2026.", False)], ids=["as ℃", "other", "date"]
)
def test_numbers_that_end_as_units_are_read_are_looked_at(number: str, looked_at: bool) -> None:
    words = [word("온도", 0, 40), ReadWord(number, (60, 0, 100, HEIGHT), 0.95, 0)]
    assert bool(doubtful_spans(words, inked((0, 40), (60, 100)), HEIGHT)) is looked_at

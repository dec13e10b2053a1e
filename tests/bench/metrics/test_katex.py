"""Formulas drawn in a browser: symbols and their neighbours, what cannot be drawn, what is drawn only once."""

import itertools
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ocr_project.bench.metrics.katex import Glyphs, NoAnswer, draw_formulas, glyphs, missing_browser, stands_within
from ocr_project.bench.metrics.katex import drawing as katex
from ocr_project.bench.metrics.katex.glyphs import ABSENT, neighbours, spread

needs_browser = pytest.mark.skipif(bool(missing_browser()), reason=f"formulas were NOT drawn: {missing_browser()}")


NUMBERS = itertools.count()


def row(symbols: str, mathml: str = "", high: str = "") -> Glyphs:
    """Write symbols 20 px apart; those in `high` stand 10 px above the others."""
    centres = [(20.0 * place, -10.0 if symbol in high else 0.0) for place, symbol in enumerate(symbols)]
    return Glyphs(mathml or f"<like no other {next(NUMBERS)}>", tuple(symbols), np.array(centres).reshape(-1, 2))


def test_spans_are_parted_into_characters() -> None:
    symbols, centres = spread(["sin", "\u200b", "x"], [[0, 0, 30, 10], [30, 0, 0, 10], [30, 4, 8, 10]])
    assert symbols == ("s", "i", "n", "x")
    assert centres.tolist() == [[5, 5], [15, 5], [25, 5], [34, 9]]
    assert spread([], [])[1].shape == (0, 2)


def test_neighbours_are_the_nearest_in_a_row_or_a_column() -> None:
    #  0
    #  1  2     the third is 5 px lower, the fourth 6 px: off the row
    found = neighbours(np.array([[0, -20], [0, 0], [20, 5], [40, 6]], np.float64))
    assert found[0].tolist() == [ABSENT, 1, ABSENT, ABSENT]
    assert found[1].tolist() == [0, ABSENT, ABSENT, 2]
    assert found[2].tolist() == [ABSENT, ABSENT, 1, 3]
    assert neighbours(np.zeros((1, 2))).tolist() == [[ABSENT] * 4]


@pytest.mark.parametrize(
    ("wanted", "there", "within"),
    [
        (row("ab"), row("xaby"), True),
        (row("ab"), row("ba"), False),
        (row("ab"), row("axb"), False),
        (row("ab"), row("a"), False),
        (row("aab"), row("caab"), True),
        (row("aa"), row("a"), False),
        (row("ab"), row("ab", high="b"), False),
        (row("ab", high="b"), row("xab", high="b"), True),
        (row(""), row("x"), True),
        (row("ab", "<mi>ab</mi>"), row("", "<mrow><mi>ab</mi></mrow>"), True),
        (row("ab"), Glyphs("", (), np.zeros((0, 2)), "cannot be drawn"), False),
    ],
)
def test_a_formula_stands_within_another(wanted: Glyphs, there: Glyphs, within: bool) -> None:
    assert stands_within(wanted, there) is within


def test_a_wrong_choice_is_taken_back() -> None:
    assert stands_within(row("abac"), row("abdabac"))


def test_the_search_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glyphs, "_MOST_STEPS", 3)
    assert not stands_within(row("abac"), row("abdabac"))


@needs_browser
def test_formulas_are_drawn_and_faults_are_said() -> None:
    drawn = draw_formulas(["x^2", "\\frac{", "</script><b>", "가<b>", "x^2"])
    assert drawn["x^2"].symbols == ("x", "2")
    (x, y), (right, up) = drawn["x^2"].centres.tolist()
    assert right > x
    assert y > up
    assert "Unexpected end of input" in drawn["\\frac{"].error
    assert "".join(drawn["</script><b>"].symbols) == "</script><b>"
    assert drawn["가<b>"].symbols[:2] == ("가", "<")


@needs_browser
def test_a_formula_is_drawn_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = draw_formulas(["a+b", "\\frac{"], cache=tmp_path)
    monkeypatch.setattr(katex, "_draw_batch", lambda batch, memory: pytest.fail(f"drawn again: {batch}"))
    again = draw_formulas(["\\frac{", "a+b"], cache=tmp_path)
    assert again["a+b"].symbols == first["a+b"].symbols
    assert again["a+b"].centres.tolist() == first["a+b"].centres.tolist()
    assert again["\\frac{"].error == first["\\frac{"].error


@needs_browser
def test_a_damaged_drawing_is_made_again(tmp_path: Path) -> None:
    draw_formulas(["a+b"], cache=tmp_path)
    (kept,) = tmp_path.rglob("*.json")
    kept.write_text('{"mathml": "')
    assert draw_formulas(["a+b"], cache=tmp_path)["a+b"].symbols == ("a", "+", "b")


def test_a_formula_that_hangs_is_found_and_kept_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def draw(latexes: Sequence[str], memory: int) -> list[dict[str, Any]]:
        if "slow" in latexes:
            raise NoAnswer("the browser took too long")
        return [{"mathml": latex, "texts": [latex], "boxes": [[0, 0, 9, 9]]} for latex in latexes]

    monkeypatch.setattr(katex, "_draw_page", draw)
    monkeypatch.setattr(katex, "missing_browser", str)
    found = draw_formulas(["a", "slow", "b"], cache=tmp_path)
    assert (found["a"].error, found["b"].error) == ("", "")
    assert found["slow"].error == "the browser took too long"
    assert len(list(tmp_path.rglob("*.json"))) == 2, "it may be faster another time"


def test_a_browser_that_does_not_start_is_no_fault_of_the_formulas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(katex, "missing_browser", str)
    monkeypatch.setattr(katex, "_browser", lambda: "/bin/false")
    monkeypatch.setattr(katex, "_PAGE", "{style}{katex}{formulas}")
    monkeypatch.setattr(katex, "_folder", lambda: Path(__file__).parent)
    monkeypatch.setattr(Path, "read_text", lambda *_: "")
    with pytest.raises(NoAnswer, match="drew nothing"):
        draw_formulas(["a", "b"])

    def late(*_: Any, **__: Any) -> None:
        raise subprocess.TimeoutExpired("chromium", 60)

    monkeypatch.setattr(katex, "run_watched", late)
    with pytest.raises(NoAnswer, match="more than 60 s"):
        draw_formulas(["a", "b"])


@needs_browser
def test_a_browser_that_takes_more_memory_than_it_may_draws_nothing() -> None:
    with pytest.raises(NoAnswer, match=r"more than 0\.03125 GiB \(testsets.drawing_memory_gib\)"):
        draw_formulas(["a", "b"], memory=32 * 2**20)


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(katex, "_FOLDERS", (tmp_path,))
    monkeypatch.setattr(katex, "_BROWSERS", ("no-such-browser",))
    katex.katex_version.cache_clear()
    assert missing_browser() == "not installed: chromium, libjs-katex (apt-get install chromium libjs-katex)"
    assert katex.katex_version() == ""
    katex.katex_version.cache_clear()
    with pytest.raises(NoAnswer, match="libjs-katex"):
        draw_formulas(["a"])

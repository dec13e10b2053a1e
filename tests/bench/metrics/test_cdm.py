"""CDM: what is painted, drawn, matched, kept, and what is refused."""

from pathlib import Path
from shutil import which

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocr_project.bench.metrics.cdm import cdm, missing_tools
from ocr_project.bench.metrics.cdm import cdm as metric
from ocr_project.bench.metrics.cdm.alignment import count_matches, synonym
from ocr_project.bench.metrics.cdm.drawing import Drawing, draw_batch
from ocr_project.bench.metrics.cdm.painting import COLOURS, Forbidden, Painted, colour_of, paint
from ocr_project.bench.metrics.cdm.pieces import paint_pieces
from ocr_project.bench.metrics.cdm.store import DrawingStore
from ocr_project.domain.types import Status

needs_tools = pytest.mark.skipif(bool(missing_tools()), reason=missing_tools())


def test_tokens_are_what_leaves_ink() -> None:
    assert paint("\\frac{1}{2} + \\sin x").tokens == ("\\frac", "1", "2", "+", "s", "i", "n", "x")
    assert paint("a \\, b \\quad \\displaystyle c").tokens == ("a", "b", "c")
    assert paint("\\left( x \\right.").tokens == ("\\left(", "x")
    assert paint("\\cdots").tokens == (".", ".", ".")
    assert paint("\\phantom{abc} x").tokens == ("x",)
    assert paint("\\mathrm{ab}_{c}").tokens == ("a", "b", "c")


def test_every_token_has_a_colour_of_its_own() -> None:
    colours = [colour_of(number) for number in range(COLOURS + 1)]
    assert len(set(colours)) == COLOURS + 1
    assert all(shade % 15 == 0 and 0 <= shade < 256 for colour in colours for shade in colour)
    assert colour_of(0) == colour_of(COLOURS + 1) == (0, 0, 0)  # black is not a token
    assert (255, 255, 255) not in colours  # and white is the page


@pytest.mark.parametrize(
    ("latex", "tokens"),
    [
        ("a - \\frac{1}", ("a", "-", "\\frac{1}")),  # nothing parts it
        ("a ^ { \\prime } - \\frac { 1 }", ("a", "\\prime", "-", "\\frac", "1")),
        ("\\sin x \\cdots \\left( a", ("s", "i", "n", "x", ".", ".", ".", "\\left(", "a")),
        ("\\sqrt [ 3 ] x \\mathrm { a b } \\phantom { c } _ { d }", ("\\sqrt", "3", "x", "a", "b", "d")),
        ("{a b} [ c ] \\quad }", ("b}", "[", "c", "]")),
    ],
)
def test_what_cannot_be_read_is_parted_at_spaces(latex: str, tokens: tuple[str, ...]) -> None:
    painted = paint_pieces(latex)
    assert painted.tokens == tokens
    assert not painted.whole


@pytest.mark.parametrize("latex", ["x^^5cinput{y}", "\\frac{1} \\input {y", "{ \\write18{ls}", "{ \\begin {input}{f}"])
def test_pieces_that_read_or_define_are_refused(latex: str) -> None:
    with pytest.raises(Forbidden, match="not allowed in a formula"):
        paint_pieces(latex)


@needs_tools
def test_a_cut_answer_keeps_what_its_spaces_part() -> None:
    whole = "a + b - \\frac { 1 } { c }"
    spaced, dense, open_ = cdm([whole] * 3, ["a + b - \\frac { 1 }", "a+b-\\frac{1}", "a + b - \\frac { 1"])
    assert (spaced.matched, spaced.expected, spaced.got) == (6, 7, 6)
    assert (dense.matched, dense.got) == (0, 1)
    assert (open_.f1, open_.got) == (0.0, 0)
    assert "never closed" in open_.reason


@needs_tools
@pytest.mark.parametrize(
    "latex",
    [
        "a _ { i } ^ { 2 } + \\frac { \\sqrt b } { 1 - \\hat c } \\cdots \\left( \\sin x \\right) \\mathbf { d }",
        "- \\sum _ { i = 1 } \\overline { x y } \\bigl[ \\frac { \\partial f } { 2 } \\bigr] \\to \\sqrt [ 3 ] { z }",
    ],
)
def test_colours_move_nothing(latex: str) -> None:
    """Literals in a run of many formulas leave the pixels that LaTeX's own colours leave on a page alone."""
    literals, (colours,) = draw_batch([paint("x"), paint(latex)], 10.0), draw_batch([paint_pieces(latex)], 10.0)
    assert literals[1].tokens == colours.tokens
    assert literals[1].boxes.tolist() == colours.boxes.tolist()
    assert literals[1].size == colours.size
    assert len(colours.tokens) > 15


@needs_tools
def test_a_thin_token_between_rows_of_pixels_is_lost() -> None:
    # The same bar, at other heights of the page: where it covers no row of pixels it has no place.
    formulas = [paint(f"\\frac{{x^{{{'y^{' * depth}z{'}' * depth}}}}}{{2}}") for depth in range(4)]
    formulas += [paint(f"\\rule{{0pt}}{{{height}.3pt}} \\frac{{1}}{{2}}") for height in range(20, 40)]
    barred = ["\\frac" in drawing.tokens for drawing in draw_batch(formulas, 10.0)]
    assert any(barred)
    assert not all(barred)


@needs_tools
def test_what_runs_off_the_page_is_lost() -> None:
    (drawing,) = draw_batch([paint("+".join(["1234567890"] * 20))], 10.0)
    assert 80 < len(drawing.tokens) < 219
    assert drawing.tokens[:11] == tuple("1234567890+")
    many = "\\\\".join(["+".join(["1234567890"] * 6)] * 12)
    assert len(paint(many).tokens) > 600  # a larger page is taken: all are there
    (drawing,) = draw_batch([paint(many)], 10.0)
    assert drawing.tokens == paint(many).tokens


@pytest.mark.parametrize(
    "latex",
    [
        "\\input{/etc/passwd}",
        "\\write18{ls}",
        "\\def\\a{b}\\a",
        "\\csname end\\endcsname",
        "\\loop",
        "\\pdfliteral{x}",
        "\\DeclareRobustCommand{\\a}{b}",
        "\\NewDocumentCommand{\\a}{}{b}",
        "\\RenewDocumentEnvironment{a}{}{b}{c}",
        "\\AddToHook{shipout}{b}",
        "\\makeatletter x",
        "\\dump",
        "\\typein{x}",
        "\\InputIfFileExists{f}{a}{b}",
        "\\directlua{x}",
    ],
)
def test_what_reads_or_defines_is_refused(latex: str) -> None:
    with pytest.raises(Forbidden, match="not allowed in a formula"):
        paint(latex)


@needs_tools
def test_a_refused_formula_scores_nothing_and_says_why() -> None:
    (result,) = cdm(["x"], ["\\input{/etc/passwd}"])
    assert (result.f1, result.status) == (0.0, Status.OK)
    assert "\\input is not allowed in a formula" in result.reason


@needs_tools
def test_looks_count_and_not_ways_of_writing() -> None:
    pairs = [
        ("\\frac{a}{b}", "{a \\over b}"),
        ("x_1^2", "x^{2}_{1}"),
        ("\\left(a+b\\right)", "\\bigl( a+b \\bigr)"),
        ("\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}", "\\pmatrix{1 & 2 \\cr 3 & 4}"),
        ("a=b\\\\c=d", "\\begin{align*}a&=b\\\\c&=d\\end{align*}"),
        ("\\text{가격} = 5", "\\mathrm{가격}=5"),
        ("50\\% \\# \\$ \\{ \\}", "$50 \\% \\# \\$ \\{ \\}$"),
        (
            "\\sqrt[3]{x} \\xrightarrow[a]{b} \\hat{x} \\overline{ab}",
            "\\sqrt[3] x\\xrightarrow[a] b\\hat x\\overline{ab}",
        ),
    ]
    for pair, result in zip(pairs, cdm(*zip(*pairs, strict=True)), strict=True):
        assert result.exact, (pair, result)
        assert result.f1 == result.recall == result.precision == 1.0
        assert not result.reason


@needs_tools
def test_one_wrong_character_is_one_wrong_character() -> None:
    wrong, missing, more, moved, nothing = cdm(
        ["a+b=c", "a+b=c", "a+b", "\\frac{abc}{def}", "x"], ["a+b=d", "a+b=", "a+b=c", "\\frac{def}{abc}", ""]
    )
    assert (wrong.matched, wrong.expected, wrong.got) == (4, 5, 5)
    assert (missing.recall, missing.precision) == (0.8, 1.0)
    assert (more.recall, more.precision) == (1.0, 0.6)
    assert moved.f1 < 1.0
    assert (nothing.f1, nothing.precision, nothing.exact) == (0.0, 0.0, False)
    assert "nothing in it leaves ink" in nothing.reason


@needs_tools
def test_a_reference_that_cannot_be_drawn_is_not_scored() -> None:
    (result,) = cdm(["\\frac{1"], ["x"])
    assert result.status is Status.FAILED
    assert np.isnan(result.f1)
    assert "the reference cannot be drawn" in result.reason


@needs_tools
def test_a_command_that_latex_does_not_know_is_named() -> None:
    (result,) = cdm(["x+y"], ["x+y\\nosuchthing"])
    assert result.f1 == 1.0
    assert "\\nosuchthing" in result.reason


@needs_tools
def test_one_that_stops_the_run_does_not_stop_the_others() -> None:
    hostile = Painted("\\def\\a{\\a}\\a", ("a",))
    ending = Painted("\\csname @@end\\endcsname", ("a",))
    good = paint("x+1")
    drawings = draw_batch([good, hostile, good, ending, good], 5.0)
    assert [drawing.tokens for drawing in drawings] == [good.tokens, (), good.tokens, (), good.tokens]
    assert "LaTeX gave up: time is up" in drawings[1].reason
    assert "LaTeX gave up" in drawings[3].reason


@needs_tools
def test_a_formula_for_which_latex_may_not_have_enough_memory_is_not_drawn() -> None:
    (drawing,) = draw_batch([paint("x")], 10.0, 16 * 2**20)
    assert drawing.tokens == ()
    assert drawing.reason.startswith("LaTeX gave up")


@needs_tools
def test_ghostscript_has_a_time_limit_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for tool, does in (("pdflatex", f'exec {which("pdflatex")} "$@"'), ("gs", "exec sleep 30")):
        (tmp_path / tool).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / tool).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    (drawing,) = draw_batch([paint("x")], 3.0)
    assert drawing.tokens == ()
    assert "Ghostscript took over" in drawing.reason


@pytest.mark.parametrize(
    ("there", "named", "package"),
    [
        ((), "pdflatex and gs", "texlive-latex-base ghostscript"),
        (("gs",), "pdflatex", "texlive-latex-base"),
        (("pdflatex",), "gs", "ghostscript"),
    ],
)
def test_missing_tools_are_named(
    there: tuple[str, ...], named: str, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for tool in there:
        (tmp_path / tool).touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    results = cdm(["x", "y"], ["x", "z"])
    assert [result.status for result in results] == [Status.FAILED] * 2
    assert f"cdm: {named} " in results[0].reason
    assert results[0].reason.endswith(f"apt-get install {package}")
    assert np.isnan(results[0].f1)


@needs_tools
def test_drawings_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = (["\\frac{a}{b}", "\\hat{"], ["\\frac{a}{c}", "\\sqrt { x"])
    first = cdm(*pair, cache=tmp_path)
    files = sorted(tmp_path.rglob("*"))
    assert len([file for file in files if file.suffix == ".json"]) == 3  # `\\sqrt { x` is never drawn
    assert not [file for file in files if file.suffix == ".partial"]

    def refuse(*_: object) -> list[Drawing]:
        raise AssertionError("drawn again")

    monkeypatch.setattr(metric_module(), "draw_batch", refuse)
    assert [str(one) for one in cdm(*pair, cache=tmp_path)] == [str(one) for one in first]
    damaged = next(file for file in files if file.suffix == ".json")
    damaged.write_text('{"boxes": 1')
    with pytest.raises(AssertionError, match="drawn again"):
        cdm(*pair, cache=tmp_path)


@needs_tools
def test_what_took_too_long_is_tried_again_another_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metric_module(), "_SECONDS", 0.001)
    (late,) = cdm(["x"], ["x"], cache=tmp_path)
    assert "time is up" in late.reason
    assert not list(tmp_path.rglob("*.json"))
    monkeypatch.undo()
    assert cdm(["x"], ["x"], cache=tmp_path)[0].exact


def metric_module() -> object:
    import sys

    return sys.modules["ocr_project.bench.metrics.cdm"]


@needs_tools
def test_order_and_workers_change_nothing() -> None:
    references = [f"x_{{{number}}} + \\frac{{{number}}}{{2}}" for number in range(150)]
    hypotheses = [reference.replace("7", "1") for reference in references]
    one = cdm(references, hypotheses, workers=1)
    assert one == cdm(references, hypotheses, workers=3)
    assert [result.exact for result in one] == ["7" not in reference for reference in references]


def test_as_many_hypotheses_as_references() -> None:
    with pytest.raises(ValueError, match="1 references, 2 hypotheses"):
        metric(["a"], ["a", "b"])


@pytest.mark.parametrize(
    ("token", "name"),
    [
        ("\\left(", "("),
        ("\\biggl\\{", "\\{"),
        ("\\Bigr|", "|"),
        ("\\left\\langle", "\\langle"),
        ("\\leftarrow", "\\leftarrow"),
        ("\\leq", "\\le"),
        ("\\widehat", "\\hat"),
        ("\\varphi", "\\phi"),
        ("x", "x"),
    ],
)
def test_tokens_that_look_alike(token: str, name: str) -> None:
    assert synonym(token) == name


@settings(deadline=None, max_examples=100)
@given(st.lists(st.sampled_from("abc+"), min_size=1, max_size=12), st.integers(1, 3), st.floats(0.5, 2.0))
def test_shift_and_scale_do_not_count(tokens: list[str], gap: int, scale: float) -> None:
    places = np.arange(len(tokens))[:, None] * 20.0 * gap
    boxes = np.hstack([places, np.zeros_like(places), places + 15.0, np.full_like(places, 20.0)])
    size = (float(boxes[:, 2].max()), 20.0)
    one = Drawing(tuple(tokens), boxes, size)
    other = Drawing(tuple(tokens), boxes * scale + 3.0, (size[0] * scale + 6, 26.0))
    assert count_matches(one, one) == count_matches(one, other) == len(tokens)
    assert 0 <= count_matches(one, Drawing(("z",) * len(tokens), boxes, size)) == 0


def test_no_store_keeps_nothing(tmp_path: Path) -> None:
    store = DrawingStore(None)
    drawing = Drawing(("x",), np.ones((1, 4)), (1.0, 1.0))
    store.save(paint("x"), drawing)
    assert store.load(paint("x")) is None
    assert not list(tmp_path.iterdir())

"""What models say when they loop, and what somebody may make them say: answers that once ended a run."""

from __future__ import annotations

from collections.abc import Iterator

from ocr_project.domain.types import TextFormat

_CELL = "<tr><td>a</td><td>b</td></tr>"


def hostile_answers() -> Iterator[tuple[str, str, TextFormat]]:
    """Yield names, answers and their formats. The row of 20,000 is apart (`long_table`): it takes its time."""
    for name, opened, closed in (
        ("roots", r"\sqrt{", "}"),
        ("powers", "x^{", "}"),
        ("fractions", r"\frac{1}{1+", "}"),
        ("groups", "{", "}"),
        ("environments", r"\begin{aligned}", r"\end{aligned}"),
        ("pairs", r"\left(", r"\right)"),
    ):
        for depth in (200, 300, 900):
            yield f"{depth} {name}", f"$${opened * depth}x{closed * depth}$$", TextFormat.LATEX
            yield f"{depth} {name}, bare", f"{opened * depth}x{closed * depth}", TextFormat.LATEX
            yield f"{depth} {name}, not closed", f"{opened * depth}x", TextFormat.LATEX
    yield "400 tables in each other", "<table><tr><td>" * 400 + "</td></tr></table>" * 400, TextFormat.HTML
    yield "400 tables, not closed", "<table><tr><td>" * 400, TextFormat.HTML
    yield "400 tables, one after another", f"<table>{_CELL}</table>" * 400, TextFormat.HTML
    yield "3,000 div in a cell", f"<table><tr><td>{'<div>' * 3000}a</td></tr></table>", TextFormat.HTML
    yield "3,000 b in a cell", f"<table><tr><td>{'<b>' * 3000}a</td></tr></table>", TextFormat.HTML
    yield "huge spans", '<table><tr><td colspan="99999999" rowspan="-4">a</td></tr></table>', TextFormat.HTML
    yield "span of 5,000 digits", f'<table><tr><td colspan="{"9" * 5000}">a</td></tr></table>', TextFormat.HTML
    yield "500 pipes", "|" * 500 + "\n" + "|-" * 500 + "|\n" + "|a" * 500 + "|", TextFormat.MARKDOWN
    for opened in ('{"a":', "[", '[{"a":'):
        yield f"900 {opened}", opened * 900, TextFormat.TEXT
        yield f"{{ and 900 {opened}", '{"a":' + opened * 900 + "}", TextFormat.TEXT
    yield "closed objects", '{"a":' * 900 + "1" + "}" * 900, TextFormat.TEXT
    yield "closed lists", '{"total":' + "[" * 900 + "]" * 900 + "}", TextFormat.TEXT
    for digits in (309, 400, 4300, 5000):
        yield f"{digits} digits", "9" * digits, TextFormat.TEXT
        yield f"{digits} digits in a form", f'{{"total": {"9" * digits}}}', TextFormat.TEXT
        yield f"{digits} digits in a box", f"[{'9' * digits}, 1, 1, 1]", TextFormat.TEXT
    yield "1e999", "1e999", TextFormat.TEXT
    yield "1e999 in a form", '{"total": 1e999, "a": -1e999, "b": NaN}', TextFormat.TEXT
    yield "1e999 in a box", '{"answer":"a","bbox":"[1e999,1,1,1]"}', TextFormat.TEXT
    yield "nan in a box", "[nan, inf, -inf, 1e400]", TextFormat.TEXT
    yield "a lone surrogate", "a\ud800b", TextFormat.TEXT
    yield "NUL", "a\0b", TextFormat.TEXT
    yield "marks", "a" + "\u0301" * 5000, TextFormat.TEXT
    yield "one word 20,000 times", "the " * 20_000, TextFormat.TEXT
    yield "20,000 hashes", "# a\n" * 5_000, TextFormat.MARKDOWN
    yield "dollars", "$" * 5_000, TextFormat.MARKDOWN
    yield "backslashes", "\\" * 5_001, TextFormat.LATEX
    yield "a rule of dashes", "|" + "-" * 5_000 + "|", TextFormat.MARKDOWN


def long_table(rows: int = 20_000) -> str:
    """A table of as many rows."""
    return f"<table>{_CELL * rows}</table>"

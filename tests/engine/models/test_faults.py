"""Loops, cuts and silence, told from what forms and tables look like."""

from __future__ import annotations

import random

import pytest

from ocr_project.engine.models.faults import Fault, fault_of

DRAWN = random.Random(3)
PROSE = "\n".join("".join(DRAWN.choices("가나다라마바사아자차카타파하 ", k=40)) for _ in range(80))
FORM = "<table>" + "<tr><td></td><td></td><td></td></tr>" * 40 + "</table>"
NUMBERS = "<table>" + "".join(f"<tr><td>{n}</td><td>0</td></tr>" for n in range(200)) + "</table>"


@pytest.mark.parametrize(
    ("text", "finish", "fault"),
    [
        (PROSE, "stop", None),
        (FORM, "stop", None),
        (NUMBERS, "stop", None),
        ("목차 " + "." * 400, "stop", None),
        ("-" * 3000, "stop", None),
        ("short", "stop", None),
        ("가", "stop", None),
        ("하하하하하하하하", "stop", None),
        ("", "stop", Fault.EMPTY),
        (" \n ", "length", Fault.EMPTY),
        (PROSE, "length", Fault.CUT),
        ("x", "length", Fault.CUT),
        (PROSE + "\n같은 줄이 다시" * 30, "length", Fault.LOOP),
        (PROSE + "\n같은 줄이 다시" * 30 + "\n같은 줄", "length", Fault.LOOP),  # cut in the middle of a turn
        (PROSE + "\n같은 줄이 다시" * 30, "stop", Fault.LOOP),
        (PROSE + "\n같은 줄이 다시" * 30 + "\n끝", "stop", Fault.LOOP),  # it found its way out
        (PROSE + "아" * 500, "length", Fault.LOOP),
        (PROSE + "." * 500, "length", Fault.LOOP),
        ("<table>" + "<tr><td>합계</td><td>1</td></tr>" * 20 + "</table>", "stop", Fault.LOOP),
        (PROSE + ("".join(DRAWN.choices("abcdefgh", k=300))) * 4, "length", Fault.LOOP),
        (PROSE, "repetition", Fault.LOOP),
    ],
)
def test_faults_are_told_from_forms(text: str, finish: str, fault: Fault | None) -> None:
    assert fault_of(text, finish) is fault


def test_judging_takes_no_longer_for_each_letter_of_a_long_answer() -> None:
    """Three million letters: 0.1 s as it is, hours where each were compared with all before it."""
    assert fault_of(PROSE * 1_000, "stop") is None

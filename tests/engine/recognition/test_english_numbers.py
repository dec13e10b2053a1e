"""Commas of English numbers that were read as points."""

from __future__ import annotations

import pytest

from ocr_project.engine.recognition.english_numbers import with_commas


@pytest.mark.parametrize(
    ("read", "printed"),
    [
        ("90.057,499", "90,057,499"),
        ("8.034,129", "8,034,129"),
        ("7.581.802", "7,581,802"),
        ("($14.392.149)", "($14,392,149)"),
        ("1.234,567.891", "1,234,567,891"),  # two points cannot both be decimal
        ("94,823.234", "94,823.234"),  # may be a decimal number
        ("80.000", "80.000"),
        ("192.168.100.200", "192.168.100.200"),
        ("1.234,56", "1.234,56"),  # as Europe writes it
        ("3.12.2011", "3.12.2011"),
        ("1,234,567", "1,234,567"),
        ("pages", "pages"),
    ],
)
def test_points_that_were_commas(read: str, printed: str) -> None:
    assert with_commas(read) == printed

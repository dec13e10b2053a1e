"""`ingest.include`: characters that mean something to Python's `re` mean nothing in a set of a glob pattern."""

from __future__ import annotations

import pytest

from ocr_project.engine.ingest.selection import Selection


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("pattern", "taken", "left"),
    [
        ("a[[]1].pdf", "a[1].pdf", "a1.pdf"),
        ("a[&&b].pdf", "a&.pdf", "a.pdf"),
        ("a[||b].pdf", "a|.pdf", "a&.pdf"),
        ("a[~~b].pdf", "a~.pdf", "a|.pdf"),
        ("a[\\d].pdf", "ad.pdf", "a1.pdf"),
        ("a[+--].pdf", "a,.pdf", "a..pdf"),
        ("a[!b-d].pdf", "ae.pdf", "ac.pdf"),
    ],
)
def test_a_set_holds_its_characters(pattern: str, taken: str, left: str) -> None:
    selection = Selection([pattern])
    assert selection.takes(taken)
    assert not selection.takes(left)

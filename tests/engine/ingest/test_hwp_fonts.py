"""Fonts under other names, with fontTools as the judge."""

from __future__ import annotations

from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from ocr_project.domain.errors import UnsupportedMedia
from ocr_project.engine.ingest.hwp_fonts import offer_fonts

NANUM = Path("/usr/share/fonts/truetype/nanum/NanumGothic.ttf")


@pytest.mark.skipif(not NANUM.exists(), reason="fonts-nanum is not installed: no font is renamed")
def test_a_font_is_the_same_under_other_names(tmp_path: Path) -> None:
    offer_fonts(tmp_path)
    given, lent = TTFont(NANUM, checkChecksums=2), TTFont(tmp_path / "ttfs/NanumGothic.ttf", checkChecksums=2)
    families = {str(name) for name in lent["name"].names if name.nameID in (1, 4, 16)}
    assert families == {"Malgun Gothic", "맑은 고딕", "함초롬돋움", "돋움"}
    assert lent["name"].getDebugName(6) == given["name"].getDebugName(6)
    assert lent.getBestCmap() == given.getBestCmap()
    for tag in set(given.keys()) - {"GlyphOrder", "name"}:
        assert lent.reader[tag] == given.reader[tag]


def test_missing_fonts_say_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedMedia, match="apt-get install fonts-nanum"):
        offer_fonts(tmp_path, tmp_path)

"""Files that others wrote: encodings, links, names that no disk takes."""

from __future__ import annotations

import codecs
import logging
from pathlib import Path

import pytest

from ocr_project.domain.errors import SourceError
from ocr_project.storage.given_text import is_given, read_given

TEXT = "계약서 제1조\n2024"


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
    ],
)
def test_what_says_its_encoding_is_read(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.gt.txt").write_bytes(data)
    assert read_given(tmp_path / "a.gt.txt") == TEXT


def test_russian_windows_is_named_too(tmp_path: Path) -> None:
    (tmp_path / "annotation.csv").write_bytes("Фамилия".encode("cp1251"))
    with pytest.raises(SourceError, match="Russian Windows cp1251"):
        read_given(tmp_path / "annotation.csv")


@pytest.mark.parametrize("data", [TEXT.encode("cp949"), b"caf\xe9", codecs.BOM_UTF16_LE + b"\x00\xd8\x41"])
def test_other_encodings_are_not_guessed(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.gt.txt"
    path.write_bytes(data)
    with pytest.raises(SourceError, match=r"a\.gt\.txt is not UTF-8 .*iconv -f cp949") as refused:
        read_given(path)
    assert str(path) in str(refused.value)


def test_links_stay_inside_and_long_names_are_not_there(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    (tmp_path / "secret").write_text("root:x:0")
    (folder / "a.txt").write_text("a")
    for name, target in (("inside", "a.txt"), ("out", "../secret"), ("circle", "circle"), ("nowhere", "/nowhere")):
        (folder / name).symlink_to(target)
    (tmp_path / "link").symlink_to(folder)
    with caplog.at_level(logging.WARNING):
        found = {name: is_given(folder / name, folder) for name in ("a.txt", "inside", "out", "circle", "nowhere")}
    assert found == {"a.txt": True, "inside": True, "out": False, "circle": False, "nowhere": False}
    assert ["out of" in message for message in caplog.messages] == [True]
    assert is_given(tmp_path / "link" / "a.txt", tmp_path / "link")
    assert not is_given(folder / f"{'가' * 82}.p001.gt.txt", folder)

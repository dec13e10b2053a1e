"""HWP and office files that are damaged, locked, bombs, or crash, hang and kill what reads them: rows, one each."""

from __future__ import annotations

import os
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ocr_project.domain.options import IngestOptions
from ocr_project.domain.types import Document, Status
from ocr_project.engine.ingest import office_kinds, open_source
from tests.engine.ingest.office_files import hwp_head, write_docx, write_hwpx

LINES = ["제12조(과징금) 2024. 8. 15. 부과", "영업정지 처분을 받은 자는"]
# Put before the real rhwp: does what the text of a file says, and else what rhwp does.
_MISBEHAVING = """
import os, signal, sys, time, zipfile
from pathlib import Path

class PanicException(BaseException):
    pass

def parse(path):
    said = zipfile.ZipFile(path).read("Contents/section0.xml").decode()
    if "crash" in said:
        os.kill(os.getpid(), signal.SIGSEGV)
    if "abort" in said:
        os.abort()
    if "killed" in said:
        os.kill(os.getpid(), signal.SIGKILL)
    if "hang" in said:
        time.sleep(600)
    if "panic" in said:
        raise PanicException("range end index 66045 out of range")
    if "hungry" in said:
        bytearray(1 << 40)
    sys.path.remove(str(Path(__file__).parent.parent))
    del sys.modules["rhwp"]
    import rhwp
    return rhwp.parse(path)
"""
_REASONS = {
    "crash": "broken: the HWP file ended the process that reads it (status -11): it is damaged, or needs more memory",
    "abort": "broken: the HWP file ended the process that reads it (status -6)",
    "killed": "killed: the process that read the HWP file was killed from outside (status -9); run again",
    "hang": "broken: the HWP file was not read within ingest.office_seconds (1.5); save it as PDF, or raise the limit",
    "panic": "broken: the HWP file cannot be read (rhwp panicked: range end index 66045 out of range); repair it",
    "hungry": "broken: the HWP file needs more memory than ingest.pdf_memory_gib allows",
}


def rows(root: Path, **options: object) -> dict[str, Document]:
    source = open_source(IngestOptions.model_validate({"source": str(root), **options}), default_root=root)
    return {document.path: document for document in source.documents()}


@pytest.fixture
def misbehaving(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("packages")
    (folder / "rhwp").mkdir()
    (folder / "rhwp/__init__.py").write_text(_MISBEHAVING)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH")))))
    return folder


@pytest.mark.usefixtures("misbehaving")
def test_what_ends_or_hangs_rhwp_costs_no_other_file(tmp_path: Path) -> None:
    for fault in _REASONS:
        write_hwpx(tmp_path / f"{fault}.hwpx", [fault])
    write_hwpx(tmp_path / "sound.hwpx", LINES)
    write_hwpx(tmp_path / "zz.hwpx", [*LINES, "끝."])
    found = rows(tmp_path, office_seconds=1.5)
    for fault, reason in _REASONS.items():
        assert found[f"{fault}.hwpx"].status is Status.FAILED
        assert found[f"{fault}.hwpx"].reason.startswith(reason)
    assert [(found[name].status, found[name].pages) for name in ("sound.hwpx", "zz.hwpx")] == [(Status.OK, 1)] * 2


def test_rhwp_that_cannot_be_loaded_says_so(misbehaving: Path, tmp_path: Path) -> None:
    (misbehaving / "rhwp/__init__.py").write_text("raise ImportError('undefined symbol: FT_Palette_Data_Get')")
    write_hwpx(tmp_path / "a.hwpx", LINES)
    (document,) = rows(tmp_path).values()
    assert (document.status, document.reason) == (
        Status.SKIPPED,
        "unsupported: rhwp cannot be loaded (undefined symbol: FT_Palette_Data_Get): apt-get install libfreetype6",
    )


def test_a_bomb_is_a_row(tmp_path: Path) -> None:
    write_hwpx(tmp_path / "whole.hwpx", LINES)
    with (
        zipfile.ZipFile(tmp_path / "whole.hwpx") as whole,
        zipfile.ZipFile(tmp_path / "bomb.hwpx", "w", zipfile.ZIP_DEFLATED) as bomb,
    ):
        for entry in whole.infolist():
            content = whole.read(entry)
            is_section = entry.filename.endswith("section0.xml")
            bomb.writestr(
                entry.filename, content.replace("제12조".encode(), b"A" * 40_000_000) if is_section else content
            )
    document = rows(tmp_path)["bomb.hwpx"]
    assert document.status is Status.FAILED
    assert "possible decompression bomb" in document.reason


def damaged(whole: bytes, count: int) -> Iterator[bytes]:
    """Yield files that are cut off, or whose bytes are others in places."""
    chosen = random.Random(23)
    for number in range(count):
        content = bytearray(whole[: chosen.randrange(60, len(whole))] if number % 2 else whole)
        for _ in range(0 if number % 2 else chosen.choice((1, 8, 64))):
            content[chosen.randrange(len(content))] = chosen.randrange(256)
        yield bytes(content)


@pytest.mark.parametrize("name", ["a.hwpx", "a.docx"])
def test_kinds_and_locks_of_damaged_archives_are_told_without_a_fault(name: str, tmp_path: Path) -> None:
    whole = tmp_path / name
    if name == "a.hwpx":
        write_hwpx(whole, LINES * 20, compressed=True)
    else:
        write_docx(whole, "minutes " * 50, compressed=True)
    kinds = set()
    for content in damaged(whole.read_bytes(), 400):
        (tmp_path / "damaged").write_bytes(content)
        kinds.add(office_kinds.media_type(tmp_path / "damaged"))
        kinds.add("locked" if office_kinds.lock(tmp_path / "damaged", office_kinds.HWPX) else "open")
    assert "open" in kinds
    assert None in kinds


@pytest.mark.parametrize("name", ["a.hwpx", "a.docx", "a.ods"])
def test_what_is_cut_off_is_said_to_be_damaged(name: str, tmp_path: Path) -> None:
    write_docx(tmp_path / name, "minutes " * 50, compressed=True)
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) * 2 // 3])
    (document,) = rows(tmp_path).values()
    assert document.reason == "broken: a ZIP archive, as office files are, that is cut off or damaged; copy it again"


@pytest.mark.parametrize("name", ["a.hwp", "a.hwpx", "a.docx", "a.ods"])
def test_what_is_no_such_file_is_broken(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"minutes of the meeting")
    (document,) = rows(tmp_path).values()
    kind = name.partition(".")[2].upper()
    assert document.reason == f"broken: not a {kind}, nor another known type, by its first bytes"


def test_hwp_3_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.hwp").write_bytes(b"HWP Document File V3.00 \x1a\1\2\3\4\5" + bytes(99))
    (document,) = rows(tmp_path).values()
    assert document.status is Status.SKIPPED
    assert document.reason.startswith("unsupported: HWP 3, of before 2000, is not read")


def test_hwp_under_managed_rights_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.hwp").write_bytes(hwp_head(1 << 4))
    (document,) = rows(tmp_path).values()
    assert document.reason.startswith("encrypted: the HWP file is locked by managed rights (DRM)")


def test_office_files_with_a_password_say_so(tmp_path: Path) -> None:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(1024, b"\0") + "EncryptedPackage".encode("utf-16-le").ljust(
        64, b"\0"
    )
    (tmp_path / "a.xlsx").write_bytes(ole)
    with zipfile.ZipFile(tmp_path / "b.odt", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("META-INF/manifest.xml", "<manifest:encryption-data/>")
    for document in rows(tmp_path).values():
        assert document.status is Status.FAILED
        assert document.reason == "encrypted: the file needs a password; save a copy without one"

"""One finder of Tesseract's models: the option, then the environment, then Debian's folder."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from ocr_project.domain.options import RecognitionOptions, TesseractOptions
from ocr_project.engine.imaging.tessdata import debian_packages, model_file, model_fingerprint, tessdata_folder
from ocr_project.engine.recognition import build_recognizer


def test_the_option_goes_before_the_environment_and_that_before_debian(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TESSDATA_PREFIX", "/models")
    assert tessdata_folder(tmp_path) == tmp_path
    assert tessdata_folder(Path("~/models")) == Path.home() / "models"
    assert tessdata_folder(None) == Path("/models")
    monkeypatch.setenv("TESSDATA_PREFIX", "")
    debian = tessdata_folder(None)
    monkeypatch.delenv("TESSDATA_PREFIX")
    assert debian == tessdata_folder(None)
    assert debian.parts[-2:] == ("5", "tessdata")


def test_a_model_is_known_by_its_bytes(tmp_path: Path) -> None:
    model = model_file(tmp_path, "chi_sim")
    assert model.name == "chi_sim.traineddata"
    assert model_fingerprint(model) == ""
    model.write_bytes(b"model")
    assert model_fingerprint(model) == hashlib.sha256(b"model").hexdigest()[:12]
    assert debian_packages(["chi_sim", "osd"]) == "tesseract-ocr-chi-sim tesseract-ocr-osd"


def test_the_old_option_is_still_read_and_the_new_one_goes_first(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        model_file(tmp_path / name, "eng").write_bytes(name.encode())
    old = RecognitionOptions(tesseract=TesseractOptions(languages="eng", tessdata=tmp_path / "old"))
    plain = RecognitionOptions(tesseract=TesseractOptions(languages="eng"))
    assert build_recognizer(old).identity == build_recognizer(plain, tmp_path / "old").identity
    assert build_recognizer(old, tmp_path / "new").identity == build_recognizer(plain, tmp_path / "new").identity

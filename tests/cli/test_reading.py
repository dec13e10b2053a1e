"""What `ocr-project read` asks its pipelines for."""

from __future__ import annotations

from pathlib import Path

import pytest

from ocr_project.cli.reading import Wanted, read_all
from ocr_project.domain.errors import OptionError, SourceError
from ocr_project.domain.options import IngestOptions, TextLayer
from ocr_project.storage.workspace import Workspace, tracking_store


def test_a_text_layer_is_preferred_unless_an_option_says_otherwise() -> None:
    assert Wanted(("md",)).options()["ingest"] == {"text_layer": "prefer"}
    sets = ("ingest.text_layer=reference", "ingest.dpi=300")
    assert Wanted(("md",), sets=sets).options()["ingest"] == {"text_layer": "reference", "dpi": 300}


def test_runs_that_read_files_are_kept_in_a_store_that_is_named_or_where_an_option_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for store, kept in ((None, False), (tracking_store(), False), ("https://mlflow.example.org", True)):
        monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
        if store is not None:
            monkeypatch.setenv("MLFLOW_TRACKING_URI", store)
        assert Wanted(("md",)).options()["runtime"] == {"mlflow": kept}
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    sets = ("runtime.mlflow=true", "runtime.workers=1")
    assert Wanted(("md",), sets=sets).options()["runtime"] == {"mlflow": True, "workers": 1}


def test_formats_are_exports_of_the_transcript() -> None:
    transcript = Wanted(("md", "xlsx")).options()["transcript"]
    assert {name for name, wanted in transcript.items() if wanted} == {"markdown", "xlsx"}


def test_an_option_without_a_value_is_refused() -> None:
    with pytest.raises(OptionError, match=r"--set ingest\.dpi: say KEY=VALUE"):
        Wanted(("md",), sets=("ingest.dpi",)).options()


def test_what_yaml_makes_of_off_is_off() -> None:
    options = Wanted(("md",), sets=("ingest.text_layer=off",)).options()["ingest"]
    assert IngestOptions(**options).text_layer is TextLayer.OFF


def test_an_output_that_cannot_be_made_is_said_before_the_work(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    (tmp_path / "file").write_text("in the way of a folder")
    with pytest.raises(SourceError, match=r"file/out cannot be made: Not a directory; name another"):
        read_all([Workspace(source, (), tmp_path / "work")], tmp_path / "file" / "out", Wanted(("md",)))
    assert not (tmp_path / "work").exists()


def test_an_output_is_not_left_where_options_are_refused(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    with pytest.raises(OptionError, match="say KEY=VALUE"):
        read_all([Workspace(source, (), tmp_path / "work")], tmp_path / "a" / "b", Wanted(("md",), sets=("dpi",)))
    assert not (tmp_path / "a").exists()

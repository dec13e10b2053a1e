"""What `ocr-project read` asks its pipelines for."""

from __future__ import annotations

import pytest

from ocr_project.cli.reading import Wanted
from ocr_project.domain.errors import OptionError


def test_a_text_layer_is_preferred_unless_an_option_says_otherwise() -> None:
    assert Wanted(("md",)).options()["ingest"] == {"text_layer": "prefer"}
    sets = ("ingest.text_layer=reference", "ingest.dpi=300")
    assert Wanted(("md",), sets=sets).options()["ingest"] == {"text_layer": "reference", "dpi": 300}


def test_formats_are_exports_of_the_transcript() -> None:
    transcript = Wanted(("md", "xlsx")).options()["transcript"]
    assert {name for name, wanted in transcript.items() if wanted} == {"markdown", "xlsx"}


def test_an_option_without_a_value_is_refused() -> None:
    with pytest.raises(OptionError, match=r"--set ingest\.dpi: say KEY=VALUE"):
        Wanted(("md",), sets=("ingest.dpi",)).options()

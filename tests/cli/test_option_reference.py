"""The reference of all options: fresh, whole, and on the command line too."""

from __future__ import annotations

import subprocess
import sys

from click.testing import CliRunner

from ocr_project import cli
from ocr_project.cli.option_reference import OptionRow, as_markdown, option_rows
from ocr_project.domain.options import SECTIONS
from tests.whole_job import ROOT


def rows(section: str) -> dict[str, OptionRow]:
    return {row.name: row for row in option_rows(section)}


def test_the_page_is_what_the_models_say() -> None:
    assert (ROOT / "docs/options.md").read_text(encoding="utf-8") == as_markdown(), (
        "docs/options.md is stale: run python scripts/options_reference.py"
    )
    checked = subprocess.run([sys.executable, "scripts/options_reference.py", "--check"], cwd=ROOT, check=False)
    assert checked.returncode == 0


def test_types_limits_and_defaults_are_as_yaml_has_them() -> None:
    ingest, layout = rows("ingest"), rows("layout")
    assert (ingest["ingest.dpi"].takes, ingest["ingest.dpi"].default) == ("integer, 36 to 1,200", "200")
    assert (ingest["ingest.limit"].takes, ingest["ingest.limit"].default) == ("integer or none, at least 1", "null")
    assert ingest["ingest.text_layer"].takes == "off, reference, prefer"
    thresholds = layout["layout.pp_doclayout_v3.thresholds"]
    assert (thresholds.takes, thresholds.default) == ("map of names to number, 0 to 1", "{}")
    assert rows("benchmark")["benchmark.recall_cutoffs"].default == "[1, 3, 5, 10, 20]"
    assert rows("publish")["publish.source_name"].default == '""'


def test_every_option_has_a_row_with_prose() -> None:
    for section in SECTIONS:
        found = rows(section)
        assert found
        assert all(row.prose and row.takes for row in found.values())
        assert all(name.startswith(f"{section}.") for name in found)


def test_the_command_lists_a_stage_or_all() -> None:
    one = CliRunner().invoke(cli.cli, ["options", "transcript"])
    assert one.exit_code == 0, one.output
    assert "transcript.save_crops = true  (true or false)" in one.output
    assert "ingest." not in one.output
    whole = CliRunner().invoke(cli.cli, ["options"])
    assert all(f"{section}." in whole.output for section in SECTIONS)
    assert CliRunner().invoke(cli.cli, ["options", "nothing"]).exit_code == 2

"""Commands, and what they make of errors."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ocr_project import cli
from ocr_project.checks import doctor
from ocr_project.checks.doctor.finding import Finding, missing, ok, warning
from ocr_project.cli.doctor import findings_as_lines
from ocr_project.cli.errors import EXIT_ERROR, own_error
from ocr_project.domain.errors import SourceError, StorageError

ROOT = Path(__file__).resolve().parents[2]
FINE = ok("disk", "80 GB free")
ODD = warning("vllm", "0.26.0; tested with 0.32.0", "pip install -e '.[gpu]'")
LACKING = missing("driver", "NVML says no", "install it")


def wrapped(error: Exception, *, explicit: bool) -> Exception:
    """Return what Kedro makes of an error that a dataset raised."""
    try:
        try:
            raise error
        except Exception as inner:
            if explicit:
                raise RuntimeError("Failed while saving data") from inner
            raise RuntimeError("Failed while saving data")  # noqa: B904 - as some libraries do
    except RuntimeError as outer:
        return outer


@pytest.mark.parametrize("explicit", [True, False])
@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), sqlite3.OperationalError("database or disk is full")]
)
def test_a_full_disk_is_said_plainly_whoever_met_it(error: Exception, explicit: bool) -> None:
    found = own_error(wrapped(error, explicit=explicit))
    assert isinstance(found, StorageError)
    assert "free some and run again" in str(found)


def test_our_own_error_is_found_and_any_other_is_not_touched() -> None:
    mine = SourceError("no documents")
    assert own_error(wrapped(mine, explicit=True)) is mine
    assert own_error(wrapped(OSError(errno.EACCES, "Permission denied"), explicit=True)) is None


@pytest.fixture
def examined(monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    """Let the doctor find what the test puts into the list; the profile is read as always."""
    findings: list[Finding] = []
    seen = []

    def examine(profile: doctor.Profile, root: Path) -> list[Finding]:
        seen.append(profile)
        return [*findings, ok("profile", f"{profile.layout.backend} {profile.ingest.limit}")]

    monkeypatch.setattr(doctor, "examine", examine)
    monkeypatch.chdir(ROOT)
    return findings


@pytest.mark.parametrize(("found", "status"), [([], 0), ([FINE, ODD], 0), ([FINE, LACKING], 1)])
def test_the_exit_status_says_whether_something_is_missing(
    examined: list[Finding], found: list[Finding], status: int
) -> None:
    examined += found
    result = CliRunner().invoke(cli.cli, ["doctor"])
    assert result.exit_code == status, result.output
    for finding in found:
        assert f"{finding.state:<7}  {finding.check}" in result.output
        assert finding.advice in result.output


def test_the_profile_of_the_environment_is_looked_at(examined: list[Finding]) -> None:
    result = CliRunner().invoke(cli.cli, ["doctor", "--env", "b200", "--params", "ingest.limit=64"])
    assert "pp_doclayout_v3 64" in result.output, result.output


def test_a_wrong_option_is_said_plainly(examined: list[Finding]) -> None:
    result = CliRunner().invoke(cli.cli, ["doctor", "--params", "ingest.dpii=300"])
    assert result.exit_code == EXIT_ERROR
    assert "OptionError" in result.output
    assert "dpii" in result.output


def test_lines_are_aligned_and_folded_between_words() -> None:
    advice = "hf download someone/a-model-with-a-long-name, so that the GPU does not wait for it"
    lines = [
        click.unstyle(line) for line in findings_as_lines([FINE, warning("some-model", "on the Hub", advice)], 60)
    ]
    assert lines[0] == "ok       disk        80 GB free"
    assert lines[1] == "warning  some-model  on the Hub"
    assert [line.index(line.strip()) for line in lines[2].splitlines()] == [21, 23, 23]
    assert "someone/a-model-with-a-long-name," in lines[2]
    assert all(len(line) <= 65 for line in lines[2].splitlines())

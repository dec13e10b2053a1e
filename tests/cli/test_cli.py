"""Commands, and what they make of errors."""

from __future__ import annotations

import errno
import logging
import sqlite3
from io import StringIO
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from kedro.framework.startup import bootstrap_project

from ocr_project import cli
from ocr_project.checks import doctor
from ocr_project.checks.doctor.finding import Finding, missing, ok, warning
from ocr_project.cli.doctor import findings_as_lines
from ocr_project.cli.errors import EXIT_ERROR, in_few_words, own_error
from ocr_project.cli.log_format import show_safely
from ocr_project.cli.run import run
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

    def examine(profile: doctor.Profile, root: Path, data: Path) -> list[Finding]:
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


@pytest.mark.parametrize(
    ("given", "meant"),
    [("ingets.dpi=300", "`ingest`"), ("source=/x", "`ingest.source`"), ("dip=300", "`ingest.dpi`")],
)
def test_an_option_beside_all_stages_is_refused_with_the_nearest_names(
    examined: list[Finding], given: str, meant: str
) -> None:
    for command in (["doctor"], ["run", "--pipelines", "ingest"]):
        result = CliRunner().invoke(cli.cli, [*command, "--params", given])
        assert result.exit_code == EXIT_ERROR, result.output
        assert f"there is no option `{given.partition('=')[0].partition('.')[0]}`; did you mean" in result.output
        assert meant in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--pipelines", "ocrr"], "there is no pipeline `ocrr`; did you mean `ocr`?"),
        (["--env", "b20"], "there is no environment `b20`; did you mean `b200`"),
        (["--env", "mine"], "there is no environment `mine`; there are "),
        (
            ["--nodes", "detect_region"],
            "node of these pipelines `detect_region`; did you mean `layout.detect_regions`",
        ),
        (["--from-nodes", "detect_regions"], "`detect_regions`; did you mean `layout.detect_regions`"),
        (["--to-outputs", "region"], "there is no dataset of these pipelines `region`; did you mean `regions`"),
        (["--tags", "lay"], "no node is left to run; tags are "),
        (["--runner", "ThreadedRunner"], "there is no runner `ThreadedRunner`; did you mean `ThreadRunner`?"),
    ],
)
def test_unknown_names_of_a_run_are_said_in_one_line_with_the_nearest(
    examined: list[Finding], arguments: list[str], said: str
) -> None:
    bootstrap_project(ROOT)  # as `python -m kedro` does before it looks at a command
    result = CliRunner().invoke(cli.cli, ["run", *arguments])
    assert result.exit_code == EXIT_ERROR, result.output
    assert said in result.output
    assert "Traceback" not in result.output


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


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("ingest.source=/a,b", {"ingest": {"source": "/a,b"}}),
        ("ingest.source=/a, b,c,ingest.dpi=100", {"ingest": {"source": "/a, b,c", "dpi": 100}}),
        ("ingest.dpi=100,ingest.limit=8", {"ingest": {"dpi": 100, "limit": 8}}),
        ("ingest.include=[a.pdf,b.pdf]", {"ingest": {"include": ["a.pdf", "b.pdf"]}}),
    ],
)
def test_a_value_may_have_commas(given: str, found: dict[str, object]) -> None:
    context = click.Context(run)
    option = next(option for option in run.params if option.name == "params")
    assert option.callback is not None
    assert option.callback(context, option, given) == found


@pytest.mark.parametrize("given", ["a,b", "ingest.source", ",", "=1,b"])
def test_what_names_no_parameter_is_refused_as_before(given: str) -> None:
    done = CliRunner().invoke(run, ["--params", given, "--pipelines", "none of these"])
    assert done.exit_code != 0
    assert "Invalid format of `params`" in done.output or given == ","


def test_the_log_sends_no_controls_to_a_terminal() -> None:
    stream, root = StringIO(), logging.getLogger()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    root.addHandler(handler)
    try:
        show_safely()
        show_safely()
        logging.getLogger("ocr_project").warning("%s is broken\nyes", "x\x1b]0;owned\x07")
    finally:
        root.removeHandler(handler)
    assert stream.getvalue() == "WARNING x\ufffd]0;owned\ufffd is broken\nyes\n"


def test_what_is_wrong_with_options_is_said_in_a_line_each() -> None:
    kedros = """Parameter validation failed:
- Parameter 'ingest': Failed to instantiate IngestOptions for parameter 'ingest': 1 validation error for IngestOptions
  Value error, there is no option `dpy`; did you mean `dpi`? [type=value_error, input_value={'dpy'}, input_type=dict]
    For further information visit https://errors.pydantic.dev/2.14/v/value_error
- Parameter 'recognition': Failed to instantiate RecognitionOptions for parameter 'recognition': 2 errors
vllm.replicas.constrained-int
  Input should be greater than or equal to 1 [type=greater_than_equal, input_value=0, input_type=int]
vllm.replicas.literal['auto']
  Input should be 'auto' [type=literal_error, input_value=0, input_type=int]"""
    assert in_few_words(kedros).splitlines() == [
        "ingest: there is no option `dpy`; did you mean `dpi`?",
        "recognition.vllm.replicas: Input should be greater than or equal to 1 (it is 0)",
        "recognition.vllm.replicas: Input should be 'auto' (it is 0)",
    ]
    assert in_few_words("something else") == "something else"

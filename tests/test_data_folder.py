"""One folder holds all that belongs to a corpus: `--params data=PATH` moves the whole catalog."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.io import CatalogProtocol, DatasetError

from ocr_project import cli
from ocr_project.checks.preflight import check_apart
from ocr_project.datasets import LineageFolder
from ocr_project.domain.errors import OptionError, SourceError
from ocr_project.domain.options import TestsetsOptions
from ocr_project.domain.types import Identity, derive_lineage
from ocr_project.pipeline_registry import register_pipelines
from tests.whole_job import ROOT, copy_project, write_pages


def opened(project: Path, **params: Any) -> CatalogProtocol[Any, Any]:
    bootstrap_project(project)
    with KedroSession.create(project_path=project, runtime_params=params) as session:
        return session.load_context().catalog


def places(catalog: CatalogProtocol[Any, Any], names: Iterator[str] | set[str]) -> dict[str, str]:
    described = {name: catalog.get(name)._describe() for name in names}
    return {name: str(found["filepath"]) for name, found in described.items() if "filepath" in found}


@pytest.fixture(scope="module")
def stored() -> set[str]:
    """Names of all that pipelines write and the catalog keeps."""
    written = {name for pipeline in register_pipelines().values() for name in pipeline.all_outputs()}
    catalog = opened(ROOT)
    return {name for name in written if name in catalog}


def test_all_that_pipelines_write_is_below_it(stored: set[str], tmp_path: Path) -> None:
    found = places(opened(ROOT, data=str(tmp_path / "other")), stored | {"scratch"})
    assert len(found) == len(stored) + 1
    astray = {name: path for name, path in found.items() if not path.startswith(f"{tmp_path}/other/")}
    assert not astray


def test_without_it_data_is_in_the_project_and_metrics_beside(stored: set[str]) -> None:
    found = places(opened(ROOT), stored)
    assert {path.removeprefix(f"{ROOT}/").split("/")[0] for path in found.values()} == {"data", "metrics"}
    assert found["layout_metrics"] == f"{ROOT}/metrics/layout.json"
    assert opened(ROOT, data="2026").load("project").data == ROOT / "2026"


def test_globals_name_it_for_good_and_parameters_cannot(tmp_path: Path) -> None:
    project = copy_project(tmp_path)
    (project / "conf/base/globals.yml").write_text("data: /elsewhere")
    assert opened(project).load("project").data == Path("/elsewhere")
    assert opened(project, data="here").load("project").data == project / "here"
    with (project / "conf/base/parameters.yml").open("a") as file:
        file.write("data: mine\n")
    with pytest.raises(OptionError, match=r"in a parameters\.yml moves nothing"):
        opened(project)


def test_a_home_folder_that_no_shell_expands_is_refused() -> None:
    with pytest.raises(OptionError, match="write the whole path"):
        opened(ROOT, data="~/corpus")


def test_folders_that_options_have_by_default_follow_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    other = opened(ROOT, data=str(tmp_path), testsets={"drawings": "data/drawn"})
    testsets, search = (other.load(f"params:{name}") for name in ("testsets", "prompt_search"))
    assert testsets.folder == tmp_path / "01_raw/test_sets"
    assert testsets.drawings == Path("data/drawn"), "named: it stays where it is"
    assert search.folder == tmp_path / "07_model_output/prompt_search"
    assert "Replacing dataset" not in caplog.text
    own = TestsetsOptions.model_validate(opened(ROOT).load("params:testsets") or {})
    assert own.folder == Path("data/01_raw/test_sets")


def test_a_comparison_may_name_what_was_read_before(tmp_path: Path) -> None:
    catalog = opened(ROOT, data=str(tmp_path), benchmark={"compare": {"other": "previous"}})
    with pytest.raises(DatasetError, match=r"benchmark\.compare\.other=previous.*run the one to compare with first"):
        catalog.load("other_transcripts")
    folder: LineageFolder = catalog.load("transcripts")
    made = [derive_lineage("", "transcript", Identity(name, "1")) for name in ("one", "two")]
    for lineage in made:
        folder.open(lineage, {})
    assert {name: other.lineage for name, other in catalog.load("other_transcripts").items()} == {
        "other": made[0].name
    }


def test_its_own_documents_come_before_the_samples(tmp_path: Path) -> None:
    write_pages(tmp_path / "01_raw/documents", 1)
    assert opened(ROOT, data=str(tmp_path)).load("source") == str(tmp_path / "01_raw/documents")
    assert opened(ROOT, data=str(tmp_path / "none")).load("source") == str(ROOT / "samples/documents")


def test_a_folder_of_documents_does_not_hold_it(tmp_path: Path) -> None:
    check_apart(str(tmp_path / "documents"), tmp_path)
    check_apart("hf://datasets/owner/name", tmp_path)
    for inside in (tmp_path, tmp_path / "results"):
        with pytest.raises(SourceError, match="inside of the source"):
            check_apart(str(tmp_path), inside)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("search", "a question"), "empty/04_feature/word_index"),
        (("compare", "latest", "latest"), "empty/08_reporting/benchmark_run"),
        (("results",), "There are no results yet"),
    ],
)
def test_commands_look_into_the_folder_that_they_are_given(
    command: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    result = CliRunner().invoke(cli.cli, [*command, "--data", str(tmp_path / "empty")])
    assert said in result.output, result.output

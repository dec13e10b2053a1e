"""`kedro run --pipelines publish` as a user runs it: too early, into the folder, to the Hub, on a full disk."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fake_hub import FakeHub
from tests.whole_job import QUICK, Finished, copy_project, run_job, write_pages

PUBLISH = ("--pipelines", "publish")
FOLDER = "data/08_reporting/published"
_SCRIPT = """
import sys
from pathlib import Path
from tests.engine.publishing.test_dataset import Finished
Finished(side=500).publish(Path(sys.argv[1]))
"""
# Fills the disk, says what is there, makes room, and runs the same again.
_FULL = """
set -u
mount -t tmpfs -o size=3m tmpfs disk
'{python}' -c "$SCRIPT" disk/published 2>&1; echo "first ended with $?"
find disk -name '*.partial' | sed 's/^/left: /'
mount -o remount,size=64m disk
'{python}' -c "$SCRIPT" disk/published 2>&1; echo "second ended with $?"
find disk -name '*.parquet' | wc -l | sed 's/^/files: /'
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = copy_project(tmp_path_factory.mktemp("publish") / "project")
    write_pages(made / "source", 3)
    return made


@pytest.fixture(scope="module")
def too_early(project: Path) -> Finished:
    return run_job(project, arguments=PUBLISH)


@pytest.fixture(scope="module")
def finished(project: Path, too_early: Finished) -> None:
    done = run_job(project, f"ingest.source={project / 'source'}", *QUICK)
    assert done.code == 0, done.output


def stamps(project: Path) -> dict[str, int]:
    folder = project / FOLDER
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_too_early_says_what_to_do_first(too_early: Finished) -> None:
    assert too_early.code == 2
    assert "PublishError: nothing to publish yet: run `kedro run` first" in too_early.output
    assert "Traceback" not in too_early.output


@pytest.mark.usefixtures("finished")
def test_into_the_folder_then_to_the_hub(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run_job(project, "publish.licence=cc0-1.0", arguments=PUBLISH)
    assert done.code == 0, done.output
    assert f"published  {FOLDER}" in done.output
    assert (project / "data/08_reporting/personal_data.csv").read_text().startswith("kind,count,pages,masked\n")
    before = stamps(project)
    assert {"README.md", "pages/00000-000.parquet", "scores/00000-000.parquet"} <= before.keys()

    monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    to_hub = ("publish.licence=cc0-1.0", "publish.target=hub", "publish.repository=me/pages")
    refused = run_job(project, *to_hub, arguments=PUBLISH)
    assert refused.code == 2
    assert "PublishError: no token for the Hugging Face Hub" in refused.output

    with FakeHub(tmp_path / "hub") as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("HF_TOKEN", hub.token)
        sent = run_job(project, *to_hub, arguments=PUBLISH)
        assert sent.code == 0, sent.output
        assert hub.token not in sent.output
        assert sorted(hub.repositories["me/pages"].files) == sorted(before)
        for name in before:
            assert hub.content("me/pages", name) == (project / FOLDER / name).read_bytes()
    changed = {name for name, stamp in stamps(project).items() if stamp != before[name]}
    assert changed <= {"README.md"}  # which names the repository now


def test_a_full_disk_ends_with_advice_and_the_next_run_goes_on(tmp_path: Path) -> None:
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("a full disk needs unshare (util-linux)")
    tried = subprocess.run([unshare, "-m", "mount", "-t", "tmpfs", "tmpfs", str(tmp_path)], capture_output=True)
    if tried.returncode:
        pytest.skip(f"a full disk needs the right to mount one: {tried.stderr.decode().strip()}")
    (tmp_path / "disk").mkdir()
    root = Path(__file__).resolve().parents[2]
    environment = {"PATH": "/usr/bin:/bin:/usr/sbin", "SCRIPT": _SCRIPT, "PYTHONPATH": f"{root}:{root / 'src'}"}
    command = [unshare, "-m", "bash", "-c", _FULL.format(python=sys.executable)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert "first ended with 1" in done.stdout, done.stdout + done.stderr
    assert "StorageError: no space left for" in done.stdout
    assert "left: " not in done.stdout
    assert "second ended with 0" in done.stdout
    assert "files: 11" in done.stdout

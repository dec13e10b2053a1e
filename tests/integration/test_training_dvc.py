"""`dvc repro training/dvc.yaml` as a user runs it: a tiny model, a CPU."""

from __future__ import annotations

import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from ocr_project.testing import tiny_trainable
from tests.trained_model import PAGES, UPDATES, check_model
from tests.whole_job import ROOT, Finished, copy_project, run_command, write_pages

pytest.importorskip("torch", reason="training needs the extra train: `make models`")
pytest.importorskip("peft", reason="training needs the extra train: `make models`")
pytestmark = pytest.mark.slow


def _dvc(project: Path, *arguments: str) -> Finished:
    done = run_command(project, sys.executable, "-m", "dvc", *arguments)
    assert done.code == 0, done.output
    return done


def _ran(done: Finished) -> list[str]:
    return re.findall(r"^Running stage '.*?(\w+)'", done.output, re.MULTILINE)


@dataclass(frozen=True)
class Trained:
    """A project in which a tiny model was trained.

    Attributes:
        project: Its folder.
        base: The model that was trained.
        run: Folder of the training.
        first: The command that did it.
    """

    project: Path
    base: Path
    run: Path
    first: Finished


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    root = tmp_path_factory.mktemp("training")
    project = copy_project(root / "project")
    base = tiny_trainable.build(root, "qwen3_vl")
    write_pages(root / "pages", PAGES)
    (root / "pages" / "page00009.gt.txt").unlink()
    parameters = project / "conf/base/parameters.yml"
    values = yaml.safe_load(parameters.read_text())
    values["runtime"] = {"progress": False}
    values["training_data"] = {"sources": f"folder:{root / 'pages'}", "valid": 0.3}
    values["training"] = {
        **{"model": str(base), "device": "cpu", "workers": 0, "updates": UPDATES, "epochs": 9, "packs_per_update": 1},
        **{"learning_rate": 0.01, "tokens_per_pack": 1024, "answer_tokens": 24},
    }
    parameters.write_text(yaml.safe_dump(values))
    shutil.copytree(ROOT / "training", project / "training", ignore=shutil.ignore_patterns("dvc.lock"))
    _dvc(project, "init", "--no-scm")
    shutil.copy(ROOT / ".dvcignore", project)
    first = _dvc(project, "repro", "training/dvc.yaml")
    (run,) = [path for path in (project / "data/06_models").iterdir() if path.is_dir()]
    return Trained(project, base, run, first)


def test_both_stages_run_and_leave_what_they_say(trained: Trained) -> None:
    project, run = trained.project, trained.run
    assert _ran(trained.first) == ["training_data", "training"]
    check_model(project, run, trained.first.output)

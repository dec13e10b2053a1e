"""What a stage depends on in dvc.yaml is what it imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from scripts.dvc_deps import FILES, ROOT, rewritten

DVC = """\
# a comment
stages:
  reading:
    cmd: run
    deps:
      - src/made_up_house/gone.py
      - data/in  # beside it
    outs:
      - data/out: {persist: true}
"""
MODULES = {
    "__init__": "",
    "unused": "",
    "datasets/__init__": "",
    "pipelines/__init__": "",
    "pipelines/reading/__init__": "",
    "pipelines/reading/pipeline": "from made_up_house.engine.whole import a",
    "pipelines/writing/__init__": "from made_up_house import unused",
    "engine/__init__": "",
    "engine/whole/__init__": "",
    "engine/whole/a": "def later():\n    from made_up_house.engine.part import lazy",
    "engine/whole/deep/__init__": "",
    "engine/whole/b": "",
    "engine/part/__init__": "",
    "engine/part/lazy": "CHILD = 'made_up_house.engine.part.child'",
    "engine/part/child": "from made_up_house.engine import faces\nfrom made_up_house.engine.whole import b, deep",
    "engine/part/other": "",
    "engine/faces/__init__": "from importlib import import_module\nimport_module(f'{__name__}.face')",
    "engine/faces/face": "",
}


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in MODULES.items():
        path = tmp_path / "src/made_up_house" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "src/made_up_house/engine/part/style.css").touch()
    monkeypatch.syspath_prepend(tmp_path / "src")
    return tmp_path


@pytest.mark.parametrize("name", FILES)
def test_dvc_yaml_names_the_code_that_its_stages_import(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert rewritten(text) == text, f"{name} is stale: run `make deps`"


def test_stages_of_both_files_are_known_to_dvc() -> None:
    listed = [
        subprocess.run(
            [sys.executable, "-m", "dvc", "stage", "list", name], cwd=ROOT, check=True, capture_output=True, text=True
        ).stdout
        for name in FILES
    ]
    assert "benchmark" in listed[0]
    assert "training_data" not in listed[0], "`dvc repro` alone leaves it out: its sources lie outside"
    assert "training_data" in listed[1]


def test_all_that_is_imported_is_named_and_nothing_else(house: Path) -> None:
    stage = yaml.safe_load(rewritten(DVC, house, "made_up_house"))["stages"]["reading"]
    assert stage["deps"] == [
        "src/made_up_house/__init__.py",
        "src/made_up_house/datasets",
        "src/made_up_house/engine/__init__.py",
        "src/made_up_house/engine/faces",
        "src/made_up_house/engine/part/__init__.py",
        "src/made_up_house/engine/part/child.py",
        "src/made_up_house/engine/part/lazy.py",
        "src/made_up_house/engine/part/style.css",
        "src/made_up_house/engine/whole",
        "src/made_up_house/pipelines/__init__.py",
        "src/made_up_house/pipelines/reading",
        "data/in",
    ]


def test_what_python_leaves_beside_the_code_is_no_change_of_it() -> None:
    compiled = "src/ocr_project/domain/__pycache__/errors.cpython-311.pyc"
    ignored = subprocess.run([sys.executable, "-m", "dvc", "check-ignore", compiled], cwd=ROOT, check=False)
    assert ignored.returncode == 0


def test_a_tuned_model_is_versioned_without_its_checkpoints() -> None:
    run = "data/06_models/Qwen2-VL-2B-Instruct-01234567"
    paths = [f"{run}/{name}" for name in ("checkpoint-40/optimizer.pt", "adapter/a.safetensors", "merged/config.json")]
    ignored = subprocess.run(
        [sys.executable, "-m", "dvc", "check-ignore", *paths], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert ignored.stdout.split() == paths[:1]
    outs = yaml.safe_load((ROOT / "training/dvc.yaml").read_text("utf-8"))["stages"]["training"]["outs"]
    assert {"data/06_models": {"persist": True}} in outs


def test_the_rest_of_the_file_stays(house: Path) -> None:
    text = rewritten(DVC, house, "made_up_house")
    assert text.startswith("# a comment\nstages:\n  reading:\n    cmd: run\n    deps:\n")
    assert text.endswith("      - data/in  # beside it\n    outs:\n      - data/out: {persist: true}\n")
    assert rewritten(text, house, "made_up_house") == text


def test_a_stage_that_is_no_pipeline_is_refused(house: Path) -> None:
    with pytest.raises(LookupError, match=r"there is no made_up_house\.pipelines\.singing"):
        rewritten(DVC.replace("reading", "singing"), house, "made_up_house")

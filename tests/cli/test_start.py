"""What a command imports before it does anything: names, for seconds are those of the machine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ASKED = """
import json, sys
from kedro.framework.cli.cli import main
try:
    main()
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""
MODELS = {"torch", "transformers", "vllm", "onnxruntime"}
SERVERS = {"aiohttp", "fastapi", "starlette", "openai", "huggingface_hub"}
NOTES = {"mlflow", "sqlalchemy", "IPython", "kedro_viz.server", "dvc"}
DATA = {"pandas", "pyarrow", "numpy", "cv2", "scipy"}
OTHER_STAGES = {f"ocr_project.pipelines.{name}.nodes" for name in ("matrix", "fields", "training", "publish")}
EVERYWHERE = MODELS | SERVERS | NOTES | OTHER_STAGES


@pytest.mark.parametrize(
    ("command", "forbidden"),
    [
        (("run", "--help"), EVERYWHERE | DATA | {"ocr_project.hooks", "ocr_project.domain.options"}),
        (("search", "예산", "--data", "{folder}/empty"), EVERYWHERE | {"cv2", "ocr_project.pipelines.layout.nodes"}),
        (("run", "--params", "ingest.source={folder}/nowhere,data={folder}/data"), EVERYWHERE),
    ],
    ids=["help", "search", "run"],
)
def test_a_command_imports_no_more_than_it_needs(
    tmp_path: Path, command: tuple[str, ...], forbidden: set[str]
) -> None:
    """They came in one by one: a name at the top of a file, all pipelines, a search for a notebook."""
    arguments = [part.format(folder=tmp_path) for part in command]
    done = subprocess.run([sys.executable, "-c", ASKED, *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode in (0, 2), done.stderr
    loaded = set(json.loads(done.stderr.splitlines()[-1]))
    assert "ocr_project.cli" in loaded
    assert sorted(loaded & forbidden) == []

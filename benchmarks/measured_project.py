"""A copy of the project whose environment names models without weights, and the environment of its commands."""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from benchmarks.gpu_machine import plugin_folder
from benchmarks.known_regions import PAGES, hook_folder
from omegaconf import OmegaConf

from ocr_project.cli.evidence import EXPERIMENT
from ocr_project.cli.project import read_params
from ocr_project.domain.options import RecognitionBackend, RecognitionOptions
from ocr_project.engine.models.served.compiled import CompileMark, compile_cache
from ocr_project.engine.models.served.scale import scaled
from ocr_project.engine.running.cards import VISIBLE, cards_shown

ROOT = Path(__file__).resolve().parents[1]
# As benchmarks.serving asks: the same limit for all, no judging, no second try. Random weights loop.
UNJUDGED = {
    "loops": False,
    "whole_page": False,
    "max_tokens": {"text": 4096, "table": 4096, "formula": 4096, "page": 4096},
}
FORCED = ("--load-format", "dummy", "--logits-processors", "forced_length:ForcedLength")
STORE = "MLFLOW_TRACKING_URI"
_CACHES = ("VLLM_CACHE_ROOT", "TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR")  # else below XDG_CACHE_HOME
_BYTECODE = "bytecode"
_MAKE_STORE = """
import sys, mlflow
mlflow.set_tracking_uri(sys.argv[1])
mlflow.set_experiment(sys.argv[2])
"""
_WRITE_LAYOUT = """
import sys, torch
from transformers import PPDocLayoutV3Config, PPDocLayoutV3ForObjectDetection
torch.manual_seed(0)
PPDocLayoutV3ForObjectDetection(PPDocLayoutV3Config(num_labels=25)).save_pretrained(sys.argv[1])
"""


def measured_project(chosen: argparse.Namespace) -> None:
    """Make the copy anew, in `chosen.folder`, and give all that is compiled from now on a place there."""
    project = chosen.folder / "project"
    if chosen.layout and not chosen.layout.is_dir():  # the true shape, random weights
        subprocess.run([sys.executable, "-c", _WRITE_LAYOUT, str(chosen.layout)], check=True)
    shutil.rmtree(project, ignore_errors=True)
    shutil.copytree(ROOT / "src", project / "src", ignore=shutil.ignore_patterns("*.egg-info"))  # with its bytecode
    shutil.copytree(ROOT / "conf", project / "conf")
    shutil.copy(ROOT / "pyproject.toml", project)
    (project / ".telemetry").write_text("consent: false\n")
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(project / "src")], check=True)
    path = project / "conf" / chosen.env / "parameters.yml"
    path.parent.mkdir(exist_ok=True)
    there = OmegaConf.load(path) if path.is_file() else OmegaConf.create()
    merged = OmegaConf.merge(there, _own(chosen, OmegaConf.to_container(there)), chosen.settings)
    path.write_text(yaml.safe_dump(OmegaConf.to_container(merged)))
    hub = os.environ.get("HF_HOME") or str(_user_cache() / "huggingface")
    for name in _CACHES:
        os.environ.pop(name, None)
    os.environ |= {"XDG_CACHE_HOME": str(chosen.folder / "cache"), "HF_HOME": hub}
    os.environ["CUDA_CACHE_PATH"] = str(compile_cache() / "cuda")
    _make_store(chosen.folder)


def _make_store(folder: Path) -> None:
    """Make MLflow's tables, which takes seconds and which a person's second run finds there."""
    if STORE in os.environ:
        return
    path = folder / "mlflow.db"
    os.environ[STORE] = f"sqlite:///{path}"
    if importlib.util.find_spec("mlflow") is not None and not path.is_file():
        subprocess.run([sys.executable, "-c", _MAKE_STORE, os.environ[STORE], EXPERIMENT], check=True)


def _own(chosen: argparse.Namespace, there: Any) -> dict[str, Any]:
    """Return what the environment says of the models that are given."""
    vllm: dict[str, Any] = {"logs": str(chosen.folder / "logs")}
    if chosen.model:
        vllm["model"] = str(chosen.model if chosen.fake else chosen.model.resolve())
        vllm["dialect"] = "glm_ocr"
    if chosen.urls:
        vllm["urls"] = list(chosen.urls)
    if chosen.forced:
        vllm |= {"quantization": None, **UNJUDGED}
        extra = there.get("recognition", {}).get("vllm", {}).get("server_args", [])
        vllm["server_args"] = [*extra, *FORCED]
    layout = {"pp_doclayout_v3": {"checkpoint": str(chosen.layout.resolve())}} if chosen.layout else {}
    return {"layout": layout, "recognition": {"vllm": vllm}}


def command_environment(chosen: argparse.Namespace) -> dict[str, str]:
    """Return the environment of the command: the hook, vLLM's plugin and what forces lengths are on its path."""
    project: Path = chosen.folder / "project"
    hook, plugin = hook_folder(chosen.folder), plugin_folder(chosen.folder)
    path = [project / "src", hook, plugin, ROOT, *([chosen.forced.resolve()] if chosen.forced else [])]
    every = os.pathsep.join(filter(None, (*map(str, path), os.environ.get("PYTHONPATH", ""))))
    own = {"PYTHONPATH": every, PAGES: str(chosen.pages.resolve()), "DO_NOT_TRACK": "1", "COLUMNS": "200"}
    offline = {"HF_HUB_OFFLINE": "1", "VLLM_USE_FLASHINFER_SAMPLER": "0"} if chosen.forced else {}
    return {**offline, **os.environ, **own}


def cards_environment(count: int) -> Mapping[str, str]:
    """Return what shows a command the first cards of those that are there, and no others."""
    shown = cards_shown()[:count]
    return {VISIBLE: ",".join(shown)} if shown else {}


def compiled_kind(chosen: argparse.Namespace, count: int) -> str | None:
    """Return the `compile_vision` of the servers that a warm run would start; None where all of it is compiled.

    Args:
        chosen: Arguments of the benchmark.
        count: Pages of the run.
    """
    options = recognition_options(chosen)
    if options.backend is not RecognitionBackend.VLLM or options.vllm.urls:
        return None
    kind = scaled(options.vllm, count, compiled=lambda kind: True)
    return None if CompileMark(kind).exists() else kind.compile_vision.value


def recognition_options(chosen: argparse.Namespace) -> RecognitionOptions:
    """Return the options of recognition as a run has them."""
    conf = chosen.folder / "project" / "conf"
    files = [conf / name / "parameters.yml" for name in ("base", chosen.env)]
    merged = OmegaConf.merge(*map(OmegaConf.load, files), read_params(chosen.params))
    return RecognitionOptions.model_validate(OmegaConf.to_container(merged)["recognition"])  # type: ignore[index,call-overload]


def move_compiled_away() -> None:
    """Let the next servers find nothing compiled, but for Python's bytecode, which an image brings."""
    cache = compile_cache()
    away = cache.with_name(f"{cache.name}-{time.time_ns()}")
    for path in cache.iterdir() if cache.is_dir() else ():
        if path.name != _BYTECODE:
            away.mkdir(exist_ok=True)
            path.rename(away / path.name)


def _user_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")

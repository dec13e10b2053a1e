"""The core holds what the main job imports and no more; the rest stands in extras and groups."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import packages_distributions, requires
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.whole_job import ROOT

SRC = ROOT / "src" / "ocr_project"
BENCH = ("bench", "pipelines/testsets", "pipelines/evidence")  # what the main job does without
# In the core without an import of ours: why.
NOT_IMPORTED = {
    "dvc": "dvc.yaml: `dvc repro` is a command",
    "kedro-viz": "`kedro viz` is a command",
    "python-dateutil": "an upper bound: pandas, DVC and MLflow ask for none",
}
# Imported, and installed only where a GPU's packages are: no metadata to ask.
ELSEWHERE = {
    "accelerate": "accelerate",
    "bitsandbytes": "bitsandbytes",
    "lmdb": "lmdb",
    "peft": "peft",
    "pynvml": "nvidia-ml-py",
    "safetensors": "safetensors",
    "sentence_transformers": "sentence-transformers",
    "torch": "torch",
    "torchvision": "torchvision",
    "transformers": "transformers",
    "vllm": "vllm",
}
BY_TRANSFORMERS = {"tokenizers"}  # `testing` makes tiny models with it, and it comes with transformers
# What pyproject.toml leaves out of the requirements of others: nothing of it is imported on our ways.
LEFT_OUT = {
    "mlflow": {"docker", "matplotlib", "scikit-learn", "scipy", "skops"},
    "kedro-viz": {"ipython", "plotly"},
}


@cache
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(one).name) for one in requirements}


def extra(*which: str) -> set[str]:
    return set().union(*(names(project()["project"]["optional-dependencies"][one]) for one in which))


def group(which: str) -> set[str]:
    lines = project()["dependency-groups"][which]
    included = (group(one["include-group"]) for one in lines if isinstance(one, dict))
    return names([one for one in lines if isinstance(one, str)]).union(*included)


def core() -> set[str]:
    return names(project()["project"]["dependencies"])


def is_bench(path: Path) -> bool:
    return any(path.relative_to(SRC).is_relative_to(folder) for folder in BENCH)


def imported(paths: Iterator[Path]) -> dict[str, str]:
    """Third-party modules by top-level name, each with one file that imports it."""
    found: dict[str, str] = {}
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                modules = [node.module]
            found.update({module.partition(".")[0]: str(path.relative_to(ROOT)) for module in modules})
    ours = {"ocr_project", "tests", "benchmarks", "scripts"}
    return {name: path for name, path in found.items() if name not in sys.stdlib_module_names | ours}


@cache
def installed() -> Mapping[str, list[str]]:
    return packages_distributions()  # it reads what every installed package has written of itself


def distributions(module: str) -> set[str]:
    known = {canonicalize_name(name) for name in installed().get(module, ())}
    return known or {ELSEWHERE.get(module, module)}


def undeclared(modules: Mapping[str, str], declared: set[str]) -> dict[str, str]:
    return {module: path for module, path in modules.items() if not distributions(module) & declared}


def test_what_the_main_job_imports_is_declared_in_the_core() -> None:
    modules = imported(path for path in SRC.rglob("*.py") if not is_bench(path))
    assert len(modules) > 15
    extras = extra("docling", "e5", "gpu", "hwp", "quantized", "text", "rapid", "ray", "serve", "slurm", "train")
    assert undeclared(modules, core() | extras | BY_TRANSFORMERS) == {}


def test_nothing_is_in_the_core_that_the_main_job_does_not_use() -> None:
    modules = imported(path for path in SRC.rglob("*.py") if not is_bench(path))
    used = set().union(*(distributions(module) for module in modules))
    assert core() - used == set(NOT_IMPORTED)


def test_what_the_laboratory_imports_is_declared_in_bench() -> None:
    modules = imported(path for path in SRC.rglob("*.py") if is_bench(path))
    assert undeclared(modules, core() | extra("bench", "gepa")) == {}
    used = set().union(*(distributions(module) for module in modules))
    assert extra("bench") - used == set()


def test_what_tests_and_benchmarks_import_is_declared() -> None:
    modules = imported(path for folder in ("tests", "benchmarks") for path in (ROOT / folder).rglob("*.py"))
    declared = core() | extra("bench", "gpu", "text", "rapid", "e5", "train", "hwp", "serve") | group("test")
    assert undeclared(modules, declared | BY_TRANSFORMERS) == {}


@pytest.mark.parametrize("package", LEFT_OUT)
def test_what_is_left_out_of_the_requirements_of_others_is_known(package: str) -> None:
    ours = next(one for one in project()["tool"]["uv"]["dependency-metadata"] if one["name"] == package)
    theirs = [Requirement(one) for one in requires(package) or () if "extra ==" not in one]
    kept = {str(one) for one in theirs if canonicalize_name(one.name) not in LEFT_OUT[package]}
    assert {str(Requirement(one)) for one in ours["requires-dist"]} == kept
    assert LEFT_OUT[package] <= {canonicalize_name(one.name) for one in theirs}


def test_pipelines_are_registered_without_the_bench_extra() -> None:
    """`make run` installs the core alone, and Kedro registers all pipelines before it runs one."""
    ours = core()
    absent = sorted(
        module
        for path in SRC.rglob("*.py")
        if is_bench(path)
        for module in imported(iter([path]))
        if not distributions(module) & (ours | {"lxml"})  # pikepdf brings lxml
    )
    assert "scipy" in absent
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({absent!r}))\n"
        "from ocr_project.pipeline_registry import register_pipelines; print(len(register_pipelines()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_modules_read_beside_them_is_in_the_wheel() -> None:
    shipped = project()["tool"]["setuptools"]["package-data"]
    folders = {path.parent for name in ("*.j2", "*.css", "*.js", "*.json") for path in SRC.rglob(name)}
    packages = {".".join(("ocr_project", *folder.parent.relative_to(SRC).parts)) for folder in folders}
    assert len(packages) > 3
    assert packages <= set(shipped)

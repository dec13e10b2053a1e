"""The copy of the project in which the whole command is measured: what its profile names, and what is compiled."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
from pathlib import Path

import pytest
from benchmarks.known_regions import PAGES
from benchmarks.measured_project import (
    command_environment,
    compiled_kind,
    measured_project,
    move_compiled_away,
    recognition_options,
)

from ocr_project.engine.models.served.compiled import CompileMark, compile_cache
from ocr_project.engine.models.served.scale import scaled

VARIABLES = (
    *("XDG_CACHE_HOME", "HF_HOME", "CUDA_CACHE_PATH", "MLFLOW_TRACKING_URI"),
    *("VLLM_CACHE_ROOT", "TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR"),
)


@pytest.fixture
def chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> argparse.Namespace:
    for name in VARIABLES:  # as they were, afterwards
        monkeypatch.setenv(name, str(tmp_path / "of the user"))
    given = {"folder": tmp_path / "work", "env": "h200", "layout": None, "model": tmp_path / "model", "urls": []}
    given |= {"forced": tmp_path / "tools", "fake": 0, "pages": tmp_path / "drawn"}
    given |= {"params": "recognition.vllm.requests=1536", "settings": {"runtime": {"overlap": False}}}
    made = argparse.Namespace(**given)
    measured_project(made)
    return made


def test_the_profile_of_the_copy_names_the_model_and_asks_as_all_contenders_do(chosen: argparse.Namespace) -> None:
    options = recognition_options(chosen).vllm
    assert options.model == str(chosen.model)
    assert options.server_args == (
        *("--kv-cache-memory-bytes=14G", "--load-format", "dummy"),
        *("--logits-processors", "forced_length:ForcedLength"),
    )
    assert (options.loops, options.whole_page, options.requests) == (False, False, 1536)
    assert (options.prefill_batch, options.replicas) == (64, "auto"), "what is not named stays the profile's"
    assert "overlap: false" in (chosen.folder / "project/conf/h200/parameters.yml").read_text()


def test_the_commands_path_has_the_copy_first_and_the_hook(chosen: argparse.Namespace) -> None:
    environment = command_environment(chosen)
    path = environment["PYTHONPATH"].split(os.pathsep)
    assert path[0] == str(chosen.folder / "project" / "src")
    assert str(chosen.forced) in path
    found = [
        (point.group, point.value)
        for one in importlib.metadata.distributions(path=path[1:3])
        for point in one.entry_points
    ]
    assert ("kedro.hooks", "benchmarks.known_regions:HOOKS") in found
    assert {group for group, _ in found} == {"kedro.hooks", "vllm.general_plugins"}
    assert environment[PAGES] == str(chosen.pages)
    assert "VLLM_CACHE_ROOT" not in environment, "else what is compiled would be the user's"


def test_what_is_compiled_is_known_by_its_kind_and_is_moved_away(chosen: argparse.Namespace) -> None:
    options = recognition_options(chosen).vllm
    assert compile_cache().is_relative_to(chosen.folder)
    assert (compiled_kind(chosen, 64), compiled_kind(chosen, 2048)) == ("blocks", "blocks")
    CompileMark(scaled(options, 64, compiled=lambda kind: True)).write()
    (compile_cache() / "bytecode").mkdir()
    assert (compiled_kind(chosen, 64), compiled_kind(chosen, 2048)) == (None, None)
    move_compiled_away()
    assert compiled_kind(chosen, 64) == "blocks"
    assert (compile_cache() / "bytecode").is_dir()
    chosen.params = "recognition.vllm.urls=http://a"
    assert compiled_kind(chosen, 64) is None

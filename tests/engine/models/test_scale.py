"""`auto`: how many servers a run is worth, by its pages; and what was compiled is known again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ocr_project.domain.options import VisionCompile, VllmOptions
from ocr_project.engine.models.served.compiled import CompileMark, cache_environment, settled
from ocr_project.engine.models.served.scale import EAGER, MEASURED, choose_scale, scaled
from ocr_project.engine.models.served.server import serve_arguments

AUTO = VllmOptions(replicas="auto", compile_vision=VisionCompile.AUTO)


@pytest.mark.parametrize(
    ("pages", "warm", "servers", "eager"),
    [
        (10, False, 1, True),
        (64, False, 1, True),
        (300, False, 1, False),
        (1_000, False, 4, False),
        (40_000, False, 4, False),
        (10, True, 1, False),
        (64, True, 1, False),
        (256, True, 4, False),
        (40_000, True, 4, False),
    ],
)
def test_many_pages_are_worth_more_servers_and_compiling(pages: int, warm: bool, servers: int, eager: bool) -> None:
    chosen = scaled(AUTO, pages, compiled=lambda kind: warm)
    assert chosen.replicas == servers
    assert chosen.compile_vision is (VisionCompile.EAGER if eager else VisionCompile.BLOCKS)
    assert (EAGER in serve_arguments(chosen, 8000)) == eager


def test_no_choice_is_later_than_another_by_more_than_a_few_seconds() -> None:
    for pages in (1, 50, 100, 400, 2_000, 10_000, 100_000):
        for warm in (False, True):
            chosen = choose_scale(pages, warm=lambda row, warm=warm: warm).seconds(pages, 1, warm=warm)
            assert all(chosen <= row.seconds(pages, 1, warm=warm) + 5 for row in MEASURED)


def test_what_the_options_name_is_not_chosen() -> None:
    cold = {"compiled": lambda kind: False}
    assert scaled(VllmOptions(replicas=2, compile_vision=VisionCompile.BLOCKS), 10, **cold).replicas == 2
    one = scaled(AUTO.model_copy(update={"replicas": 1}), 40_000, **cold)
    assert (one.replicas, one.compile_vision) == (1, VisionCompile.BLOCKS)
    for mode in (VisionCompile.EAGER, VisionCompile.LENGTH):
        named = scaled(AUTO.model_copy(update={"compile_vision": mode}), 1, **cold)
        assert EAGER not in named.server_args
        assert named.compile_vision is mode
        assert scaled(AUTO.model_copy(update={"compile_vision": mode}), 40_000, **cold).replicas == 4
        # a server alone is slower with such a tower, so that four are worth it sooner
        assert scaled(AUTO.model_copy(update={"compile_vision": mode}), 200, **cold).replicas == 4
    assert scaled(AUTO.model_copy(update={"compile_vision": VisionCompile.BLOCKS}), 200, **cold).replicas == 1
    own = scaled(AUTO.model_copy(update={"server_args": (EAGER,)}), 10, **cold)
    assert own.server_args == (EAGER,)
    unknown = scaled(AUTO, None, **cold)
    assert (unknown.replicas, unknown.compile_vision) == (4, VisionCompile.BLOCKS)


def test_a_start_that_compiled_is_known_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("TRITON_CACHE_DIR", raising=False)
    assert Path(cache_environment()["TRITON_CACHE_DIR"]).is_relative_to(tmp_path)
    cold, mark = settled(AUTO, (), 64)
    assert cold.replicas == 1
    assert not mark.exists()
    CompileMark(scaled(AUTO, 40_000, compiled=lambda kind: True)).write()
    warm, mark = settled(AUTO, (), 256)
    assert (warm.replicas, warm.compile_vision) == (4, VisionCompile.BLOCKS), "what many pages compile serves few"
    assert mark.exists()
    other = CompileMark(warm.model_copy(update={"quantization": "fp8"}))
    assert not other.exists(), "what is compiled depends on it"


def test_servers_keep_their_bytecode_where_it_would_be_compiled_at_each_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "vllm"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("sys.pycache_prefix", None)
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    assert "PYTHONPYCACHEPREFIX" not in cache_environment(), "Python writes it beside the package"
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    told = cache_environment()
    assert Path(told["PYTHONPYCACHEPREFIX"]).is_relative_to(tmp_path / "ocr_project" / "compiled")
    environment = {**os.environ, **told, "PYTHONPATH": str(tmp_path)}
    subprocess.run([sys.executable, "-c", "import vllm"], check=True, env=environment)
    assert list(Path(told["PYTHONPYCACHEPREFIX"]).rglob("vllm/__init__.*.pyc"))
    (package / "__pycache__").mkdir()
    assert "PYTHONPYCACHEPREFIX" not in cache_environment(), "it is there already"

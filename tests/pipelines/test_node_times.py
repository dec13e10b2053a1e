"""What Kedro says of a node that makes shards is true: when it began, when it ended, and that it failed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import pluggy
import pytest
from kedro.framework.hooks import hook_impl
from kedro.framework.hooks.manager import _create_hook_manager
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import AbstractRunner, SequentialRunner, ThreadRunner

from ocr_project.datasets import LineageFolder, ShardedParquet
from ocr_project.domain.options import LayoutOptions, RuntimeOptions
from ocr_project.domain.types import Made, Region, ShardInfo
from ocr_project.pipelines.layout.pipeline import create_pipeline
from ocr_project.testing.fakes import MemoryShards, page

SHARDS, PAUSE = 3, 0.1


class Slow(MemoryShards):
    """A corpus whose shards take a while, and the last of which may be broken."""

    broken = False

    def read(self, name: str, *, without: Sequence[str] = ()) -> Iterator[Any]:
        time.sleep(PAUSE)
        if self.broken and name == list(self.shards)[-1]:
            raise OSError("a broken disk")
        yield from super().read(name, without=without)


class Times:
    """What the hooks are told."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.kept_then = 0
        self.errors: list[Exception] = []
        self.saved: list[Any] = []

    @hook_impl
    def before_node_run(self) -> None:
        self.seconds -= time.perf_counter()

    @hook_impl
    def after_node_run(self, catalog: Any) -> None:
        self.seconds += time.perf_counter()
        self.kept_then = len(catalog.load("regions").index())

    @hook_impl
    def on_node_error(self, error: Exception) -> None:
        self.errors.append(error)

    @hook_impl
    def after_dataset_saved(self, data: Any) -> None:
        self.saved.append(data)


def run(folder: Path, broken: bool = False, runner: type[AbstractRunner] = SequentialRunner) -> Times:
    infos = [ShardInfo(f"s{number}", f"k{number}", f"{number}", 1) for number in range(SHARDS)]
    pages = Slow({info.name: (info, [page(number + 1)]) for number, info in enumerate(infos)})
    pages.broken = broken
    catalog = DataCatalog(
        {
            "pages": MemoryDataset(pages, copy_mode="assign"),
            "params:layout": MemoryDataset(LayoutOptions(backend="whole_page")),
            "params:runtime": MemoryDataset(RuntimeOptions(progress=False, workers=1)),
            **{f"regions{end}": ShardedParquet(filepath=str(folder), row="Region") for end in ("", "_done")},
        }
    )
    times = Times()
    manager: pluggy.PluginManager = _create_hook_manager()
    manager.register(times)
    with suppress(OSError) if broken else nullcontext():
        runner().run(create_pipeline().to_outputs("regions"), catalog, manager)
    return times


@pytest.mark.parametrize("runner", [SequentialRunner, ThreadRunner])
def test_the_time_of_a_node_is_that_of_its_work(tmp_path: Path, runner: type[AbstractRunner]) -> None:
    times = run(tmp_path, runner=runner)
    assert times.seconds >= SHARDS * PAUSE
    assert times.kept_then == SHARDS, "what a node made rests when it has run"
    (made,) = times.saved
    assert [info.name for info in made.shards] == ["s0", "s1", "s2"]
    assert sum(info.wall_seconds for info in made.shards) <= times.seconds
    assert not times.errors


def test_an_error_inside_a_stage_is_one_of_its_node(tmp_path: Path) -> None:
    times = run(tmp_path, broken=True)
    assert [str(error) for error in times.errors] == ["a broken disk"]
    assert not times.saved
    kept = LineageFolder(tmp_path, Region).index()
    assert "s0" in kept, "what was whole before stays"
    assert "s2" not in kept


def test_a_second_run_makes_nothing_and_says_so(tmp_path: Path) -> None:
    run(tmp_path)
    assert run(tmp_path).saved == [Made(str(tmp_path))]

"""What takes minutes of CPU waits for the night; what a test says to later processes does not outlive it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ocr_project.engine.running.events import EVENTS
from ocr_project.storage.claims import join
from tests.effort import AT_NIGHT


@pytest.fixture(scope="session", autouse=True)
def cache_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep what the project caches out of the person's own cache; fonts and packages of others are found there."""
    own = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    home = tmp_path_factory.mktemp("cache")
    for folder in own.iterdir() if own.is_dir() else ():
        if folder.name != "ocr_project":
            (home / folder.name).symlink_to(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(home))
        yield home


@pytest.fixture(autouse=True)
def _path_of_later_processes_stays() -> Iterator[None]:
    """Kedro puts each project that is opened before all others: the next test's program would be that project's."""
    before = os.environ.get("PYTHONPATH")
    yield
    if before is None:
        os.environ.pop("PYTHONPATH", None)
    else:
        os.environ["PYTHONPATH"] = before


@pytest.fixture(autouse=True)
def _what_a_process_remembers_is_forgotten() -> Iterator[None]:
    """Events of a test would stand in the timeline of the next one; its launch would be the next one's."""
    yield
    EVENTS.take()
    join.cache_clear()


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_xdist_auto_num_workers() -> int:
    """Run three tests beside each other on two cores, which wait a sixth of the time for processes to start or end."""
    cores = len(os.sched_getaffinity(0))
    return cores + min(cores // 2, 2)


_LONG = ("integration", "training", "pipelines", "bench", "property")


def _place(item: pytest.Item) -> int:
    """Return when a test is begun: minutes of one process first, so that many short ones fill up the end of all."""
    folder, *below = item.path.relative_to(Path(__file__).parent).parts
    return _LONG.index(folder) if folder in _LONG else len(_LONG) if not below else len(_LONG) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_place)
    if AT_NIGHT:
        return
    skip = pytest.mark.skip(reason="minutes of CPU: set OCR_PROJECT_SLOW=1, or `make nightly`")
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(skip)

"""What takes minutes of CPU waits for the night; what a test says to later processes does not outlive it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _path_of_later_processes_stays() -> Iterator[None]:
    """Kedro puts each project that is opened before all others: the next test's program would be that project's."""
    before = os.environ.get("PYTHONPATH")
    yield
    if before is None:
        os.environ.pop("PYTHONPATH", None)
    else:
        os.environ["PYTHONPATH"] = before


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("OCR_PROJECT_SLOW"):
        return
    skip = pytest.mark.skip(reason="minutes of CPU: set OCR_PROJECT_SLOW=1, or `make nightly`")
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(skip)

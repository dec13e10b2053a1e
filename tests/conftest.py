"""What takes minutes of CPU waits for the night."""

from __future__ import annotations

import os

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("OCR_PROJECT_SLOW"):
        return
    skip = pytest.mark.skip(reason="minutes of CPU: set OCR_PROJECT_SLOW=1, or `make nightly`")
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(skip)

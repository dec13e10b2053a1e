"""Kedro's settings: hooks and how environments are merged."""

from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from kedro.config import OmegaConfigLoader


class HooksOfRuns:
    """The hooks, imported when a session registers them: `kedro run --help` reads this file, and runs nothing."""

    def __iter__(self) -> Iterator[Any]:
        from ocr_project.hooks import HOOKS

        return iter(HOOKS)


HOOKS = HooksOfRuns()


def metrics_folder(data: str) -> str:
    """Return where metrics are kept: those of the project's own data folder beside it, for git and DVC."""
    return "metrics" if PurePath(str(data)) == PurePath("data") else f"{data}/metrics"


CONFIG_LOADER_CLASS = OmegaConfigLoader
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    # without it an environment replaces a whole block of base instead of what it names
    "merge_strategy": {"parameters": "soft"},
    "custom_resolvers": {"metrics_folder": metrics_folder},
}

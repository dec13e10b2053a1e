"""Kedro's settings: hooks and how environments are merged."""

from pathlib import PurePath

from kedro.config import OmegaConfigLoader

from ocr_project.hooks import (
    EventHooks,
    LockHooks,
    MemoryHooks,
    MlflowHooks,
    OptionHooks,
    PreflightHooks,
    ServerHooks,
    SummaryHooks,
    TimelineHooks,
    WorkerHooks,
)

# The order in which they work stands in each of them; the lock is a wrapper around all others, wherever it stands.
HOOKS = (
    OptionHooks(),
    PreflightHooks(),
    LockHooks(),
    WorkerHooks(),
    MlflowHooks(),
    MemoryHooks(),
    TimelineHooks(),  # at the end before MLflow's, which keeps what it wrote: the last comes first
    EventHooks(),
    ServerHooks(),  # after the events: at the end the last comes first, and its servers' end is an event
    SummaryHooks(),
)


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

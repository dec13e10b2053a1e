"""Kedro's settings: hooks and how environments are merged."""

from kedro.config import OmegaConfigLoader

from ocr_project.hooks import MemoryHooks, MlflowHooks, OptionHooks, PreflightHooks, SummaryHooks

# Pluggy calls last what was registered first: the preflight comes before MLflow opens a run, and the
# summary, which may end the process with its own exit status, after it has closed it.
HOOKS = (SummaryHooks(), MlflowHooks(), MemoryHooks(), PreflightHooks(), OptionHooks())

CONFIG_LOADER_CLASS = OmegaConfigLoader
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    # without it an environment replaces a whole block of base instead of what it names
    "merge_strategy": {"parameters": "soft"},
}

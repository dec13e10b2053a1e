"""What the Kedro shell adds to a run.

naming    what options name; names that do not exist are refused
guards    checks before the first page, the lock of the data folder, workers of a launch, memory between nodes
evidence  one run of MLflow each
summary   the table at the end, and the exit status of a gate
places    which results the last two name
"""

from ocr_project.hooks.evidence import MlflowHooks
from ocr_project.hooks.guards import LockHooks, MemoryHooks, PreflightHooks, WorkerHooks
from ocr_project.hooks.naming import OptionHooks
from ocr_project.hooks.places import ARTIFACTS, PLACES
from ocr_project.hooks.summary import SummaryHooks

# The order in which they work stands in each of them; the lock is a wrapper around all others, wherever it stands.
HOOKS = (
    OptionHooks(),
    PreflightHooks(),
    LockHooks(),
    WorkerHooks(),
    MlflowHooks(),
    MemoryHooks(),
    SummaryHooks(),
)

__all__ = [
    "ARTIFACTS",
    "HOOKS",
    "PLACES",
    "LockHooks",
    "MemoryHooks",
    "MlflowHooks",
    "OptionHooks",
    "PreflightHooks",
    "SummaryHooks",
    "WorkerHooks",
]

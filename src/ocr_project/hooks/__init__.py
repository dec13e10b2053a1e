"""What the Kedro shell adds to a run.

naming    what options name; names that do not exist are refused
guards    checks before the first page, the lock of the data folder, workers of a launch, memory between nodes
servers   started beside the stages before theirs, and none left
events    what happened when
evidence  one run of MLflow each
timeline  when stages and cards were busy, starting or waiting
summary   the table at the end, and the exit status of a gate
places    which results the last two name
"""

from ocr_project.hooks.events import EventHooks
from ocr_project.hooks.evidence import MlflowHooks
from ocr_project.hooks.guards import LockHooks, MemoryHooks, PreflightHooks, WorkerHooks
from ocr_project.hooks.naming import OptionHooks
from ocr_project.hooks.places import ARTIFACTS, PLACES
from ocr_project.hooks.servers import ServerHooks
from ocr_project.hooks.summary import SummaryHooks
from ocr_project.hooks.timeline import TimelineHooks

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

__all__ = [
    "ARTIFACTS",
    "HOOKS",
    "PLACES",
    "EventHooks",
    "LockHooks",
    "MemoryHooks",
    "MlflowHooks",
    "OptionHooks",
    "PreflightHooks",
    "ServerHooks",
    "SummaryHooks",
    "TimelineHooks",
    "WorkerHooks",
]

"""Workers as jobs of Slurm: an array of them, and a closing job when all of them are at their end.

A node that dies: Slurm queues its job anew (`--requeue`), and meanwhile others take its shards. A job at its time
limit, or one that gives way to another, is queued anew by submitit. Both go on where they were: shards are the state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ocr_project.cli.launch.work import Launch, write
from ocr_project.domain.errors import BackendError

_AFTER = "afterany"  # the closing job makes what failed workers left undone, or says what is wrong


def submit(launch: Launch, project: Path, settings: Mapping[str, Any]) -> Launch:
    """Submit the array and the closing job.

    Args:
        launch: What is run.
        project: Its folder, which all nodes see under this path.
        settings: Of submitit's executor, such as `slurm_partition`; for workers.

    Returns:
        The launch with the number of the array.

    Raises:
        BackendError: submitit is not installed, there is no Slurm here, or Slurm refuses the jobs.
    """
    try:
        import submitit
    except ModuleNotFoundError:
        raise BackendError("kedro launch slurm needs submitit: bash scripts/setup.sh .venv --extra slurm") from None
    from submitit.core.utils import FailedJobError

    from ocr_project.cli.launch.slurm_job import Command

    workers = _executor(submitit, launch, {**settings, "slurm_array_parallelism": launch.workers})
    try:
        with workers.batch():
            jobs = [workers.submit(Command(launch.worker_command(), cwd=project)) for _ in range(launch.workers)]
        array = jobs[0].job_id.partition("_")[0]
        closing = _executor(submitit, launch, {**settings, "slurm_dependency": f"{_AFTER}:{array}"})
        closing.submit(Command(launch.close_command(), cwd=project))
    except FailedJobError as error:
        raise BackendError(f"Slurm refused the jobs: {error}") from error
    submitted = replace(launch, job=array)
    write(submitted)
    return submitted


def _executor(submitit: Any, launch: Launch, settings: Mapping[str, Any]) -> Any:
    try:
        executor = submitit.AutoExecutor(folder=launch.logs / "%j", cluster="slurm")
    except RuntimeError as error:
        raise BackendError(
            f"there is no Slurm on this machine ({error}): `kedro launch local` uses its own GPUs"
        ) from None
    name = f"ocr-{launch.pipelines}"[:40]
    executor.update_parameters(name=name, nodes=1, tasks_per_node=1, **settings)
    return executor

"""Workers as tasks of Ray: on a cluster that is there, or on this machine alone.

A node that is removed: Ray runs its task again where there is room, and meanwhile others take its shards. The task is
no more than the command of a worker; what it has made is in the shared folder, and Ray is told nothing of it.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from ocr_project.cli.launch.local import log_name
from ocr_project.cli.launch.status import lines
from ocr_project.cli.launch.work import Launch
from ocr_project.domain.errors import BackendError
from ocr_project.engine.models.served import launcher
from ocr_project.storage.claims import JOB

_EVERY_SECONDS = 10.0
_FOR_EVER = -1  # retries: a shard that ends every worker is given up by the claims, not by Ray
_LOST = -9  # status of a task whose end Ray does not know


@dataclass(frozen=True, slots=True)
class Needs:
    """What a worker takes of a node: its cores and GPUs, as Ray counts them."""

    cpus: float = 1.0
    gpus: float = 0.0


def run_workers(launch: Launch, needs: Needs, address: str | None) -> list[int]:
    """Run all workers of a launch as tasks, and wait for them; each writes a log of its own.

    Args:
        launch: What is run.
        needs: Of each worker.
        address: Of a cluster, `HOST:PORT` or `auto`; None: RAY_ADDRESS, otherwise this machine alone.

    Returns:
        Their exit statuses. A worker that ended early leaves its shards to the others.

    Raises:
        BackendError: Ray is not installed, or there is no cluster at the address.
    """
    settings = () if "runtime.workers=" in launch.params else (f"runtime.workers={max(1, int(needs.cpus))}",)
    with connected(address) as ray:
        commands = [launch.worker_command(*settings)] * launch.workers
        tasks = submit(ray, commands, Path(launch.project), launch.logs, needs)
        said = time.monotonic()
        left = tasks
        while left:
            _, left = ray.wait(left, num_returns=len(left), timeout=1.0)
            if time.monotonic() - said > _EVERY_SECONDS:
                said = time.monotonic()
                for line in lines(launch):
                    click.echo(line)
        return [_status(ray, task) for task in tasks]


@contextmanager
def connected(address: str | None) -> Iterator[Any]:
    """Connect to a cluster for a while; yield Ray.

    Raises:
        BackendError: Ray is not installed, or there is no cluster at the address.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it reports to its makers otherwise
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # a task without GPUs keeps what it sees
    try:
        import ray
    except ModuleNotFoundError:
        raise BackendError("kedro launch ray needs Ray: bash scripts/setup.sh .venv --extra ray") from None
    try:
        ray.init(address=address, log_to_driver=False, configure_logging=False, namespace="ocr-project")
    except ConnectionError as error:
        raise BackendError(
            f"there is no Ray cluster at {address or os.environ.get('RAY_ADDRESS')}: {error}"
        ) from error
    try:
        yield ray
    finally:
        ray.shutdown()


def submit(ray: Any, commands: Sequence[Sequence[str]], project: Path, logs: Path, needs: Needs) -> list[Any]:
    """Submit a task for each command.

    Args:
        ray: Connected.
        commands: Each with its arguments.
        project: Where they begin; the same path on all nodes.
        logs: Folder of their logs, on all nodes.
        needs: Of each.

    Returns:
        The tasks; the value of each will be its command's exit status.
    """

    # made here, so that it travels as it is and no node has to find this module
    def work(command: list[str], folder: str, log: str, variables: dict[str, str]) -> int:
        import os
        import subprocess
        from pathlib import Path

        with Path(log).open("ab") as output:  # a task that is run again goes on in its log
            process = subprocess.Popen(
                command,
                cwd=folder,
                stdin=subprocess.PIPE,  # its end, with that of this process, ends the command
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **variables},
            )
            return process.wait()

    task = ray.remote(work).options(num_cpus=needs.cpus, num_gpus=needs.gpus, max_retries=_FOR_EVER)
    python = [sys.executable, "-I", launcher.__file__]
    found = []
    for number, command in enumerate(commands):
        name = log_name(number)
        found.append(task.remote([*python, *command], str(project), str(logs / name), {JOB: name}))
    return found


def _status(ray: Any, task: Any) -> int:
    try:
        return int(ray.get(task))
    except ray.exceptions.RayError as error:
        click.secho(f"Ray lost a worker: {error}", fg="red", err=True)
        return _LOST

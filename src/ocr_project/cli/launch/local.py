"""Workers on this machine: a process for each GPU, or for each part of the cores."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress

import click

from ocr_project.cli.launch.status import lines
from ocr_project.cli.launch.work import Launch, are_timed
from ocr_project.domain.errors import OptionError
from ocr_project.engine.running.cards import VISIBLE, cards_shown
from ocr_project.storage.atomic import storing
from ocr_project.storage.claims import JOB

_EVERY_SECONDS = 10.0
_END_SECONDS = 30.0  # after Ctrl-C


def run_workers(launch: Launch) -> list[int]:
    """Run all workers of a launch side by side, and wait for them; each writes a log of its own.

    Returns:
        Their exit statuses. A worker that ended early leaves its shards to the others.

    Raises:
        StorageError: The folder of the launch is gone, or cannot be written to; the workers are ended.
    """
    settings = () if "runtime.workers=" in launch.params else (f"runtime.workers={_share_of_cores(launch.workers)}",)
    command = launch.worker_command(*settings)
    with ExitStack() as stack:
        processes = []
        for number in range(launch.workers):
            path = launch.logs / log_name(number)
            with storing(path):
                log = stack.enter_context(path.open("wb"))
            environment = {**os.environ, JOB: log_name(number), **cards_of_worker(number, launch.workers)}
            # one process group with us: Ctrl-C reaches them as it reaches an ordinary run
            process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment)
            stack.callback(_end, process)
            processes.append(process)
        said = time.monotonic()
        while at_work := [process for process in processes if process.poll() is None]:
            with suppress(subprocess.TimeoutExpired):
                at_work[0].wait(1.0)
            if time.monotonic() - said > _EVERY_SECONDS:
                said = time.monotonic()
                for line in lines(launch):
                    click.echo(line)
    return [process.returncode for process in processes]


def log_name(number: int) -> str:
    """Return the name of a worker's log among those of its launch."""
    return f"worker-{number}.log"


def check_workers(launch: Launch, gpus: int) -> None:
    """Look whether there are GPUs enough for what is timed; where there are none, workers share the cores.

    Raises:
        OptionError: Two workers would have one GPU, and each would time the other.
    """
    if launch.workers > gpus > 0 and are_timed(launch.pipelines):
        raise OptionError(
            f"{launch.workers} workers on {gpus} GPUs: {launch.pipelines} times its runs, one at a time on a GPU;"
            f" take --workers {gpus}, or none"
        )


def _share_of_cores(workers: int) -> int:
    return max(1, len(os.sched_getaffinity(0)) // workers)


def cards_of_worker(number: int, workers: int) -> Mapping[str, str]:
    """Return the environment of a worker: it sees its own GPUs, where there are any.

    Args:
        number: Of the worker, from 0.
        workers: That share the GPUs which this process sees.
    """
    gpus = cards_shown()
    own = gpus[number::workers] or gpus[number % len(gpus) :][:1] if gpus else []
    return {VISIBLE: ",".join(own)} if own else {}


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

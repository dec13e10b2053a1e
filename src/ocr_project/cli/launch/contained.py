"""A run of a launch in a container: started on the machine that it is for, and gone when it is over.

`kedro launch contained FOLDER ARGUMENTS…` stands where the run itself would be `python ARGUMENTS…`: which GPUs it has
is known there, and not where the launch was typed.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Final
from uuid import uuid4

from ocr_project.cli.launch.work import Launch
from ocr_project.domain.errors import OptionError
from ocr_project.domain.options.container import ContainerEngine
from ocr_project.domain.options.launch import LaunchOptions
from ocr_project.engine.models.served import launcher
from ocr_project.engine.running.containers import (
    WITH_DAEMON,
    Commands,
    Contained,
    Engine,
    Mount,
    container_commands,
    find_engine,
    gpus_for,
    mount,
    own_name,
    read_mounts,
    user_in_container,
)
from ocr_project.storage.claims import JOB, job_of

_PASSED: Final = (
    JOB,
    "OMP_THREAD_LIMIT",
    "HF_HUB_OFFLINE",
    "SLURM_ARRAY_JOB_ID",
    "SLURM_ARRAY_TASK_ID",
    "DO_NOT_TRACK",
)


def commands_of(
    launch: Launch, arguments: Sequence[str], gpus: Sequence[str] | None, environ: Mapping[str, str]
) -> Commands:
    """Return how a run of a launch is started in a container, and how it is ended.

    Args:
        launch: With the options of its containers.
        arguments: Of Python.
        gpus: Which the run has, as the engine counts them; None: those of this process.
        environ: Of this process.

    Raises:
        BackendError: What starts containers is not installed here.
        OptionError: Something that is to be mounted is not there, or the run would be root's.
    """
    options = LaunchOptions.model_validate(launch.options)
    assert options.container is not None
    engine = find_engine(options.container, options.program, f"{options.option}.container")
    mounts = (*_mounts(launch, options), *read_mounts(options))
    if engine[0] is ContainerEngine.CHARLIECLOUD:
        _make_mount_points(Path(options.image), mounts)
    cache = {} if options.cache is None else {"XDG_CACHE_HOME": str(options.cache.expanduser().absolute())}
    user = _user(launch, options, engine)
    passed = {name: environ[name] for name in _PASSED if name in environ}
    if not os.getuid() and engine[0] in WITH_DAEMON:
        for folder in (Path(launch.folder), launch.logs, launch.logs / job_of(environ)):
            if folder.is_dir():  # root made it, and workers meet there
                os.chown(folder, *map(int, user.split(":")))
    what = Contained(
        options.image,
        (str(options.python), *arguments),
        user,
        gpus=tuple(gpus_for(engine[0]) if gpus is None else gpus),
        mounts=mounts,
        environment={**passed, **cache, **options.environment},
        network=("--network", "host"),  # workers are named by their host, and ask servers that run there
        arguments=options.arguments,
        folder=launch.project,
        whole=True,
    )
    return container_commands(engine, own_name(uuid4().hex[:8]), what)


def _mounts(launch: Launch, options: LaunchOptions) -> tuple[Mount, ...]:
    """Return what a run reads and writes, each at its own path: the outer folders first."""
    wanted = {launch.project: "rw", launch.data: "rw"}
    if launch.source:
        wanted.setdefault(launch.source, "ro")
    if options.cache is not None:
        wanted[str(options.cache.expanduser().absolute())] = "rw"
    found: list[Mount] = []
    for path, how in sorted(wanted.items()):
        within = [one for one in found if Path(path).is_relative_to(one.target)]
        if not any(one.how in ("rw", how) for one in within):
            found.append(mount(Path(path), path, how, options.option))
    return tuple(found)


def _user(launch: Launch, options: LaunchOptions, engine: Engine) -> str:
    """Return as whom a run works: as us, and never as root unless a person says so.

    Charliecloud and Apptainer run it as us, whatever it is called inside.

    Raises:
        OptionError: We are root, and only root could write into the data folder.
    """
    if options.user is not None or os.getuid() or engine[0] not in WITH_DAEMON:
        return user_in_container(options)
    owner = Path(launch.data).stat()
    if owner.st_uid == 0:
        raise OptionError(
            f"{launch.data} is root's, and a container does not run as root: launch as a user, give the project with"
            " its data to one (chown), or say in launch.user whose the run is"
        )
    return f"{owner.st_uid}:{owner.st_gid}"


def _make_mount_points(image: Path, mounts: Sequence[Mount]) -> None:
    """Make the folders in an image onto which ch-run mounts; it makes none itself.

    Raises:
        OptionError: The image is a file, or another's, and has no such folder.
    """
    if not image.is_dir():
        return  # a SquashFS file: ch-run itself says what is missing
    for one in mounts:
        place = image / one.target.lstrip("/")
        if not place.exists():
            try:
                if Path(one.source).is_dir():
                    place.mkdir(parents=True)
                else:
                    place.parent.mkdir(parents=True, exist_ok=True)
                    place.touch()
            except OSError as error:
                raise OptionError(
                    f"{image} has no {one.target} to mount onto, and it cannot be made ({error}): make it in the image"
                ) from error


def run(commands: Commands) -> int:
    """Run a container to its end; it is gone when this process is, whatever ends it.

    Returns:
        Its exit status.
    """
    stop = ["--stop", json.dumps(commands.stop)] if commands.stop else []
    process = subprocess.Popen(
        [sys.executable, "-I", launcher.__file__, *stop, *commands.start],
        stdin=subprocess.PIPE,
        env={"USER": "ocr", **os.environ},  # ch-run wants one
        start_new_session=True,
    )
    assert process.stdin is not None

    def end(number: int, frame: FrameType | None) -> None:
        with suppress(OSError):
            process.stdin.close()  # type: ignore[union-attr]

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, end)
    return process.wait()

"""The command lines of what starts containers: podman, docker, charliecloud, Apptainer.

Each is started in the foreground, without root, without capabilities, with nothing of the host but what is named.
Tried with podman 4.3 (runc), Docker's client 28.2 before podman's service, and charliecloud 0.31; of Apptainer the
command lines alone (docs/release-gate.md says what that means).
"""

from __future__ import annotations

import os
import re
import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

from ocr_project.domain.errors import BackendError, OptionError
from ocr_project.domain.options.container import ContainerEngine, EngineOptions
from ocr_project.engine.running.cards import cards_by_uuid, cards_shown

WITH_DAEMON: Final = frozenset({ContainerEngine.PODMAN, ContainerEngine.DOCKER})
_PROGRAMS: Final[Mapping[ContainerEngine, str]] = {
    ContainerEngine.PODMAN: "podman",
    ContainerEngine.DOCKER: "docker",
    ContainerEngine.CHARLIECLOUD: "ch-run",
    ContainerEngine.APPTAINER: "apptainer",
    ContainerEngine.SINGULARITY: "singularity",
}
_PATH = "/usr/local/bin:/usr/bin:/bin"
_UNPRIVILEGED = "65534:65534"  # an account that owns no file
_STOP_SECONDS = "10"
_LISTS = ("/etc/cdi", "/var/run/cdi")

Engine = tuple[ContainerEngine, tuple[str, ...]]  # with what stands before its arguments


@dataclass(frozen=True, slots=True)
class Mount:
    """A path of the host in a container, both in full."""

    source: str
    target: str
    how: str = "ro"


@dataclass(frozen=True, slots=True)
class Contained:
    """What runs in a container, and what it sees of the host.

    Attributes:
        image: A name in a registry or in this machine's store; of charliecloud a folder or a SquashFS file, of
            Apptainer a `.sif` file, a folder or a URI.
        command: What runs; empty: what the image itself starts.
        user: `UID:GID` in the container.
        gpus: Numbers or UUIDs, as the host counts them.
        mounts: What is seen of the host.
        environment: Variables; of this process's own it sees none.
        network: Arguments for podman and docker; the others have the host's network.
        arguments: More of the engine, as a person gave them.
        folder: Where the command begins; empty: where the image says.
        whole: Whether the command is all that runs, and not an argument of what the image starts (its entrypoint).
    """

    image: str
    command: tuple[str, ...]
    user: str
    gpus: tuple[str, ...] = ()
    mounts: tuple[Mount, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    network: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    folder: str = ""
    whole: bool = False

    def variables(self) -> dict[str, str]:
        """Return the variables: a user without an entry in /etc/passwd needs a home to write to, and a name."""
        return {"HOME": "/tmp", "USER": "ocr", **self.environment}  # a folder of the container


@dataclass(frozen=True, slots=True)
class Commands:
    """How one container is started and ended.

    Attributes:
        start: Runs in the foreground until the container ends.
        stop: Ends it, from any process; empty where it ends with the process that `start` is.
        left: Lists the names of all containers of this project, a line each; empty where they have none.
        remove: Ends a container whose name comes behind it.
    """

    start: tuple[str, ...]
    stop: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


def find_engine(wanted: ContainerEngine, program: tuple[str, ...], option: str) -> Engine:
    """Return what starts containers here, and what stands before its arguments.

    Args:
        wanted: One, or the first that is installed.
        program: What stands before its arguments, if a person says so.
        option: Which names the engine, for messages.

    Raises:
        BackendError: There is none, or the one that is wanted is not installed.
        OptionError: A program without its engine.
    """
    if program:
        if wanted is ContainerEngine.AUTO:
            raise OptionError(f"{option.rpartition('.')[0]}.program is set: say in {option} which engine it is")
        return wanted, program
    among = [wanted] if wanted is not ContainerEngine.AUTO else list(_PROGRAMS)
    for engine in among:
        if (found := shutil.which(_PROGRAMS[engine])) is not None:
            return engine, (found,)
    names = ", ".join(_PROGRAMS[engine] for engine in among)
    raise BackendError(f"{names}: not installed here; install it, or name another in {option}")


def container_commands(engine: Engine, name: str, what: Contained) -> Commands:
    """Return the command lines for one container.

    Args:
        engine: What starts it.
        name: Of the container, for engines that keep a list.
        what: Runs in it.
    """
    which, program = engine
    if which in WITH_DAEMON:
        return _with_names(which, program, name, what)
    if which is ContainerEngine.CHARLIECLOUD:
        return Commands((*program, *_charliecloud(what), what.image, "--", *what.command))
    verb = "exec" if what.command else "run"
    return Commands((*program, verb, *_apptainer(what), what.image, *what.command))


def _with_names(which: ContainerEngine, program: tuple[str, ...], name: str, what: Contained) -> Commands:
    """Build the command lines of podman and docker, which speak alike."""
    start = [*program, "run", "--rm", "--name", name, "--pull", "never"]
    start += ["--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--user", what.user]
    if which is ContainerEngine.PODMAN:
        start += ["--userns", "keep-id"] if os.getuid() else []
        start += [part for gpu in what.gpus for part in ("--device", f"nvidia.com/gpu={gpu}")]
    elif what.gpus:
        start += ["--gpus", f'"device={",".join(what.gpus)}"']  # the quotes are read by docker, not by a shell
    start += what.network
    start += ["--workdir", what.folder] if what.folder else []
    start += [part for one in what.mounts for part in ("--volume", f"{one.source}:{one.target}:{one.how}")]
    start += [part for key, value in what.variables().items() for part in ("--env", f"{key}={value}")]
    command = what.command
    if what.whole:
        start, command = [*start, "--entrypoint", command[0]], command[1:]
    grace = ("--time", _STOP_SECONDS) if which is ContainerEngine.PODMAN else ()
    remove = (*program, "rm", "--force", *grace)
    left = (*program, "ps", "--all", "--filter", "name=ocr-project-", "--format", "{{.Names}}")
    return Commands((*start, *what.arguments, what.image, *command), (*remove, name), left, remove)


def _charliecloud(what: Contained) -> list[str]:
    """Build the arguments of ch-run; the libraries of a GPU have to be in the image (`ch-fromhost --nvidia`)."""
    user, group = what.user.split(":")
    environment = {"PATH": _PATH, **_visible(what), **what.variables()}
    arguments = ["--unset-env=*", *(f"--set-env={key}={value}" for key, value in environment.items())]
    arguments += ["--env-no-expand", "--private-tmp", f"--uid={user}", f"--gid={group}"]
    arguments += [f"--cd={what.folder}"] if what.folder else []
    # it mounts what it mounts writable; where that is not wished for, the host's permissions have to say so
    return [*arguments, *(f"--bind={one.source}:{one.target}" for one in what.mounts), *what.arguments]


def _apptainer(what: Contained) -> list[str]:
    arguments = ["--containall", "--no-home", "--no-privs", "--writable-tmpfs"]
    arguments += ["--nv"] if what.gpus else []
    arguments += ["--pwd", what.folder] if what.folder else []
    arguments += [part for one in what.mounts for part in ("--bind", f"{one.source}:{one.target}:{one.how}")]
    environment = {**_visible(what), **what.variables()}
    return [
        *arguments,
        *(part for key, value in environment.items() for part in ("--env", f"{key}={value}")),
        *what.arguments,
    ]


def _visible(what: Contained) -> dict[str, str]:
    """Return what keeps a command to its GPUs where the engine shows it all of the host's."""
    return {"CUDA_VISIBLE_DEVICES": ",".join(what.gpus)}


def gpus_for(engine: ContainerEngine) -> list[str]:
    """Return the cards of this process, as what starts containers counts them.

    docker's daemon and podman count the machine's, and know UUIDs: podman where its list has them (`nvidia-ctk cdi
    generate`, of late). The others show a container what this process is shown.
    """
    if engine is ContainerEngine.DOCKER:
        return cards_by_uuid()
    if engine is ContainerEngine.PODMAN:
        named, listed = cards_by_uuid(), _listed()
        if all(name in listed for name in named):
            return named
    return cards_shown()


def _listed() -> str:
    """Return what podman's lists of devices say (https://github.com/cncf-tags/container-device-interface)."""
    files = [path for folder in _LISTS for path in sorted(Path(folder).glob("*")) if path.is_file()]
    return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in files)


def read_mounts(options: EngineOptions) -> tuple[Mount, ...]:
    """Return what a person wants to have mounted.

    Raises:
        OptionError: It is not there.
    """
    found = []
    for given in options.mounts:
        source, target, *how = given.split(":")
        found.append(mount(Path(source), target, how[0] if how else "ro", options.option))
    return tuple(found)


def mount(source: Path, target: str, how: str, option: str) -> Mount:
    """Name a path of the host, in full.

    Args:
        option: Whose it is, for messages.

    Raises:
        OptionError: It is not there; docker would make an empty folder of root's.
    """
    path = source.expanduser().absolute()
    if not path.exists():
        raise OptionError(f"{path} is to be mounted into the container ({option}), and is not there")
    return Mount(str(path), target, how)


def user_in_container(options: EngineOptions) -> str:
    """Return as whom a container runs, `UID:GID`: as a person says, otherwise as ourselves, and never as root."""
    if options.user is not None:
        return options.user
    return f"{os.getuid()}:{os.getgid()}" if os.getuid() else _UNPRIVILEGED


def own_name(tag: str) -> str:
    """Name a container of this process: host, process, when that began, and a tag without blanks."""
    started = round(psutil.Process().create_time())
    return f"{name_prefix()}{os.getpid()}-{started}-{tag}"


def name_prefix() -> str:
    """Return how the names of all containers of this host's processes begin."""
    return f"ocr-project-{re.sub(r'[^a-zA-Z0-9.]', '', socket.gethostname())}-"

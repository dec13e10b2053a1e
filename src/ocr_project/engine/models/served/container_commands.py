"""The command lines of what starts containers: podman, docker, charliecloud, Apptainer.

Each is started in the foreground, without root, without capabilities, with nothing of the host but what the options
name. Tried with podman 4.3 (runc), Docker's client 28.2 before podman's service, and charliecloud 0.31; of Apptainer
the command lines alone (docs/release-gate.md says what that means).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ocr_project.domain.errors import BackendError, OptionError
from ocr_project.domain.options.container import ContainerEngine, ContainerNetwork, ContainerOptions

_PROGRAMS: Final[Mapping[ContainerEngine, str]] = {
    ContainerEngine.PODMAN: "podman",
    ContainerEngine.DOCKER: "docker",
    ContainerEngine.CHARLIECLOUD: "ch-run",
    ContainerEngine.APPTAINER: "apptainer",
    ContainerEngine.SINGULARITY: "singularity",
}
_WITH_DAEMON = frozenset({ContainerEngine.PODMAN, ContainerEngine.DOCKER})
_CACHE = "/models"
_UNPRIVILEGED = "65534:65534"  # an account that owns no file
_STOP_SECONDS = "10"


@dataclass(frozen=True, slots=True)
class Commands:
    """How one container is started and ended.

    Attributes:
        start: Runs in the foreground until the server ends.
        stop: Ends it, from any process; empty where it ends with the process that `start` is.
        left: Lists the names of all containers of this project, a line each; empty where they have none.
        remove: Ends a container whose name comes behind it.
    """

    start: tuple[str, ...]
    stop: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


def find_engine(options: ContainerOptions) -> tuple[ContainerEngine, tuple[str, ...]]:
    """Return what starts containers here, and what stands before its arguments.

    Raises:
        BackendError: There is none, or the one that the options name is not installed.
    """
    wanted = [options.engine] if options.engine is not ContainerEngine.AUTO else list(_PROGRAMS)
    if options.program:
        if options.engine is ContainerEngine.AUTO:
            raise OptionError(f"{options.option}.program is set: say in {options.option}.engine which engine it is")
        return options.engine, options.program
    for engine in wanted:
        if (program := shutil.which(_PROGRAMS[engine])) is not None:
            return engine, (program,)
    names = ", ".join(_PROGRAMS[engine] for engine in wanted)
    raise BackendError(f"{names}: not installed here; install it, or name another in {options.option}.engine")


def build_commands(image: str, name: str, port: int, options: ContainerOptions) -> Commands:
    """Return the command lines for one container.

    Args:
        image: A name in a registry or in this machine's store; of charliecloud a folder or a SquashFS file, of
            Apptainer a `.sif` file, a folder or a URI.
        name: Of the container, for engines that keep a list.
        port: On which the server can be reached on this host.

    Raises:
        BackendError: No engine is installed.
        OptionError: The options want what the engine has not.
    """
    engine, program = find_engine(options)
    command = tuple(part.replace("{port}", str(inner_port(port, options))) for part in options.command)
    _check_port(engine, options)
    if engine in _WITH_DAEMON:
        return _with_names(engine, program, (image, name, port), command, options)
    if engine is ContainerEngine.CHARLIECLOUD:
        return Commands((*program, *_charliecloud(options), image, "--", *_demanded(command, options)))
    verb = "exec" if command else "run"
    return Commands((*program, verb, *_apptainer(options), image, *command))


def inner_port(port: int, options: ContainerOptions) -> int:
    """Return the port on which the server listens in the container: its own, or the one on the host."""
    return options.port or port


def shares_network(options: ContainerOptions) -> bool:
    """Say whether the server in the container has the host's network, and so the host's ports."""
    engine, _ = find_engine(options)
    return engine not in _WITH_DAEMON or options.network is ContainerNetwork.HOST


def _check_port(engine: ContainerEngine, options: ContainerOptions) -> None:
    if options.port is None and not any("{port}" in part for part in options.command):
        raise OptionError(
            f"{options.option}.port: on which port does the server of the image listen? Name it, or write `{{port}}`"
            f" into {options.option}.command"
        )


def _with_names(
    engine: ContainerEngine,
    program: tuple[str, ...],
    what: tuple[str, str, int],
    command: tuple[str, ...],
    options: ContainerOptions,
) -> Commands:
    """Build the command lines of podman and docker, which speak alike."""
    image, name, port = what
    start = [*program, "run", "--rm", "--name", name, "--pull", "never"]
    start += ["--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--user", _user(options)]
    if engine is ContainerEngine.PODMAN:
        start += ["--userns", "keep-id"] if os.getuid() else []
        start += [part for gpu in options.gpus for part in ("--device", f"nvidia.com/gpu={gpu}")]
    elif options.gpus:
        start += ["--gpus", f'"device={",".join(options.gpus)}"']  # the quotes are read by docker, not by a shell
    if options.network is ContainerNetwork.HOST:
        start += ["--network", "host"]
    else:
        start += ["--publish", f"127.0.0.1:{port}:{inner_port(port, options)}"]
    start += [part for source, to, how in _mounts(options) for part in ("--volume", f"{source}:{to}:{how}")]
    start += [part for key, value in _environment(options).items() for part in ("--env", f"{key}={value}")]
    grace = ("--time", _STOP_SECONDS) if engine is ContainerEngine.PODMAN else ()
    remove = (*program, "rm", "--force", *grace)
    left = (*program, "ps", "--all", "--filter", "name=ocr-project-", "--format", "{{.Names}}")
    return Commands((*start, *options.arguments, image, *command), (*remove, name), left, remove)


def _charliecloud(options: ContainerOptions) -> list[str]:
    """Build the arguments of ch-run; the libraries of a GPU have to be in the image (`ch-fromhost --nvidia`)."""
    user, group = _user(options).split(":")
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", **_visible(options), **_environment(options)}
    arguments = ["--unset-env=*", *(f"--set-env={key}={value}" for key, value in environment.items())]
    arguments += ["--env-no-expand", "--private-tmp", f"--uid={user}", f"--gid={group}"]
    # it mounts what it mounts writable; where that is not wished for, the host's permissions have to say so
    return [*arguments, *(f"--bind={source}:{to}" for source, to, _ in _mounts(options)), *options.arguments]


def _apptainer(options: ContainerOptions) -> list[str]:
    arguments = ["--containall", "--no-home", "--no-privs", "--writable-tmpfs"]
    arguments += ["--nv"] if options.gpus else []
    arguments += [part for source, to, how in _mounts(options) for part in ("--bind", f"{source}:{to}:{how}")]
    environment = {**_visible(options), **_environment(options)}
    return [
        *arguments,
        *(part for key, value in environment.items() for part in ("--env", f"{key}={value}")),
        *options.arguments,
    ]


def _visible(options: ContainerOptions) -> dict[str, str]:
    """Return what keeps a server to its GPUs where the engine shows it all of the host's."""
    return {"CUDA_VISIBLE_DEVICES": ",".join(options.gpus)}


def _environment(options: ContainerOptions) -> dict[str, str]:
    """Return the variables: a user without an entry in /etc/passwd needs a home to write its caches to, and a name."""
    own = {"HOME": "/tmp", "USER": "ocr"}  # a folder of the container
    own |= {"HF_HOME": _CACHE, "HF_HUB_OFFLINE": "1"} if options.cache else {}
    return {**own, **options.environment}


def _mounts(options: ContainerOptions) -> list[tuple[str, str, str]]:
    """Return what is mounted: where it lies on the host, in full, and in the container, and how.

    Raises:
        OptionError: It is not there; docker would make an empty folder of root's.
    """
    given = [mount.split(":") for mount in options.mounts]
    given += [[str(options.cache), _CACHE]] if options.cache else []
    found = []
    for source, to, *how in given:
        path = Path(source).expanduser().absolute()
        if not path.exists():
            raise OptionError(f"{path} is to be mounted into the container ({options.option}), and is not there")
        found.append((str(path), to, how[0] if how else "ro"))
    return found


def _user(options: ContainerOptions) -> str:
    if options.user is not None:
        return options.user
    return f"{os.getuid()}:{os.getgid()}" if os.getuid() else _UNPRIVILEGED


def _demanded(command: Sequence[str], options: ContainerOptions) -> Sequence[str]:
    if not command:
        raise OptionError(f"charliecloud starts nothing by itself: say in {options.option}.command what serves")
    return command

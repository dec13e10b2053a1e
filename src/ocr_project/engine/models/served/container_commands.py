"""The command lines of a container that serves a model: its port, its GPUs, its models; the rest is running's."""

from __future__ import annotations

from ocr_project.domain.errors import OptionError
from ocr_project.domain.options.container import ContainerEngine, ContainerNetwork, ContainerOptions
from ocr_project.domain.options.runtime import ALL
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
    read_mounts,
    user_in_container,
)

_CACHE = "/models"


def engine_of(options: ContainerOptions) -> Engine:
    """Return what starts the container, and what stands before its arguments.

    Raises:
        BackendError: There is none, or the one that the options name is not installed.
        OptionError: A program without its engine.
    """
    return find_engine(options.engine, options.program, f"{options.option}.engine")


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
    engine = engine_of(options)
    command = tuple(part.replace("{port}", str(inner_port(port, options))) for part in options.command)
    if options.port is None and not any("{port}" in part for part in options.command):
        raise OptionError(
            f"{options.option}.port: on which port does the server of the image listen? Name it, or write `{{port}}`"
            f" into {options.option}.command"
        )
    if engine[0] is ContainerEngine.CHARLIECLOUD and not command:
        raise OptionError(f"charliecloud starts nothing by itself: say in {options.option}.command what serves")
    shared = options.network is ContainerNetwork.HOST
    published = ("--publish", f"127.0.0.1:{port}:{inner_port(port, options)}")
    models = {"HF_HOME": _CACHE, "HF_HUB_OFFLINE": "1"} if options.cache else {}
    contained = Contained(
        image,
        command,
        user_in_container(options),
        gpus=tuple(gpus_for(engine[0])) if options.gpus == (ALL,) else options.gpus,
        mounts=_mounts(options),
        environment={**models, **options.environment},
        network=("--network", "host") if shared else published,
        arguments=options.arguments,
    )
    return container_commands(engine, name, contained)


def inner_port(port: int, options: ContainerOptions) -> int:
    """Return the port on which the server listens in the container: its own, or the one on the host."""
    return options.port or port


def shares_network(options: ContainerOptions) -> bool:
    """Say whether the server in the container has the host's network, and so the host's ports."""
    engine, _ = engine_of(options)
    return engine not in WITH_DAEMON or options.network is ContainerNetwork.HOST


def _mounts(options: ContainerOptions) -> tuple[Mount, ...]:
    models = (mount(options.cache, _CACHE, "ro", options.option),) if options.cache else ()
    return (*read_mounts(options), *models)

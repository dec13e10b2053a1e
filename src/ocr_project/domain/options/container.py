"""Options of a container that serves a model."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import ClassVar

from pydantic import Field, field_validator

from ocr_project.domain.options.base import Options
from ocr_project.domain.options.runtime import ALL


class ContainerEngine(StrEnum):
    """What starts containers here."""

    AUTO = "auto"
    PODMAN = "podman"
    DOCKER = "docker"
    CHARLIECLOUD = "charliecloud"
    APPTAINER = "apptainer"
    SINGULARITY = "singularity"


class ContainerNetwork(StrEnum):
    """How the server in a container is reached; charliecloud and Apptainer have the host's network in any case."""

    PUBLISHED = "published"
    HOST = "host"


class EngineOptions(Options):
    """What all containers are given, whatever runs in them."""

    option: ClassVar[str]  # where these options stand, for messages

    program: tuple[str, ...] = Field(
        (), description="What stands before `run`, for example `[podman, --cgroup-manager=cgroupfs]`. None: its name."
    )
    arguments: tuple[str, ...] = Field(
        (), description="More arguments of the engine, for example `--runtime=runc` or `--shm-size=8g`."
    )
    mounts: tuple[str, ...] = Field((), description="`HOST:CONTAINER`, read-only; `HOST:CONTAINER:rw` to be written.")
    environment: dict[str, str] = Field({}, description="Variables; they can be read in the list of processes.")
    user: str | None = Field(
        None,
        pattern=r"^\d+:\d+$",
        description="`UID:GID` in the container. None: your own; where that is root, 65534:65534.",
    )

    @field_validator("mounts")
    @classmethod
    def _mounts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for mount in value:
            parts = mount.split(":")
            if not (len(parts) == 2 or (len(parts) == 3 and parts[2] in ("ro", "rw"))) or not parts[1].startswith("/"):
                raise ValueError(f"{mount!r} is not HOST:/CONTAINER or HOST:/CONTAINER:rw")
        return value


class ContainerOptions(EngineOptions):
    """A container whose server speaks OpenAI's protocol: started before the first question, gone after the last."""

    option: ClassVar[str] = "fields.container"

    engine: ContainerEngine = Field(
        ContainerEngine.AUTO,
        description="What starts it. auto: the first of podman, docker, charliecloud, apptainer and singularity"
        " that is installed.",
    )
    command: tuple[str, ...] = Field(
        (), description="What runs in the container; `{port}` becomes the port. None: what the image itself starts."
    )
    port: int | None = Field(
        None, ge=1, le=65535, description="Port of the server in the container. None: a free one, told by `{port}`."
    )
    network: ContainerNetwork = Field(
        ContainerNetwork.PUBLISHED,
        description="published: podman and docker lend the server a port of 127.0.0.1. host: it has the network of"
        " the host.",
    )
    gpus: tuple[str, ...] = Field(
        (),
        description="GPUs that the container sees: numbers or UUIDs, as the host counts them, or all: those that CUDA"
        " shows to this process, which are one in a run of the matrix and in a worker of a launch. None: no GPU.",
    )
    cache: Path | None = Field(
        None, description="Folder of models, as the Hub's cache has it: read-only in the container, and HF_HOME there."
    )
    pull: bool = Field(False, description="podman, docker: get an image that is not here from its registry.")
    logs: Path = Field(Path("logs/containers"), description="Folder of the containers' logs.")
    startup_seconds: float = Field(900, gt=0, description="Seconds until the server has to name its models.")

    @field_validator("gpus", mode="before")
    @classmethod
    def _numbers_too(cls, value: object) -> object:
        given = [value] if value == ALL else value
        return tuple(str(gpu) for gpu in given) if isinstance(given, list | tuple) else given

"""Options of `kedro launch`: in what its workers run."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from pydantic import Field

from ocr_project.domain.options.container import ContainerEngine, EngineOptions


class LaunchOptions(EngineOptions):
    """In what the runs of `kedro launch` run: as processes of the host, or each in a container.

    A container sees the project's folder, the data folder and the source under the paths that they have on the host,
    so that code and configuration are the project's, and what the image adds is what they need.
    """

    option: ClassVar[str] = "launch"

    container: ContainerEngine | None = Field(
        None,
        description="What starts a container for each run of a launch; auto: the first that is installed. None: no"
        " containers.",
    )
    image: str = Field(
        "ocr-project",
        description="Of podman and docker a name; of charliecloud a folder or SquashFS file, of Apptainer a `.sif`"
        " file, a folder or a URI. Here, or on every node.",
    )
    python: Path = Field(
        Path("/opt/ocr-project/.venv/bin/python"),
        description="Python in the image; where the project's recipe has it.",
    )
    user: str | None = Field(
        None,
        pattern=r"^\d+:\d+$",
        description="`UID:GID` in the container. None: your own; where that is root, the owner of the data folder, who"
        " must not be root.",
    )
    cache: Path | None = Field(
        None,
        description="Folder for models and compiled kernels, `~/.cache` for example: writable in the container, and"
        " XDG_CACHE_HOME there. None: what the image has, and what is downloaded or compiled is gone at the end.",
    )

"""The three commands that a launch is made of, and the folder in which it is written down."""

from __future__ import annotations

import json
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from ocr_project.domain.errors import OptionError
from ocr_project.domain.options.names import SHARDS, did_you_mean, nearest
from ocr_project.storage.atomic import atomic_json, storing
from ocr_project.storage.claims import LOGS, living

FOLDER = ".launches"
_ABOUT = "launch.json"
_LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Launch:
    """What a launch does.

    Attributes:
        folder: Where its workers meet.
        pipelines: As `kedro run --pipelines` has them.
        env: Environment; empty: the one that a run takes.
        params: As `kedro run --params` has them.
        workers: Their number.
        opening: Names of the nodes that are run once, before the workers.
        job: Of Slurm's array; empty elsewhere.
        project: Folder in which it was typed; every run begins there.
        data: The data folder.
        source: What is read, where that is a path; empty where it is not.
        options: Of its containers, `LaunchOptions`; empty: runs are processes of the host.
        closed: Whether its last run has ended.
    """

    folder: str
    pipelines: str
    env: str
    params: str
    workers: int
    opening: tuple[str, ...]
    job: str = ""
    project: str = ""
    data: str = ""
    source: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    closed: bool = False

    @property
    def logs(self) -> Path:
        return Path(self.folder) / LOGS

    def command(self) -> list[str]:
        """Return what does the same as the launch, by one run."""
        return self._run(params=self.params)

    def opening_command(self) -> list[str]:
        """Return what lists the work: run once, first."""
        return self._run("--nodes", ",".join(self.opening), params=self.params)

    def worker_command(self, *settings: str) -> list[str]:
        """Return what each worker runs.

        Args:
            settings: Further parameters, `key=value`.
        """
        own = (f"runtime.launch={self.folder}", "runtime.progress=false", *settings)
        return self._run("--tags", SHARDS, params=",".join(filter(None, (self.params, *own))))

    def closing_command(self) -> list[str]:
        """Return what makes tables, files and reports of it, and what workers left undone: run once, last."""
        return self._run(params=",".join(filter(None, (self.params, f"runtime.closes={self.folder}"))))

    def close_command(self) -> list[str]:
        """Return what runs the closing command when the last worker is gone, on whatever machine."""
        return [sys.executable, "-m", "kedro", "launch", "close", self.folder]

    def wait_until_over(self) -> None:
        """Wait until no worker shows life: of one that was killed that takes as long as its lease."""
        folder = Path(self.folder)
        while living(folder, server_time(folder)):
            time.sleep(_LOOK_SECONDS)

    def _run(self, *arguments: str, params: str) -> list[str]:
        kedro = [sys.executable, "-m", "kedro"]
        if self.options:  # kedro once more, and there: who starts a container has to know the GPUs of its machine
            kedro += ["launch", "contained", self.folder, "-m", "kedro"]
        command = [*kedro, "run", "--pipelines", self.pipelines, *arguments]
        command += ["--env", self.env] if self.env else []
        return [*command, "--params", params] if params else command


@dataclass(frozen=True, slots=True)
class Place:
    """Where the runs of a launch begin, read and write.

    Attributes:
        project: The project's folder.
        data: The data folder of the corpus.
        source: What is read, where that is a path; empty where it is not.
        options: Of containers, `LaunchOptions`; empty: runs are processes of the host.
    """

    project: Path
    data: Path
    source: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


def begin(place: Place, pipelines: str, env: str | None, params: str, workers: int) -> Launch:
    """Make the folder of a launch.

    Args:
        place: Where it is.
        pipelines: Names, separated by commas.
        env: Environment.
        params: As typed.
        workers: Their number.

    Raises:
        OptionError: These pipelines have nothing to share.
        StorageError: The folder cannot be written to.
    """
    opening = opening_nodes(pipelines)
    name = f"{time.strftime('%Y%m%d-%H%M%S')}-{uuid4().hex[:4]}"
    data = place.data.resolve()
    made = Launch(
        str(data / FOLDER / name),
        pipelines,
        env or "",
        params,
        workers,
        opening,
        project=str(place.project),
        data=str(data),
        source=place.source,
        options=place.options,
    )
    with storing(made.logs):
        made.logs.mkdir(parents=True)
    write(made)
    return made


def write(launch: Launch) -> None:
    """Write a launch down in its folder."""
    atomic_json(Path(launch.folder) / _ABOUT, asdict(launch))


def read(folder: Path) -> Launch:
    """Read a launch.

    Raises:
        OptionError: It is none.
    """
    try:
        values: Mapping[str, Any] = json.loads((folder / _ABOUT).read_text("utf-8"))
    except FileNotFoundError:
        raise OptionError(
            f"{folder} does not hold a launch: `kedro launch status` lists those that there are"
        ) from None
    return Launch(**{**values, "opening": tuple(values["opening"])})


def launches(data: Path) -> list[Path]:
    """Return the folders of all launches of a data folder, the newest last."""
    return sorted(path.parent for path in (data / FOLDER).glob(f"[!.]*/{_ABOUT}"))  # a dot: it is being removed


def server_time(folder: Path) -> float:
    """Return the time, in seconds since 1970, by the clock of the file server, which dates the files of a launch.

    Raises:
        StorageError: The folder is gone, or may not be written to.
    """
    probe = folder / ".now"
    with storing(probe):
        probe.touch()
        return probe.stat().st_mtime


def opening_nodes(pipelines: str) -> tuple[str, ...]:
    """Return the nodes that must be run before the first worker: what lists the documents.

    Raises:
        OptionError: There is no node among them that works by shards, or one in between that does not.
    """
    from kedro.framework.project import pipelines as registered
    from kedro.pipeline import Pipeline

    names = [name.strip() for name in pipelines.split(",")]
    for name in names:
        if name not in registered:
            raise OptionError(f"there is no pipeline `{name}`{did_you_mean(nearest(name, registered))}")
    wanted = sum((registered[name] for name in names), start=Pipeline([]))
    shared = [node.name for node in wanted.nodes if SHARDS in node.tags]
    if not shared:
        raise OptionError(f"{pipelines} does not work by shards: there is nothing that workers could share")
    before = [node for node in wanted.to_nodes(*shared).nodes if SHARDS not in node.tags]
    made = {output for node in wanted.nodes if SHARDS in node.tags for output in node.outputs}
    if between := [node.name for node in before if made & set(node.inputs)]:
        raise OptionError(f"{', '.join(between)} stand between stages that work by shards: launch them one by one")
    return tuple(node.name for node in before)


def are_timed(pipelines: str) -> bool:
    """Say whether what is run measures how fast a GPU answers, so that a worker needs one for itself."""
    from kedro.framework.project import pipelines as registered

    return any("matrix" in node.tags for name in pipelines.split(",") for node in registered[name.strip()].nodes)


def shown(command: Sequence[str]) -> str:
    """Return a command as a person would type it."""
    return shlex.join(command[len(command) - command[::-1].index("kedro") - 1 :])

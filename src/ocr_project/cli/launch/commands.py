"""`kedro launch`: the work of one run, by several processes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from kedro.framework.context import KedroContext

from ocr_project.cli.errors import plainly
from ocr_project.cli.launch import contained, local, on_ray, slurm
from ocr_project.cli.launch.clean import clean, remove_what_is_left
from ocr_project.cli.launch.status import lines
from ocr_project.cli.launch.work import Launch, Place, begin, launches, read, shown, write
from ocr_project.cli.project import data_option, named, open_project, read_params
from ocr_project.domain.errors import BackendError, OptionError
from ocr_project.domain.options import IngestOptions, LaunchOptions
from ocr_project.domain.options.names import DATA
from ocr_project.engine.running.cards import cards_shown

_ENDED = (0, 3)  # a run that went to its end; 3: with pages that failed
_pipelines = click.option("--pipelines", "-p", default="ocr", show_default=True, help="As `kedro run` has them.")
_env = click.option("--env", "-e", default=None, help="Environment, such as h200.")
_params = click.option("--params", default="", help="As `kedro run` has them.")


@click.group()
def launch() -> None:
    """Share the work of one run among GPUs or machines: `local`, `slurm`, `ray`, `status`, `clean`.

    Documents are listed first, by one; then workers take shard after shard, each stage to its end; last, one run makes
    the tables and files. Results are those of `kedro run`. Killed, lost or stopped: launch again, and it goes on.
    """


@launch.command("local")
@click.option("--workers", "-n", type=click.IntRange(1), default=None, help="Processes; one for each GPU by default.")
@_pipelines
@_env
@_params
@data_option
@plainly
def launch_local(workers: int | None, pipelines: str, env: str | None, params: str, data: str | None) -> None:
    """Run a worker for each GPU of this machine, and wait for the end."""
    made = _begin(pipelines, env, params, data, workers=workers or max(1, len(cards_shown())))
    local.check_workers(made, len(cards_shown()))
    raise SystemExit(_end(made, local.run_workers(made)))


@launch.command("ray")
@click.option("--workers", "-n", type=click.IntRange(1), required=True, help="Tasks; more than have room wait.")
@click.option("--gpus", type=click.FloatRange(0), default=0.0, show_default=True, help="GPUs of each worker.")
@click.option("--cpus", type=click.FloatRange(0.1), default=1.0, show_default=True, help="Cores of each worker.")
@click.option("--address", default=None, help="Of a cluster, `auto` or HOST:PORT; RAY_ADDRESS, or this machine alone.")
@_pipelines
@_env
@_params
@data_option
@plainly
def launch_ray(workers: int, gpus: float, cpus: float, address: str | None, data: str | None, **given: Any) -> None:
    """Run the workers as tasks of a Ray cluster whose nodes share this folder, and wait for the end."""
    made = _begin(**given, data=data, workers=workers)
    raise SystemExit(_end(made, on_ray.run_workers(made, on_ray.Needs(cpus, gpus), address)))


def _end(made: Launch, statuses: Sequence[int]) -> int:
    """Say which workers failed, and make tables, files and reports; return the exit status.

    Raises:
        BackendError: All of them failed.
    """
    bad = [number for number, status in enumerate(statuses) if status]
    for number in bad:
        log = made.logs / local.log_name(number)
        click.secho(f"worker {number} ended with {statuses[number]}: {log}", fg="red", err=True)
    if len(bad) == len(statuses):
        raise BackendError(f"no worker came to its end: the logs in {made.logs} say why")
    return _close(made)


@launch.command("slurm")
@click.option("--nodes", "-n", type=click.IntRange(1), required=True, help="Workers: jobs of one node each.")
@click.option("--gpus-per-node", type=click.IntRange(0), default=1, show_default=True, help="GPUs of each worker.")
@click.option("--cpus-per-task", type=click.IntRange(1), default=None, help="Cores of each worker.")
@click.option("--mem-gb", type=click.FloatRange(0.1), default=None, help="Memory of each worker.")
@click.option(
    "--time", "minutes", type=click.IntRange(1), default=1440, show_default=True, help="Minutes for each job."
)
@click.option("--partition", default=None, help="As `sbatch --partition`.")
@click.option("--set", "more", multiple=True, help="Any other setting of sbatch, `account=abc`.")
@_pipelines
@_env
@_params
@data_option
@plainly
def launch_slurm(nodes: int, more: tuple[str, ...], data: str | None, **given: Any) -> None:
    """Queue an array of workers, and a closing job for when they are done."""
    work = {name: given.pop(name) for name in ("pipelines", "env", "params")}
    made = _begin(**work, data=data, workers=nodes)
    submitted = slurm.submit(made, Path.cwd(), _sbatch(more, **given))
    click.echo(f"Slurm has job {submitted.job}: {nodes} workers, and a closing job after them")
    click.echo(f"How far it is: kedro launch status    Logs: {submitted.logs}")


@launch.command("status")
@click.argument("name", required=False)
@data_option
@plainly
def launch_status(name: str | None, data: str | None) -> None:
    """Show shards, pages a second, time left and lost workers of the launch NAME, or of the newest."""
    with open_project(None, named(data)) as project:
        there = launches(project.catalog.load("project").data)
    if not there:
        click.echo("There is no launch yet: kedro launch local --help")
        return
    chosen = there[-1] if name is None else next((one for one in there if one.name == name), Path(name))
    found = read(chosen)
    click.echo(f"{chosen.name}: {shown(found.command())}, {found.workers} workers")
    for line in lines(found):
        click.echo(line)


@launch.command("close")
@click.argument("folder", type=click.Path(exists=True, file_okay=False))
@plainly
def launch_close(folder: str) -> None:
    """Wait until the workers of the launch in FOLDER are gone, then make its tables, files and reports."""
    raise SystemExit(_close(read(Path(folder))))


@launch.command("clean")
@click.option(
    "--days",
    type=click.FloatRange(0),
    default=7.0,
    show_default=True,
    help="How long a launch whose last run never ended is kept after it was last heard of.",
)
@data_option
@plainly
def launch_clean(days: float, data: str | None) -> None:
    """Remove claims and logs of launches that are over; results stay, and so does a launch that lives."""
    with open_project(None, named(data)) as project:
        folder = project.catalog.load("project").data
    remove_what_is_left(folder)
    there = launches(folder)
    for launched in there:
        click.echo(clean(launched, days))
    if not there:
        click.echo("There is no launch to remove")


@launch.command("contained", hidden=True, context_settings={"ignore_unknown_options": True})
@click.argument("folder", type=click.Path(exists=True, file_okay=False))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@plainly
def launch_contained(folder: str, arguments: tuple[str, ...]) -> None:
    """Run `python ARGUMENTS` in a container, as the launch in FOLDER says: what a launch calls on each machine."""
    raise SystemExit(contained.run(contained.commands_of(read(Path(folder)), arguments, None, os.environ)))


def _close(made: Launch) -> int:
    made.wait_until_over()
    status = status_of(made.closing_command(), "the closing run")
    if status in _ENDED and Path(made.folder).is_dir():  # one that was removed meanwhile needs no mark
        write(replace(read(Path(made.folder)), closed=True))
    return status


def _begin(pipelines: str, env: str | None, params: str, data: str | None, *, workers: int) -> Launch:
    """Make the launch, and run what comes before the workers.

    Raises:
        OptionError: The data folder is named among the parameters, where the launch itself would not see it.
        BackendError: What comes before was killed.
        SystemExit: What comes before failed; it has said why.
    """
    if any(part.strip().startswith(f"{DATA}=") for part in params.split(",")):
        raise OptionError("name the data folder with --data PATH: the launch has its own folder there")
    with open_project(env, {**read_params(params), **named(data)}) as project:
        place = _place(project)
    every = ",".join(filter(None, (data and f"{DATA}={data}", params)))
    made = begin(place, pipelines, env, every, workers)
    if made.opening:
        status = status_of(made.opening_command(), "the run before the workers, which lists what there is,")
        if status:
            raise SystemExit(status)
    return made


def status_of(command: Sequence[str], what: str) -> int:
    """Run a command that says itself what is wrong, unless it is killed.

    Raises:
        BackendError: It was killed.
    """
    status = subprocess.run(command, check=False).returncode
    if status < 0:
        raise BackendError(f"{what} was killed by signal {-status}, perhaps for want of memory: launch again")
    return status


def _place(project: KedroContext) -> Place:
    """Return where the runs of a launch begin, read and write, and their containers."""
    checkout = project.catalog.load("project")
    source = Path(IngestOptions.model_validate(project.params.get("ingest") or {}).source or "").expanduser()
    path = checkout.root / source if source != Path() else Path()
    options = LaunchOptions.model_validate(project.params.get("launch") or {})
    return Place(
        checkout.root,
        checkout.data,
        str(path.resolve()) if path != Path() and path.exists() else "",
        {} if options.container is None else options.model_dump(mode="json"),
    )


def _sbatch(
    more: tuple[str, ...],
    gpus_per_node: int,
    cpus_per_task: int | None,
    mem_gb: float | None,
    minutes: int,
    partition: str | None,
) -> dict[str, Any]:
    """Return settings as submitit names them.

    Raises:
        OptionError: One of `--set` is not of the form `name=value`.
    """
    given = {
        "gpus_per_node": gpus_per_node or None,
        "cpus_per_task": cpus_per_task,
        "mem_gb": mem_gb,
        "timeout_min": minutes,
        "slurm_partition": partition,
    }
    found: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    extra: dict[str, Any] = {"requeue": True}
    for setting in more:
        name, sign, value = setting.partition("=")
        if not sign:
            raise OptionError(f"--set {setting}: write name=value, such as account=abc")
        extra[name.lstrip("-")] = value
    return {**found, "slurm_additional_parameters": extra}

"""What goes to MLflow, and what happens where it cannot: a warning, never the end of a run."""

from __future__ import annotations

import logging
import os
import socket
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ocr_project.domain.outside_text import metric_name, shown, storable
from ocr_project.storage.atomic import PARTIAL, put_in_place

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXPERIMENT = "ocr_project"
DEFAULT_TRACKING_URI = "sqlite:///mlflow.db"  # MLflow 3 refuses ./mlruns

# MLflow configures its loggers when it is imported; the first run would show thirty lines of its database
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
# It asks Databricks whether this run goes on with another, and imports IPython to find it: 0.4 s of every start.
os.environ.setdefault("MLFLOW_ENABLE_SGC_RUN_RESUMPTION_FOR_DATABRICKS_JOBS", "false")

_SQLITE = "sqlite:///"
_PROCESS = "process"  # the tag that says who writes a run
_CLOCKS_DIFFER = 2  # seconds: the start of a process is counted from that of the machine
_logger = logging.getLogger(__name__)


class Evidence:
    """Keeps evidence while that works. After the first fault that is not about one value it is left alone.

    A server that cannot be reached takes minutes to say so, each time; a database that is damaged stays damaged.
    """

    def __init__(self, *, works: bool = True) -> None:
        """Begin with MLflow, or without it."""
        self._works = works

    def keep(self, what: str, log: Callable[[], None]) -> None:
        """Call `log`; warn where it fails.

        Args:
            what: Is lost where it fails.
            log: Whatever it raises is MLflow's, its database's or its server's: results do not pass through it.
        """
        if not self._works:
            return
        try:
            log()
        except Exception as error:  # SQLAlchemy, sqlite3, requests and alembic have no common class
            self._works = _is_about_a_value(error)
            lines = str(error).strip().splitlines() or [type(error).__name__]
            _logger.warning(
                "MLflow could not keep %s (%s). The run goes on%s; its results, tables and report are not affected."
                " A damaged mlflow.db can be moved away: the next run makes a new one.",
                *(what, shown(lines[0]), "" if self._works else " without MLflow"),
            )
            if not self._works:
                _forget_run()


def open_run(name: str, tags: Mapping[str, str], options: Mapping[str, Any], repro: str | None) -> str:
    """Open a run, or that of an earlier stage of the same `dvc repro`, and say what it was asked to do.

    Returns:
        Its number: MLflow's run that is open is one of this thread.
    """
    import mlflow

    store = os.environ.get("MLFLOW_TRACKING_URI", DEFAULT_TRACKING_URI)
    _make_whole(store)
    mlflow.set_tracking_uri(store)
    mlflow.set_experiment(EXPERIMENT)
    client = mlflow.MlflowClient()
    close_killed(client)
    given = os.environ.get("MLFLOW_RUN_ID")
    with _outside_of_notebooks():
        opened = mlflow.start_run(run_id=given or _run_of(repro), run_name=name)
    mine = {} if given else {_PROCESS: _this_process()}
    mlflow.set_tags({key: storable(value) for key, value in {**tags, **mine}.items()})
    mlflow.log_params({key: storable(str(value)) for key, value in options.items()})
    return str(opened.info.run_id)


@contextmanager
def _outside_of_notebooks() -> Iterator[None]:
    """Spare MLflow the import of IPython, half a second of each run, by which it asks whether this is a notebook."""
    if "IPython" in sys.modules:
        yield
        return
    sys.modules["IPython"] = None  # type: ignore[assignment]  # Python's own word for what cannot be imported
    try:
        yield
    finally:
        del sys.modules["IPython"]


def set_tags(tags: Mapping[str, str]) -> None:
    """Say more of the run that is open."""
    import mlflow

    mlflow.set_tags({key: storable(value) for key, value in tags.items()})


def log_metrics(
    metrics: Mapping[str, float], step: int | None = None, when: float | None = None, run: str | None = None
) -> None:
    """Log numbers, with names that MLflow accepts.

    Args:
        metrics: By name.
        step: Of a series.
        when: Seconds since the epoch; None: now.
        run: The number of a run; None: of the one that this thread has opened.
    """
    import mlflow

    named = {metric_name(key): value for key, value in metrics.items()}
    mlflow.log_metrics(named, step=step, run_id=run, timestamp=None if when is None else int(when * 1000))


@dataclass(frozen=True, slots=True)
class Cell:
    """A run within a run: one model with one collection of prompts at one resolution.

    Attributes:
        name: Of the run.
        params: What was chosen.
        metrics: What was measured.
        tags: What else is known.
        done: Whether it is complete.
    """

    name: str
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    done: bool


def log_cells(cells: Iterable[Cell]) -> None:
    """Log runs below the one that is open, each with its parameters, metrics and tags."""
    import mlflow

    for cell in cells:
        mlflow.start_run(run_name=storable(cell.name), nested=True)
        try:
            mlflow.set_tags({key: storable(value) for key, value in cell.tags.items() if value})
            mlflow.log_params({key: storable(value) for key, value in cell.params.items()})
            log_metrics(cell.metrics)
        finally:
            mlflow.end_run("FINISHED" if cell.done else "FAILED")


def log_files(paths: Sequence[str]) -> None:
    """Copy files and folders into the run."""
    import mlflow

    for path in paths:
        mlflow.log_artifact(path)


def end_run(status: str) -> None:
    """Close the run that is open, if one is."""
    import mlflow

    mlflow.end_run(status)


def close_killed(client: MlflowClient) -> None:
    """Mark runs as KILLED that processes of this machine had open which are no more: nothing else ever closes them."""
    experiment = client.get_experiment_by_name(EXPERIMENT)
    if experiment is None:
        return
    for run in client.search_runs([experiment.experiment_id], "attributes.status = 'RUNNING'"):
        if _is_gone(run.data.tags.get(_PROCESS, "")):
            client.set_terminated(run.info.run_id, "KILLED")


def _make_whole(store: str) -> None:
    """Make a new SQLite file beside its place, and put it there when it has all its tables.

    That takes MLflow some seconds and hundreds of statements. Of a run that is killed or interrupted meanwhile half of
    the tables would stay, which MLflow neither uses nor completes: no later run could keep anything.
    """
    import mlflow

    path = Path(store.removeprefix(_SQLITE))
    if not store.startswith(_SQLITE) or ":" in path.name or "?" in path.name or path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.", suffix=PARTIAL) as folder:
        draft = Path(folder, path.name)
        mlflow.MlflowClient(tracking_uri=f"{_SQLITE}{draft}").search_experiments(max_results=1)
        if not path.exists():  # a run of another project that shares it may have been faster
            put_in_place(draft, path)


def _this_process() -> str:
    import psutil

    return f"{socket.gethostname()}/{os.getpid()}/{psutil.Process().create_time():.0f}"


def _is_gone(process: str) -> bool:
    """Say whether a process of this machine has ended; another one may have its number by now."""
    import psutil

    host, number, began = process.split("/") if process.count("/") == 2 else ("", "", "")
    if host != socket.gethostname():
        return False
    try:
        return abs(psutil.Process(int(number)).create_time() - int(began)) > _CLOCKS_DIFFER
    except psutil.NoSuchProcess:
        return True


def _is_about_a_value(error: Exception) -> bool:
    """Say whether MLflow refused one name or value, so that the others may be kept."""
    return getattr(error, "error_code", "") == "INVALID_PARAMETER_VALUE"


def _forget_run() -> None:
    """Leave no run open that would be closed when Python ends: that would fail as well, with a traceback."""
    try:
        end_run("FAILED")
    except Exception as error:
        _logger.debug("MLflow's run stays open: %s", error)


def _run_of(repro: str | None) -> str | None:
    """Return the MLflow run that an earlier stage of the same `dvc repro` opened."""
    if repro is None:
        return None
    import mlflow

    runs = mlflow.search_runs(
        experiment_names=[EXPERIMENT], filter_string=f"tags.`dvc.repro` = '{repro}'", output_format="list"
    )
    return runs[0].info.run_id if runs else None

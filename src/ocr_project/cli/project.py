"""The project that a command works on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from kedro.framework.cli.project import run as kedro_run
from kedro.framework.context import KedroContext
from kedro.utils import is_kedro_project

from ocr_project.domain.options.names import DATA
from ocr_project.storage.workspace import PACKAGE, shipped_conf

if TYPE_CHECKING:
    from kedro.framework.session import KedroSession

_BASE = "base"  # of the configuration in a wheel: `local` is a person's own


@contextmanager
def open_project(
    env: str | None, params: dict[str, Any] | None = None, folder: Path | None = None
) -> Iterator[KedroContext]:
    """Open a project, for its catalog and its options; nothing is run.

    Its pipelines are left out, for to take the types of options from them Kedro imports every stage: the options are
    as they were written, and the caller makes the models of those that it reads.

    Args:
        env: Environment; None: the one that a run takes.
        params: As `--params` has them.
        folder: The project; None: the working folder.
    """
    from kedro.framework.project import pipelines

    session = session_of(env, params, folder)
    pipelines.configure()
    try:
        with session:
            yield session.load_context()
    finally:
        pipelines.configure(f"{PACKAGE.name}.pipeline_registry")


def session_of(env: str | None, params: dict[str, Any] | None = None, folder: Path | None = None) -> KedroSession:
    """Make a session of a project; of a folder that is none, with the shipped configuration.

    Args:
        env: Environment; None: the one that a run takes.
        params: As `--params` has them.
        folder: The project; None: the working folder.
    """
    from kedro.framework.project import configure_project
    from kedro.framework.session import KedroSession
    from kedro.framework.startup import bootstrap_project

    here = folder or Path.cwd()
    if is_kedro_project(here):
        bootstrap_project(here)
        return KedroSession.create(project_path=here, env=env, runtime_params=params)
    configure_project(PACKAGE.name)
    return KedroSession.create(
        project_path=here, conf_source=str(shipped_conf()), env=env or _BASE, runtime_params=params
    )


data_option = click.option(
    "--data", type=click.Path(file_okay=False), help="Data folder of the corpus; without it, the project's `data`."
)


def named(data: str | None) -> dict[str, Any]:
    """Return the parameter that `--data` stands for."""
    return {} if data is None else {DATA: data}


def read_params(text: str) -> dict[str, Any]:
    """Read `--params` as `kedro run` does."""
    (option,) = (parameter for parameter in kedro_run.params if parameter.name == "params")
    return dict(option.process_value(click.Context(kedro_run), text))


def option_of_run(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command an option of `kedro run`, read in the same way."""
    (option,) = (parameter for parameter in kedro_run.params if parameter.name == name)

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        function.__click_params__ = [*getattr(function, "__click_params__", []), option]  # type: ignore[attr-defined]
        return function

    return add

"""The project that a command works on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from kedro.framework.cli.project import run as kedro_run
from kedro.framework.context import KedroContext

from ocr_project.domain.options.names import DATA


@contextmanager
def open_project(env: str | None, params: dict[str, Any] | None = None) -> Iterator[KedroContext]:
    """Open the project of the working folder, for its catalog and its options; nothing is run.

    Args:
        env: Environment; None: the one that a run takes.
        params: As `--params` has them.
    """
    from kedro.framework.session import KedroSession
    from kedro.framework.startup import bootstrap_project

    metadata = bootstrap_project(Path.cwd())
    session = KedroSession.create(project_path=metadata.project_path, env=env, runtime_params=params)
    with session:
        yield session.load_context()


data_option = click.option(
    "--data", type=click.Path(file_okay=False), help="Data folder of the corpus; without it, the project's `data`."
)


def named(data: str | None) -> dict[str, Any]:
    """Return the parameter that `--data` stands for."""
    return {} if data is None else {DATA: data}


def option_of_run(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command an option of `kedro run`, read in the same way."""
    (option,) = (parameter for parameter in kedro_run.params if parameter.name == name)

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        function.__click_params__ = [*getattr(function, "__click_params__", []), option]  # type: ignore[attr-defined]
        return function

    return add

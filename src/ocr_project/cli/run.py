"""`kedro run`: Kedro's own, with the project's runner, messages that say what to do, and commas in `--params`."""

from __future__ import annotations

import copy
import gc
from typing import Any

import click
from kedro.framework.cli.project import run as kedro_run
from omegaconf import OmegaConf

from ocr_project.cli.errors import plainly

ALL = "all"  # of the pipelines


def with_commas(context: click.Context, option: click.Parameter, value: Any) -> Any:
    """Read `--params`: a part without `=` belongs to the value before it, `ingest.source=/a,b,ingest.dpi=100`.

    To Kedro that is an error, and a folder with a comma in its name could not be named.
    """
    items: list[str] = []
    for part in value.split(",") if isinstance(value, str) else ():
        if "=" in part or not items:
            items.append(part)
        else:
            items[-1] += f",{part}"
    if not any("," in item for item in items):
        return _kedros(context, option, value)
    for item in items:  # so that Kedro has looked at each of them
        _kedros(context, option, item.replace(",", ""))
    return OmegaConf.to_container(OmegaConf.from_dotlist([item.strip() for item in items]))


def _run(**given: Any) -> Any:
    """Run what is named; all stages without a name."""
    gc.disable()  # looking for garbage among what is imported takes a tenth of a short run; MemoryHooks ends it
    if not given["pipeline"] and not given["pipelines"]:
        given["pipelines"] = [ALL]
    try:
        return _kedros_run(**given)
    finally:
        gc.enable()


_kedros_run: Any = kedro_run.callback
_params = next(option for option in kedro_run.params if option.name == "params")
_kedros: Any = _params.callback
run = copy.copy(kedro_run)
run.callback = plainly(_run)
run.params = [copy.copy(option) for option in kedro_run.params]
next(option for option in run.params if option.name == "params").callback = with_commas
_runner = next(option for option in run.params if option.name == "runner")
_runner.default = "ocr_project.runner.StageRunner"

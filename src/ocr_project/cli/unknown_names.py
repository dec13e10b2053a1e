"""What Kedro says of a pipeline, environment, node, dataset, tag or runner that does not exist, in one line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from kedro.config import MissingConfigException

from ocr_project.domain.options.names import did_you_mean, nearest

_RUNNERS = ("SequentialRunner", "ThreadRunner", "ParallelRunner")
_NOT_ENVIRONMENTS = ("base", "local")


def unknown_name(error: BaseException) -> str | None:
    """Return what to say of an error of Kedro's about a name; None where it is about something else."""
    if isinstance(error, MissingConfigException) and (found := re.search(r"not a valid directory: (.+)", str(error))):
        return _missing_environment(Path(found[1]))
    if not isinstance(error, ValueError | AttributeError):
        return None
    for pattern, kind, names in _KINDS:
        if found := re.search(pattern, str(error)):
            unknown = re.findall(r"'([^']+)'", found[1]) or [found[1]]
            return "; ".join(f"there is no {kind} `{name}`{did_you_mean(nearest(name, names()))}" for name in unknown)
    if "contains no nodes after applying all provided filters" in str(error):
        return f"no node is left to run; tags are {', '.join(sorted(_tags()))}"
    return None


def _missing_environment(folder: Path) -> str:
    names = [one.name for one in folder.parent.glob("*/") if one.name not in _NOT_ENVIRONMENTS]
    if not names:
        return f"there is no folder {folder}"
    offered = did_you_mean(nearest(folder.name, names)) or f"; there are {', '.join(sorted(names))}"
    return f"there is no environment `{folder.name}`{offered}"


def _pipelines() -> Iterable[str]:
    from kedro.framework.project import pipelines

    pipelines.set_requested(None)
    return list(pipelines.keys())


def _nodes() -> Iterable[str]:
    from kedro.framework.project import pipelines

    _pipelines()
    return {node.name for pipeline in pipelines.values() for node in pipeline.nodes}


def _datasets() -> Iterable[str]:
    from kedro.framework.project import pipelines

    _pipelines()
    return {name for pipeline in pipelines.values() for name in pipeline.datasets()}


def _tags() -> Iterable[str]:
    from kedro.framework.project import pipelines

    _pipelines()
    return {tag for pipeline in pipelines.values() for node in pipeline.nodes for tag in node.tags}


_KINDS: tuple[tuple[str, str, Callable[[], Iterable[str]]], ...] = (
    (r"Failed to find the pipeline named '([^']+)'", "pipeline", _pipelines),
    (r"does not contain nodes named \[(.+?)\]", "node of these pipelines", _nodes),
    (r"does not contain datasets named \[(.+?)\]", "dataset of these pipelines", _datasets),
    (r"module 'kedro.runner' has no attribute '(\w+)'", "runner", lambda: _RUNNERS),
)

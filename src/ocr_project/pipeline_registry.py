"""The pipelines by name.

Each stage by its own name, `ocr` for the way from documents to text, `all` for the whole of it (Kedro's
`__default__`), and `testsets` for the lane of the public test sets: the stages from layout to transcript once more, on
other datasets.
An explicit registry, because `find_pipelines` imports only the pipeline that is asked for, and a
composed one is made of several.
"""

from __future__ import annotations

import inspect
import multiprocessing
import sys
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from functools import partial, wraps
from importlib import import_module
from typing import Any

from kedro.pipeline import Node, Pipeline, node, pipeline

from ocr_project.bench.testsets import narrow
from ocr_project.domain.options import TestsetsOptions

STAGES = ("ingest", "layout", "recognition", "transcript", "embedding", "retrieval", "benchmark")
OCR = ("ingest", "layout", "recognition", "transcript")
APART = (  # run only when asked for
    "publish",  # what leaves the machine is a person's decision
    "fields",  # a comparison of models is another job
    "matrix",
    "specimens",  # so is making what they are compared on
    "prompt_search",  # and finding the words in which they are asked
    "training_data",  # what models learn from lies outside of the project
    "layout_lmdb",
    "training",
    "publish_model",  # what leaves the machine is a person's decision here, too
)
LANE = ("layout", "recognition", "transcript")
_OPTIONS = "params:"
_DONE = "_done"  # ends the name of a twin: what a stage has finished before, of the dataset that it adds to
_PLUMBING = ("project", "scratch", "earlier")


class ByName(Mapping[str, Pipeline]):
    """Pipelines that are made when they are asked for: a run imports what it runs, and no more."""

    def __init__(self, makers: Mapping[str, Callable[[], Pipeline]]) -> None:
        """Name them.

        Args:
            makers: What makes each; called once.
        """
        self._makers = makers
        self._made: dict[str, Pipeline] = {}

    def __getitem__(self, name: str) -> Pipeline:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


def register_pipelines() -> Mapping[str, Pipeline]:
    """Return all pipelines by name; for `kedro viz` without what hides the flow."""
    found = _pipelines()
    if not (is_drawn(sys.argv) or is_drawn_for_a_notebook(sys.modules, multiprocessing.parent_process())):
        return found
    return ByName({name: partial(_drawn_by_name, found, name) for name in found})


def is_drawn(command: Sequence[str]) -> bool:
    """Say whether a command draws pipelines and runs none: `kedro viz`, which asks no hook and leaves no other mark.

    Args:
        command: As `sys.argv` has it.
    """
    words = [word for word in command[1:] if not word.startswith("-")]
    return words[:1] == ["viz"]


def is_drawn_for_a_notebook(modules: Container[str], parent: object | None) -> bool:
    """Say whether this is the process that `%run_viz` starts: its command is the notebook's own.

    Args:
        modules: What this process has imported.
        parent: The process that multiprocessing was asked in; None: it was started by itself, as a notebook is.
    """
    return parent is not None and "kedro_viz.server" in modules


def as_drawn(made: Pipeline) -> Pipeline:
    """Return a pipeline without the datasets that say nothing about the flow: the twins, the checkout, drafts.

    A twin is a second box of a dataset that is there, layers above it, and an arrow against the flow.
    """
    return Pipeline([_drawn(each) for each in made.nodes])


def _pipelines() -> Mapping[str, Pipeline]:
    stages = ByName({name: partial(_stage, name) for name in (*STAGES, *APART)})
    return ByName(
        {
            **{name: partial(stages.__getitem__, name) for name in stages},
            "ocr": lambda: _together(stages[name] for name in OCR),
            "resolution": lambda: Pipeline(
                _creator("matrix")(sweep=True), namespace="matrix", prefix_datasets_with_namespace=False
            ),
            "testsets": _test_sets,
            "release": lambda: _together((stages["fields"], _stage("release"))),
            # of `__default__` Kedro validates the options of all pipelines, and imports them for it: 1 s of a run
            "all": lambda: _together(stages[name] for name in STAGES),
            "__default__": lambda: _together(stages[name] for name in STAGES),
        }
    )


def _test_sets() -> Pipeline:
    """Put the lane together.

    Pipelines never import each other, so it is done here: any detector and recognizer that the main job has, with the
    same nodes; exports are left out.
    """
    ends = _creator("testsets")(make=_selective_node)
    return _together((ends, *(_in_lane(name) for name in LANE)))


def _in_lane(name: str) -> Pipeline:
    """Return a stage on the lane's datasets: `regions` is `testset_regions` there, and so on."""
    made = _creator(name)(make=_selective_node)
    made = made.to_outputs(*(made.all_outputs() - {"exports"}))

    def renamed(datasets: set[str]) -> dict[str, str]:
        return {dataset: f"testset_{dataset}" for dataset in datasets if not dataset.startswith(_OPTIONS)}

    return pipeline(
        made,
        namespace=f"testset_{name}",
        inputs=renamed(made.inputs()),
        outputs=renamed(made.all_outputs()),
        parameters={dataset: dataset for dataset in made.inputs() if dataset.startswith(_OPTIONS)},
        prefix_datasets_with_namespace=False,
    )


def _selective_node(function: Callable[..., Any], inputs: Mapping[str, str], outputs: str, **more: Any) -> Node:
    """Make a node that sees, of all shards in the lane, those of the sets that this run names."""
    shards = frozenset(argument for argument, dataset in inputs.items() if not dataset.startswith(_OPTIONS))
    return node(_selective(function, shards), {**inputs, "testsets": f"{_OPTIONS}testsets"}, outputs, **more)


def _selective(function: Callable[..., Any], shards: frozenset[str]) -> Callable[..., Any]:
    """Wrap a node's function."""

    @wraps(function)
    def selected(*, testsets: TestsetsOptions, **inputs: Any) -> Any:
        return function(
            **{name: narrow(value, testsets) if name in shards else value for name, value in inputs.items()}
        )

    return _described(selected, function)


def _described(selected: Callable[..., Any], function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a wrapper the signature that it has."""
    extra = inspect.Parameter("testsets", inspect.Parameter.KEYWORD_ONLY, annotation=TestsetsOptions)
    _describe(selected, [*inspect.signature(function).parameters.values(), extra])
    selected.__annotations__ = {**function.__annotations__, "testsets": TestsetsOptions}
    return selected


def _describe(wrapper: Any, parameters: Sequence[inspect.Parameter]) -> None:
    """Say which parameters a wrapper has: Kedro takes the types of `params:` from there, by their places."""
    wrapper.__signature__ = inspect.signature(wrapper).replace(parameters=parameters)


def _creator(name: str) -> Callable[..., Pipeline]:
    create: Callable[..., Pipeline] = import_module(f"ocr_project.pipelines.{name}.pipeline").create_pipeline
    return create


def _stage(name: str) -> Pipeline:
    # the namespace draws a box round the stage in kedro-viz; datasets keep their names, for stages share them
    return Pipeline(_creator(name)(), namespace=name, prefix_datasets_with_namespace=False)


def _drawn_by_name(found: Mapping[str, Pipeline], name: str) -> Pipeline:
    return as_drawn(found[name])


def _drawn(one: Node) -> Node:
    assert isinstance(one._inputs, dict)  # all nodes of this project name their arguments
    kept = {argument: name for argument, name in one._inputs.items() if not _is_hidden(name)}

    @wraps(one.func)
    def shown(**inputs: Any) -> Any:
        raise NotImplementedError(f"{one.name} is drawn here, and not run")

    parameters = inspect.signature(one.func, follow_wrapped=False).parameters.values()
    _describe(shown, [parameter for parameter in parameters if parameter.name in kept])
    return node(shown, kept, one._outputs, name=one._name, tags=one.tags, namespace=one.namespace)


def _is_hidden(dataset: str) -> bool:
    return dataset.endswith(_DONE) or dataset in _PLUMBING


def _together(stages: object) -> Pipeline:
    return sum(stages, start=Pipeline([]))  # type: ignore[call-overload, no-any-return]

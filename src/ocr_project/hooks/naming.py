"""What options name, and names that do not exist."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol, MemoryDataset
from pydantic import ValidationError

from ocr_project.cli.errors import in_few_words
from ocr_project.cli.log_format import show_safely
from ocr_project.datasets import Checkout, LineageFolder, NamedByOption
from ocr_project.domain.errors import OptionError
from ocr_project.domain.options import SECTIONS, RuntimeOptions
from ocr_project.domain.options.benchmark import PREVIOUS
from ocr_project.domain.options.cards import on_cards
from ocr_project.domain.options.names import DATA, unknown_sections
from ocr_project.domain.types import Transcript
from ocr_project.engine.running.cards import cards_of
from ocr_project.storage.lineages import previous

if TYPE_CHECKING:
    from ocr_project.storage.run_record import RunRecord

_BELOW_DATA: Mapping[str, tuple[str, ...]] = {"testsets": ("folder", "drawings"), "prompt_search": ("folder",)}


class OptionHooks:
    """What options name, and names that they had in the release before.

    Every way to run a pipeline makes a catalog: the command line, a session in a notebook, Airflow: hence it is here.
    """

    def __init__(self) -> None:
        self._root = Path()
        self._profile = "base"

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        self._root = context.project_path
        if context.env and context.env != "local":
            self._profile = context.env
        show_safely()

    @hook_impl
    def after_catalog_created(self, catalog: CatalogProtocol[Any, Any], parameters: dict[str, Any]) -> None:
        """Refuse names that are unknown or old, and let the datasets that options name be looked up.

        Raises:
            OptionError: There is no such option, or it has another name now; the message says which may be meant.
        """
        given: dict[str, Any] = parameters["parameters"]
        _refuse_names(given)
        project = catalog.get("project")
        data = self._root / DATA
        if isinstance(project, Checkout):
            data, project.profile = project.data, self._profile
        _refuse_data(given, data, self._root)
        _use_cards(catalog, given)
        _use_data(catalog, given, data, self._root)
        for name, look_up in _look_ups(catalog, given, self._root, data).items():
            dataset = catalog.get(name)
            if isinstance(dataset, NamedByOption):  # a person's own catalog may have another in its place
                dataset.bind(look_up)


def _use_cards(catalog: CatalogProtocol[Any, Any], given: Mapping[str, Any]) -> None:
    """Let every stage use the cards that `runtime.gpus` names."""
    gpus = cards_of(RuntimeOptions.model_validate(given.get("runtime") or {}))
    for section, model in SECTIONS.items() if gpus else ():
        name = f"params:{section}"
        if name in catalog:
            options = model.model_validate(catalog.load(name) or {})
            catalog[name] = MemoryDataset(on_cards(options, gpus), copy_mode="assign")


def _use_data(catalog: CatalogProtocol[Any, Any], given: Mapping[str, Any], data: Path, root: Path) -> None:
    """Let folders that options have by default below `data` be below this run's, as those of the catalog are.

    A folder that is named stays where it is: test sets of another data folder are used by their path.
    """
    for section, names in _BELOW_DATA.items() if data != root / DATA else ():
        options = SECTIONS[section].model_validate(given.get(section) or {})
        moved = {
            name: data / Path(getattr(options, name)).relative_to(DATA)
            for name in names
            if name not in options.model_fields_set
        }
        if isinstance(kept := catalog.get(f"params:{section}"), MemoryDataset):
            options = SECTIONS[section].model_validate(kept.load() or {})
            kept.save(options.model_copy(update=moved))  # another dataset in its place would be warned of


def _previous(own: LineageFolder, name: str) -> LineageFolder:
    """Return the transcripts that were the current ones before these.

    Raises:
        OptionError: There are none.
    """
    before = previous(own.root)
    if not before:
        raise OptionError(
            f"benchmark.compare.{name}={PREVIOUS}: {own.root} has no results of another model; run the one to compare"
            " with first"
        )
    return LineageFolder(own.root, Transcript, before)


def _look_ups(
    catalog: CatalogProtocol[Any, Any], given: Mapping[str, Any], root: Path, data: Path
) -> dict[str, Callable[[], Any]]:
    """Return what reads the datasets that options name; relative paths start at the project."""

    def options(section: str) -> Any:
        return SECTIONS[section].model_validate(given.get(section) or {})

    def source() -> str:
        from ocr_project.engine.ingest import source_location

        return source_location(options("ingest"), default_root=root, data=data)

    def other_transcripts() -> dict[str, LineageFolder]:
        own: LineageFolder = catalog.load("transcripts")
        return {
            name: _previous(own, name) if str(path) == PREVIOUS else LineageFolder(root / path, Transcript)
            for name, path in options("benchmark").compare.items()
        }

    def baseline_run() -> RunRecord | None:
        from ocr_project.storage.run_record import read_record

        path = options("testsets").gate.baseline
        return None if path is None else read_record(root / path)

    def released_run() -> RunRecord | None:
        from ocr_project.storage.run_record import read_record

        path = options("release").baseline
        return None if path is None else read_record(root / path)

    return {
        "source": source,
        "other_transcripts": other_transcripts,
        "baseline_run": baseline_run,
        "released_run": released_run,
    }


def _refuse_data(given: Mapping[str, Any], data: Path, root: Path) -> None:
    """Refuse a data folder that the catalog does not follow, or that would not be where it seems to be.

    Raises:
        OptionError: It is named in a parameters.yml, or begins with `~`, which no shell expands behind a `=`.
    """
    named = given.get(DATA)
    if named is not None and root / str(named) != data:
        raise OptionError(
            "`data` in a parameters.yml moves nothing: say --params data=PATH, or write it into conf/base/globals.yml"
        )
    if str(named or "").startswith("~"):
        raise OptionError(f"data={named}: write the whole path, `~` stands for nothing here")


def _refuse_names(given: Mapping[str, Any]) -> None:
    """Look at the options of all stages: Kedro validates those of the stages that run."""
    said = unknown_sections(given, SECTIONS)
    said += [
        message
        for section, model in SECTIONS.items()
        if isinstance(values := given.get(section), Mapping)
        for name, message in model.moved.items()
        if name in values
    ]
    if said:
        raise OptionError("; ".join(said))
    for section, model in SECTIONS.items():
        if isinstance(values := given.get(section), Mapping):
            try:
                model.model_validate(values)
            except ValidationError as error:
                raise OptionError(in_few_words(str(error), section)) from error

"""What a person asks for: VLMHyperBench's `user_config.csv`, or YAML with the same names.

Both spellings of its columns are read (`model` and `model_name`, `system_promt` and `system_prompt`), `overall` and
`general`, lists in Python's quoting and in JSON's, `Fasle`; `docker_image` may be missing, and a task that is missing
is VQA. All that is wrong is said at once, with its row and column, before anything is run.

Paths are those of its design document, below one folder:

    Datasets/{task}/{dataset}/annotation.csv               also beside the file, and data/01_raw/test_sets/{dataset}
    PromptCollections/{task}/{file}                        also PromptCollections/{dataset}/{model}/{file}
    SystemPrompts/{dataset}/{model}/{file}                 also SystemPrompts/{file}
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from ocr_project.bench.matrix.given_files import YAML, Faults, Row, read_list, read_switch, read_table
from ocr_project.bench.matrix.registry import RegisteredModel, find_checkpoint, read_registry
from ocr_project.domain.errors import OptionError
from ocr_project.domain.options.matrix import MatrixOptions
from ocr_project.storage.given_text import read_given

SPELLINGS = {
    "dataset": "dataset", "task": "task", "framework": "framework", "model": "model", "model_name": "model",
    "docker_image": "docker_image", "system_promt": "system_prompt", "system_prompt": "system_prompt",
    "prompt_collection": "prompt_collection", "metrics": "metrics", "metrics_aggregators": "metrics_aggregators",
    "only_evaluate_metrics": "only_evaluate_metrics", "filter_doc_class": "filter_doc_class",
    "filter_question_type": "filter_question_type", "url": "url", "revision": "revision", "pixels": "pixels",
}  # fmt: skip
_NEEDED = ("dataset", "framework", "model")
_LISTS = ("metrics", "metrics_aggregators")  # of YAML's lists, those that are one value
_TASK = "VQA"
_METRICS = ("CER", "WER", "EXACT", "ANLS", "BLEU")
_AGGREGATORS = {
    "by_id": "by_id", "by_doc_question": "by_doc_question", "by_doc_type": "by_doc_type", "general": "overall",
    "overall": "overall",
}  # fmt: skip
_OURS = Path("data/01_raw/test_sets")  # where the pipeline specimens writes its sets
_HOMES = (".", "data_dirs", "vlmhyperbench/data_dirs", "..", "../data_dirs")
_REGISTRIES = ("vlm_base.csv", "../vlm_base.csv", "vlmhyperbench/vlm_base.csv")


class Framework(StrEnum):
    """What runs a model; the names are VLMHyperBench's, the last two are ours."""

    HUGGING_FACE = "Hugging Face"
    VLLM = "vLLM"
    SGLANG = "SGLang"
    URL = "URL"
    TESSERACT = "Tesseract"


_FRAMEWORKS = {
    "huggingface": Framework.HUGGING_FACE, "transformers": Framework.HUGGING_FACE, "hf": Framework.HUGGING_FACE,
    "vllm": Framework.VLLM, "sglang": Framework.SGLANG, "url": Framework.URL, "openai": Framework.URL,
    "tesseract": Framework.TESSERACT,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class AskedRun:
    """A row of the file, with what it names found.

    Attributes:
        row: As a spreadsheet counts.
        dataset: Name of the data set.
        folder: Where it is.
        framework: What runs the model.
        model: Its name, as the file has it.
        checkpoint: Hub name or folder; of a server that runs already, the name that it serves.
        revision: Commit of the checkpoint, or empty.
        urls: Servers that run already; none: one is started, or the model is loaded.
        docker_image: As the file or the list of models says; empty where neither does.
        system_prompt: File of the system text.
        prompts: File of the prompt collection; None: the data set's own questions are asked.
        metrics: Of `CER`, `WER`, …
        aggregators: Of `by_id`, `by_doc_question`, `by_doc_type`, `overall`.
        only_evaluate: Judge the answers that are there.
        doc_class: Ask about documents of this type only; empty: of all.
        question_type: Ask for this field only; empty: for all.
        pixels: Most pixels of an image; None: as the model's own settings say.
    """

    row: int
    dataset: str
    folder: Path
    framework: Framework
    model: str
    checkpoint: str
    revision: str = ""
    urls: tuple[str, ...] = ()
    docker_image: str = ""
    system_prompt: Path | None = None
    prompts: Path | None = None
    metrics: tuple[str, ...] = ("CER", "WER")
    aggregators: tuple[str, ...] = ("by_id", "by_doc_question", "by_doc_type", "overall")
    only_evaluate: bool = False
    doc_class: str = ""
    question_type: str = ""
    pixels: int | None = None


def read_user_config(path: Path, options: MatrixOptions) -> list[AskedRun]:
    """Read what is to be run.

    Args:
        path: `user_config.csv`, or YAML.
        options: Where models, servers and data are.

    Raises:
        OptionError: Something in it cannot be done: every fault with its row and column.
        SourceError: A file cannot be read.
    """
    rows = list(_yaml_rows(path)) if path.suffix in YAML else read_table(path, SPELLINGS, _NEEDED)
    if not rows:
        raise OptionError(f"{path} has a header and no rows: nothing to run")
    home = options.home or _first(path.parent, _HOMES, "Datasets") or path.parent
    listed = options.registry or _first_file(path.parent, _REGISTRIES)
    reader = _Reader(path, home, options, read_registry(listed) if listed else [])
    asked = [reader.read(row) for row in rows]
    reader.faults.refuse(str(path))
    return [run for run in asked if run is not None]


class _Reader:
    """Reads rows one by one and collects what is wrong with them."""

    def __init__(self, path: Path, home: Path, options: MatrixOptions, registry: Sequence[RegisteredModel]) -> None:
        self.faults = Faults()
        self._path = path
        self._home = home
        self._options = options
        self._registry = registry

    def read(self, row: Row) -> AskedRun | None:
        """Return a run; None where its row has a fault."""
        before = len(self.faults.found)
        cells = row.cells
        for name in _NEEDED:
            if not cells.get(name):
                self._fault(row, name, "is empty")
        self._check_task(row)
        framework = self._framework(row)
        urls = self._urls(row, framework)
        checkpoint = self._checkpoint(row, framework, urls)
        folder = self._folder(row)
        files = {name: self._file(row, name) for name in ("system_prompt", "prompt_collection")}
        metrics = self._words(row, "metrics", {name: name for name in _METRICS}, str.upper)
        aggregators = self._words(row, "metrics_aggregators", _AGGREGATORS, str.lower)
        only_evaluate = self._switch(row)
        pixels = self._pixels(row)
        if len(self.faults.found) > before or framework is None or folder is None:
            return None
        return AskedRun(
            row.number, Path(cells["dataset"]).name, folder, framework, cells["model"], checkpoint,
            revision=cells.get("revision", ""), urls=urls, docker_image=self._image(row, framework),
            system_prompt=files["system_prompt"], prompts=files["prompt_collection"], metrics=metrics,
            aggregators=aggregators, only_evaluate=only_evaluate, doc_class=cells.get("filter_doc_class", ""),
            question_type=cells.get("filter_question_type", ""), pixels=pixels,
        )  # fmt: skip

    def _fault(self, row: Row, column: str, problem: str) -> None:
        self.faults.add(self._path, row.number, column, problem)

    def _check_task(self, row: Row) -> None:
        task = row.cells.get("task", "")
        if task and task.upper() != _TASK:
            self._fault(row, "task", f"{task!r} is not done here; only {_TASK} is, questions about fields")

    def _framework(self, row: Row) -> Framework | None:
        given = row.cells.get("framework", "")
        found = _FRAMEWORKS.get("".join(filter(str.isalnum, given.lower())))
        if given and found is None:
            self._fault(row, "framework", f"{given!r} is not known; use {', '.join(Framework)}")
        return found

    def _urls(self, row: Row, framework: Framework | None) -> tuple[str, ...]:
        named = read_list(row.cells["url"]) if row.cells.get("url") else ()
        by_option = self._options.urls
        urls = named or by_option.get(row.cells.get("model", "")) or by_option.get(framework or "", ())
        if framework in (Framework.SGLANG, Framework.URL) and not urls:
            self._fault(
                row,
                "framework",
                f"no server of {framework} is started here: start it and name it, matrix.urls.{framework} or a column"
                " url (http://host:30000)",
            )
        return tuple(urls)

    def _checkpoint(self, row: Row, framework: Framework | None, urls: Sequence[str]) -> str:
        name = row.cells.get("model", "")
        if framework is Framework.TESSERACT or not name:
            return name
        found = find_checkpoint(name, self._options.models, self._registry)
        if found is None and urls:
            return name
        if found is None:
            self._fault(
                row,
                "model",
                f"it is not known where {name!r} is: give its name on the Hub (owner/name) or its folder, here or in"
                " matrix.models",
            )
        return found or name

    def _image(self, row: Row, framework: Framework) -> str:
        listed = (
            model.docker_image
            for model in self._registry
            if model.name == row.cells["model"] and model.framework == framework
        )
        return row.cells.get("docker_image", "") or next(listed, "")

    def _folder(self, row: Row) -> Path | None:
        name = row.cells.get("dataset", "")
        if not name:
            return None
        places = [self._home / "Datasets" / _TASK / name, self._path.parent / name, _OURS / name]
        found = next((place for place in places if place.is_dir()), None)
        if found is None:
            self._fault(row, "dataset", f"there is no folder {places[0]} (matrix.home says where Datasets is)")
        return found

    def _file(self, row: Row, column: str) -> Path | None:
        name = row.cells.get(column, "")
        if not name:
            return None
        folders = ("SystemPrompts",) if column == "system_prompt" else ("PromptCollections", "PromptCollection")
        dataset, model = row.cells["dataset"], row.cells["model"]
        places = [
            self._home / folder / inner / name
            for folder in folders
            for inner in (_TASK, ".", f"{dataset}/{model}", f"{_TASK}/{dataset}/{model}", f"{_TASK}/{dataset}")
        ]
        found = next((place for place in (*places, self._path.parent / name) if place.is_file()), None)
        if found is None:
            self._fault(row, column, f"there is no file {places[0]}")
        return found

    def _words(self, row: Row, column: str, known: Mapping[str, str], plain: Any) -> tuple[str, ...]:
        """Read a list of words that have to be known; all of them where the cell is empty."""
        given = row.cells.get(column, "")
        if not given:
            return tuple(dict.fromkeys(known.values())) if column != "metrics" else ("CER", "WER")
        try:
            words = [plain(word) for word in read_list(given)]
        except ValueError as error:
            self._fault(row, column, str(error))
            return ()
        if unknown := [word for word in words if word not in known]:
            self._fault(row, column, f"{', '.join(unknown)}: not known; use {', '.join(known)}")
        return tuple(dict.fromkeys(known[word] for word in words if word in known))

    def _switch(self, row: Row) -> bool:
        try:
            return read_switch(row.cells.get("only_evaluate_metrics", "")) or self._options.only_evaluate
        except ValueError as error:
            self._fault(row, "only_evaluate_metrics", str(error))
            return False

    def _pixels(self, row: Row) -> int | None:
        given = row.cells.get("pixels", "").replace("_", "")
        if given and not (given.isdecimal() and int(given) >= 784):
            self._fault(row, "pixels", f"{given!r} is not a number of pixels; the least is 784")
        return int(given) if given.isdecimal() else None


def _yaml_rows(path: Path) -> Iterator[Row]:
    """Yield the entries of YAML, a row for each combination of the lists that they hold.

    Raises:
        OptionError: It is not a list of entries, or an entry has a name that is not known.
    """
    try:
        held: Any = OmegaConf.to_container(OmegaConf.create(read_given(path)))
    except (OmegaConfBaseException, ValueError, TypeError) as error:
        raise OptionError(f"{path} is not YAML that can be read: {error}") from error
    entries = held.get("runs") if isinstance(held, dict) else held
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise OptionError(f"{path}: write a list of runs, each with {', '.join(_NEEDED)}")
    faults = Faults()
    for number, entry in enumerate(entries, 1):
        for name in [name for name in entry if name not in SPELLINGS]:
            faults.add(
                path, number, str(name), f"is not known; known are {', '.join(sorted(set(SPELLINGS.values())))}"
            )
    faults.refuse(str(path))
    for number, entry in enumerate(entries, 1):
        choices = {SPELLINGS[name]: _choices(SPELLINGS[name], value) for name, value in entry.items()}
        for chosen in product(*choices.values()):
            yield Row(number, dict(zip(choices, chosen, strict=True)))


def _choices(column: str, value: Any) -> list[str]:
    if column in _LISTS:
        return [json.dumps(value, ensure_ascii=False) if isinstance(value, list) else str(value)]
    return ["" if one is None else str(one) for one in (value if isinstance(value, list) else [value])]


def _first(folder: Path, places: Sequence[str], inner: str) -> Path | None:
    return next((folder / place for place in places if (folder / place / inner).is_dir()), None)


def _first_file(folder: Path, places: Sequence[str]) -> Path | None:
    return next((folder / place for place in places if (folder / place).is_file()), None)

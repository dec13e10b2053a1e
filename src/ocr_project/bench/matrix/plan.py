"""The runs of a matrix: each with all that it needs to know, a key, and a folder of its own.

The folder is called by what a person recognises, and by two hashes: of what is asked (set, images, questions, prompts,
system text, resolution) and of who answers (the identity of the answerer, which has model, revision and sampling).
What has the same key is the same run: it goes on where it was stopped.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ocr_project.bench.fields.job import FieldsJob, prepare_job
from ocr_project.bench.matrix.given_files import Faults
from ocr_project.bench.matrix.user_config import AskedRun, Framework
from ocr_project.domain.errors import BackendError, OptionError, SourceError
from ocr_project.domain.options import FieldsBackend, FieldsOptions
from ocr_project.domain.options.matrix import Clock, MatrixOptions
from ocr_project.engine.answering import build_answerer
from ocr_project.storage.given_text import read_given

log = logging.getLogger(__name__)

_DIGITS = 8  # of each hash
_SERVED = frozenset({Framework.VLLM, Framework.SGLANG, Framework.URL})
_TELLING = ("dataset", "framework", "pixels", "prompt_collection", "system_prompt", "doc_class", "question_type")
_DUMMY = re.compile(r"--load[-_]format[= ]dummy")


@dataclass(frozen=True, slots=True)
class MatrixRun:
    """A run.

    Attributes:
        name: For people, different for each run.
        folder: Name of its folder.
        request: Hash of what is asked.
        identity: Of the answerer; empty where none is built (`only_evaluate`).
        asked: The row that it comes from.
        fields: How it is asked.
        dummy: Whether the weights are random.
    """

    name: str
    folder: str
    request: str
    identity: str
    asked: AskedRun
    fields: FieldsOptions
    dummy: bool = False

    @property
    def settings(self) -> dict[str, str]:
        """Return what a person chose, in words."""
        asked = self.asked
        told = {
            "dataset": asked.dataset,
            "framework": asked.framework.value,
            "model": asked.model,
            "checkpoint": asked.checkpoint + (f" @ {asked.revision}" if asked.revision else ""),
            "url": ", ".join(asked.urls),
            "docker_image": asked.docker_image,
            "pixels": f"{asked.pixels:,}" if asked.pixels else "",
            "prompt_collection": asked.prompts.name if asked.prompts else "",
            "system_prompt": asked.system_prompt.name if asked.system_prompt else "",
            "doc_class": asked.doc_class,
            "question_type": asked.question_type,
        }
        return {name: value for name, value in told.items() if value}


def plan_runs(
    path: Path,
    asked: Sequence[AskedRun],
    options: MatrixOptions,
    fields: FieldsOptions,
    tessdata: Path | None = None,
) -> list[MatrixRun]:
    """Make runs of rows, and refuse all of them where one cannot be done.

    Args:
        path: Of the file that the rows come from, for messages.
        asked: Its rows.
        options: Of the matrix.
        fields: What all runs have in common: token limits, servers' memory, retries.
        tessdata: `runtime.tessdata`.

    Raises:
        OptionError: A set, a collection or a backend cannot be used: each with row and column.
    """
    planner = _Planner(path, options, fields, tessdata)
    planned = [planner.plan(one) for row in asked for one in _at_each_resolution(row, options.pixels)]
    planner.refuse_namesakes(asked)
    planner.faults.refuse(str(path))
    return _named(_once([run for run in planned if run is not None]))


def _at_each_resolution(asked: AskedRun, pixels: Sequence[int]) -> Iterator[AskedRun]:
    yield from (replace(asked, pixels=each) for each in pixels) if pixels else (asked,)


class _Planner:
    """Makes runs of rows one by one, and collects what is wrong with them."""

    def __init__(self, path: Path, options: MatrixOptions, fields: FieldsOptions, tessdata: Path | None) -> None:
        self.faults = Faults()
        self._path = path
        self._options = options
        self._fields = fields
        self._tessdata = tessdata
        self._digests: dict[Path, str] = {}  # of images: several runs ask about the same

    def refuse_namesakes(self, asked: Sequence[AskedRun]) -> None:
        """Note data sets that have their name alone in common: runs are compared by the name of their set."""
        folders: dict[str, Path] = {}
        for one in asked:
            first = folders.setdefault(one.dataset, one.folder)
            if first.resolve() != one.folder.resolve():
                problem = f"{one.folder} and {first} are two sets of one name: rename the folder of one of them"
                self.faults.add(self._path, one.row, "dataset", problem)

    def plan(self, asked: AskedRun) -> MatrixRun | None:
        """Return a run; None where it cannot be done."""
        found = fields_of(asked, self._options, self._fields)
        try:
            request = _hash(_described(prepare_job(found), found, self._digests))
        except SourceError as error:
            self.faults.add(self._path, asked.row, _column_of(str(error)), str(error))
            return None
        resolution = f" {asked.pixels}" if asked.pixels else ""
        slug = _slug(f"{asked.dataset} {asked.model} {asked.framework}{resolution}")
        if asked.only_evaluate:
            return MatrixRun("", f"{slug}-{request}", request, "", asked, found)
        try:
            answerer = build_answerer(found, self._tessdata)
        except (BackendError, OptionError, SourceError) as error:
            self.faults.add(self._path, asked.row, "framework", str(error))
            return None
        identity = answerer.identity.canonical()
        answerer.close()
        told = " ".join(found.vllm.server_args) if found.backend is FieldsBackend.VLLM else ""
        dummy = bool(_DUMMY.search(told)) or (
            found.backend is FieldsBackend.TRANSFORMERS and found.transformers.dummy_weights
        )
        folder = f"{slug}-{request}-{_hash([identity, told if dummy else ''])}"
        return MatrixRun("", folder, request, identity, asked, found, dummy)


def fields_of(asked: AskedRun, options: MatrixOptions, fields: FieldsOptions) -> FieldsOptions:
    """Return how a run is asked: the common options with what its row says."""
    given: dict[str, Any] = fields.model_dump()
    given |= {
        "set": asked.folder,
        "prompts": asked.prompts,
        "system": asked.system_prompt,
        "doc_type": (asked.doc_class,) if asked.doc_class else fields.doc_type,
        "field": (asked.question_type,) if asked.question_type else fields.field,
        "max_pixels": asked.pixels or fields.max_pixels,
        "bleu": "BLEU" in asked.metrics,
    }
    if asked.framework is Framework.TESSERACT:
        given["backend"] = FieldsBackend.LABEL_NEIGHBOUR
    elif asked.urls or asked.framework in _SERVED:
        served_by = asked.docker_image or (asked.framework.value if asked.urls else "")
        block = {"urls": asked.urls, "requests": options.load_requests, "gpus": (0,)}
        block |= {"served_by": served_by} if asked.urls and not fields.vllm.served_by else {}
        given["backend"] = FieldsBackend.VLLM
        given["vllm"] |= {"model": asked.checkpoint, "revision": asked.revision or None, **block}
    else:
        given["backend"] = FieldsBackend.TRANSFORMERS
        given["transformers"] |= {"model": asked.checkpoint, "revision": asked.revision or None}
        if options.clock is not Clock.LOAD:  # one request in flight must not wait for a batch to be full
            given["transformers"] |= {"wait_seconds": 0.0}
    return FieldsOptions.model_validate(given)


def _described(job: FieldsJob, fields: FieldsOptions, digests: dict[Path, str]) -> list[Any]:
    """Return all that is asked, the images by their bytes."""
    pages = []
    for page in job.pages():
        image = job.found.folder / page.question.image
        if image not in digests:
            digests[image] = hashlib.sha256(image.read_bytes()).hexdigest()
        asked = [[one.question_id, one.doc_type, one.field, one.prompt] for one in page.asked]
        pages.append([digests[image], asked])
    system = "" if fields.system is None else read_given(fields.system).strip()
    return [job.found.name, fields.max_pixels, system, pages]


def _column_of(message: str) -> str:
    """Say which cell a fault of a file belongs to."""
    if "prompt" in message:
        return "prompt_collection"
    return "filter_doc_class" if message.startswith("fields.doc_type") else (
        "filter_question_type" if message.startswith("fields.field") else "dataset"
    )  # fmt: skip


def _once(runs: Sequence[MatrixRun]) -> list[MatrixRun]:
    """Leave out what is asked for twice."""
    found: dict[str, MatrixRun] = {}
    for run in runs:
        if run.folder in found:
            log.warning(
                "row %d asks for the same as row %d: it is run once", run.asked.row, found[run.folder].asked.row
            )
        found.setdefault(run.folder, run)
    return list(found.values())


def _named(runs: Sequence[MatrixRun]) -> list[MatrixRun]:
    """Call each run by its model and by what differs between runs; no two have the same name.

    What is long (a revision, an image) is said only of runs that nothing else tells apart.
    """
    told = [run.settings | {"revision": run.asked.revision, "row": f"row {run.asked.row}"} for run in runs]
    differ = [name for name in _TELLING if len({settings.get(name) for settings in told}) > 1]
    names = [", ".join(filter(None, (one["model"], *(_said(name, one) for name in differ)))) for one in told]
    for name in ("revision", "docker_image", "row", "folder"):
        many = Counter(names)
        more = [run.folder if name == "folder" else one.get(name, "") for run, one in zip(runs, told, strict=True)]
        names = [f"{had}, {new}" if many[had] > 1 and new else had for had, new in zip(names, more, strict=True)]
    return [replace(run, name=name) for run, name in zip(runs, names, strict=True)]


def _said(name: str, settings: Mapping[str, str]) -> str:
    value = settings.get(name, "")
    return f"{value} px" if value and name == "pixels" else value.removesuffix(".csv").removesuffix(".txt")


def _slug(text: str) -> str:
    return re.sub(r"[^\w.]+", "-", text.lower()).strip("-.")[:80]


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:_DIGITS]

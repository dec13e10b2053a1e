"""What MLflow is told of a run, so that a person finds it among others: its name, its tags, its options."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import PurePath
from typing import Any

from pydantic import BaseModel

from ocr_project.domain.options import Options
from ocr_project.domain.outside_text import metric_name, shown
from ocr_project.domain.project import Project
from ocr_project.domain.types import Document, Status

_MOST_DIFFERENCES = 4  # options in a name
_LONGEST_VALUE = 40  # characters
_SELDOM_MEANT = ("runtime",)  # sections that change no result
_SAID_APART = ("ingest.source", "ingest.replace")
_DIGITS = 12  # of a fingerprint


def leaves(prefix: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield options one by one, by their full names; a list is one value in one line.

    Args:
        prefix: Where they stand.
        value: Options, or a block of them.
    """
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(f"{prefix}.{key}", inner)
    elif isinstance(value, list):
        yield metric_name(prefix), ", ".join(map(str, value))  # MLflow draws JSON over as many lines as it has values
    else:
        yield metric_name(prefix), value


def asked(section: str, options: Options) -> Iterator[tuple[str, Any]]:
    """Yield the options of a section, without what says nothing: blocks of backends that are not chosen, unless set.

    Two thirds of all leaves are such; which defaults they have, the commit says.

    Args:
        section: Its name.
        options: Of the section.
    """
    backend = getattr(options, "backend", None)
    others = {each.value for each in type(backend)} - {backend.value} if isinstance(backend, StrEnum) else set()
    chosen, defaults = options.model_dump(mode="json"), type(options)().model_dump(mode="json")
    for name, value in chosen.items():
        if name not in others or value != defaults[name]:
            yield from leaves(f"{section}.{name}", value)


def run_name(
    run_params: Mapping[str, Any], options: Mapping[str, Options], source: str | None, repro: str | None
) -> str:
    """Return what runs, what differs from the defaults, and over what: `ocr · dpi=300 · minutes`.

    Args:
        run_params: Kedro's, of the run.
        options: Of its stages, by section.
        source: Of the documents; None: it reads none.
        repro: Of a `dvc repro`, which runs many pipelines.
    """
    names = run_params.get("pipeline_names") or run_params.get("pipeline_name") or "all"
    what = "dvc repro" if repro else names if isinstance(names, str) else "+".join(names)
    parts = [what, str(run_params["env"])] if run_params.get("env") else [what]
    named = dict(_named(run_params.get("runtime_params") or {}))
    different = [(name, value) for name, value in _differences(options) if not run_params.get("env") or name in named]
    parts += [f"{name.rpartition('.')[2]}={shown(str(value))[:_LONGEST_VALUE]}" for name, value in different][
        :_MOST_DIFFERENCES
    ]
    if len(different) > _MOST_DIFFERENCES:
        parts.append("…")
    return " · ".join([*parts, shown(PurePath(source).name)] if source else parts)


def run_tags(run_params: Mapping[str, Any], repro: str | None, project: Project) -> dict[str, str]:
    """Return what is known when a run begins."""
    tags = {
        "env": run_params.get("env") or "base",
        "git": project.commit,
        "command": " ".join(sys.argv),
        "data": str(project.data),
    }
    return {**tags, "dvc.repro": repro} if repro else tags


def corpus_tags(documents: Sequence[Document]) -> dict[str, str]:
    """Return what tells a corpus from others; error rates of two corpora are not to be compared.

    Args:
        documents: Of the run.

    Returns:
        `source`, `documents` (read), `pages`, and `corpus`, a fingerprint of the bytes of all that were read.
    """
    from ocr_project.engine.ingest.replacement import folder_of

    read = [document for document in documents if document.status is Status.OK]
    names = "\n".join(sorted(document.doc_id for document in read))
    return {
        "source": ", ".join(sorted({folder_of(document) for document in read})[:3]),
        "documents": str(len(read)),
        "pages": str(sum(document.pages for document in read)),
        "corpus": hashlib.sha256(names.encode()).hexdigest()[:_DIGITS],
    }


def dvc_process() -> str | None:
    """Return what tells this `dvc repro` from all others: its process and when that began."""
    if "DVC_STAGE" not in os.environ:
        return None
    import psutil

    for parent in psutil.Process().parents():
        if any("dvc" in part for part in parent.cmdline()[:3]):
            return f"{parent.pid}-{parent.create_time():.0f}"
    return None


def _differences(options: Mapping[str, Options]) -> Iterator[tuple[str, Any]]:
    for section, chosen in options.items():
        if section in _SELDOM_MEANT:
            continue
        defaults = dict(leaves(section, type(chosen)()))
        for name, value in leaves(section, chosen):
            if name not in _SAID_APART and (name not in defaults or defaults[name] != value):
                yield name, value


def _named(params: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in params.items():
        yield from _named(value, f"{prefix}{key}.") if isinstance(value, Mapping) else [(f"{prefix}{key}", value)]
